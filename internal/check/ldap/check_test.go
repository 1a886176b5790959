package ldap

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

// The facts keep the contract's shape even when nothing was learned: levels as words, lists as lists, and null where
// StartTLS was not told.
func TestFactsShape(t *testing.T) {
	f := newFacts()
	var got map[string]any
	if err := json.Unmarshal(f.AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"tls": "none", "starttls": nil, "signing": "unknown", "channel_binding": "unknown",
		"certificate": "unknown", "global_catalog": false, "role": "unknown"}
	for k, v := range want {
		if g, ok := got[k]; !ok || g != v {
			t.Errorf("%s is %v (%v), want %v", k, g, ok, v)
		}
	}
	for _, k := range []string{"mechanisms", "binds"} {
		if l, ok := got[k].([]any); !ok || len(l) != 0 {
			t.Errorf("%s is %v, want an empty list", k, got[k])
		}
	}
	if _, ok := got["root"].(map[string]any); !ok {
		t.Errorf("root is %v", got["root"])
	}
	for _, k := range []string{"ntlm", "session", "domain"} {
		if _, ok := got[k]; ok {
			t.Errorf("%s is there", k)
		}
	}
}

// Facts that were stored are judged as facts that were just learned.
func TestStoredFactsJudgeTheSame(t *testing.T) {
	for _, r := range recordings(t) {
		if r.facts == nil {
			continue
		}
		back, err := Check().Judge(signet.RawFacts(r.facts.AppendJSON(nil)))
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		if a, b := words(r.judgement), words(back); a != b {
			t.Errorf("%s:\n%s\n%s", r.name, a, b)
		}
	}
}

func words(j check.Judgement) string {
	b, _ := json.Marshal(j)
	return string(b)
}

// What is declared is the most that recordings show: connections, anonymous logons, failed logons.
func TestDeclaredIsDone(t *testing.T) {
	declared := map[signet.Depth]check.Sends{}
	for _, s := range Check().Sends {
		declared[s.Depth] = s
	}
	decoys := 0
	for _, r := range recordings(t) {
		depth := optionsFor(t, r.depth).Depth
		may, ok := declared[depth]
		if !ok {
			t.Fatalf("depth %v is not declared", depth)
		}
		anonymous, logons := 0, 0
		for _, a := range r.flow.Attempts {
			switch {
			case strings.Contains(a.Note, "anonymous"):
				anonymous++
			case strings.Contains(a.Note, "decoy"):
				logons++
			}
			for _, turn := range a.Turns {
				if turn.Client && depth == signet.Handshake && strings.Contains(string(turn.Bytes), "NTLMSSP\x00\x03") {
					t.Errorf("%s: an AUTHENTICATE at depth handshake", r.name)
				}
			}
		}
		decoys += logons
		if len(r.flow.Attempts) > may.Connections || anonymous > may.Anonymous || logons > may.Logons || logons > 2 {
			t.Errorf("%s.%s: %d connections, %d anonymous, %d logons; declared %+v", r.name, r.depth, len(r.flow.Attempts), anonymous, logons, may)
		}
	}
	if decoys < 10 {
		t.Errorf("only %d decoys in all recordings", decoys)
	}
}

// Facts of real servers, by recording.
func TestRecordedFacts(t *testing.T) {
	type want struct {
		tls                       string
		signing, binding          signet.Level
		certificate, role, domain string
	}
	wants := map[string]want{
		"samba417-yes-389.decoy":            {overStartTLS, signet.Required, signet.Unknown, certOK, roleDC, "signet.test"},
		"samba417-yes-636.decoy":            {overLDAPS, signet.Required, signet.Unknown, certOK, roleDC, "signet.test"},
		"samba417-sasltls-389.decoy":        {overStartTLS, signet.Required, signet.Off, certOK, roleDC, "signet.test"},
		"samba417-no-389.decoy":             {overStartTLS, signet.Optional, signet.Off, certOK, roleDC, "signet.test"},
		"samba417-notls-389.decoy":          {overPlain, signet.Required, signet.Unknown, certUnknown, roleDC, "signet.test"},
		"samba422-yes-389.decoy":            {overStartTLS, signet.Required, signet.Required, certOK, roleDC, "signet22.test"},
		"samba422-yes-636.anonymous":        {overLDAPS, signet.Unknown, signet.Required, certOK, roleDC, "signet22.test"},
		"samba422-nobindings-636.decoy":     {overLDAPS, signet.Unknown, signet.Optional, certOK, roleDC, "signet22.test"},
		"samba422-nobindings-3269.decoy":    {overLDAPS, signet.Unknown, signet.Optional, certOK, roleDC, "signet22.test"},
		"samba422-no-389.decoy":             {overStartTLS, signet.Optional, signet.Optional, certOK, roleDC, "signet22.test"},
		"openldap-389.decoy":                {overPlain, signet.Unknown, signet.Unknown, certUnknown, roleDirectory, ""},
		"openldap-tls-389.decoy":            {overStartTLS, signet.Unknown, signet.Unknown, certOK, roleDirectory, ""},
		"openldap-nosasl-389.decoy":         {overPlain, signet.Unknown, signet.Unknown, certUnknown, roleDirectory, ""},
		"samba417-yes-389.handshake":        {overStartTLS, signet.Unknown, signet.Unknown, certOK, roleDC, "signet.test"},
		"samba422-nobindings-636.anonymous": {overLDAPS, signet.Unknown, signet.Unknown, certOK, roleDC, "signet22.test"},
	}
	seen := 0
	for _, r := range recordings(t) {
		w, ok := wants[r.name+"."+r.depth]
		if !ok {
			continue
		}
		seen++
		f := r.facts
		if got := (want{f.TLS, f.Signing, f.ChannelBinding, f.Certificate, f.Role, f.Domain}); got != w {
			t.Errorf("%s.%s: %+v, want %+v", r.name, r.depth, got, w)
		}
		if f.Role != roleDC {
			continue
		}
		if !f.GlobalCatalog || f.FunctionalLevel != "2008 R2" || f.Root.DNSHostName == "" || !strings.HasPrefix(f.Root.VendorName, "Samba Team") {
			t.Errorf("%s: rootDSE %+v", r.name, f.Root)
		}
		if f.NTLM == nil || f.NTLM.DNSDomain != f.Domain || !regexp.MustCompile(`^DC\d+$`).MatchString(f.NTLM.NBComputer) {
			t.Errorf("%s: ntlm %+v", r.name, f.NTLM)
		}
	}
	if seen != len(wants) {
		t.Errorf("%d of %d recordings found", seen, len(wants))
	}
}
