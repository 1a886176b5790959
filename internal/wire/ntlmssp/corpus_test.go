package ntlmssp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/internal/corpus"
)

// label is what another dissector read from a CHALLENGE of a public capture.
type label struct {
	TargetName  string `json:"target_name"`
	Flags       string `json:"flags"`
	NbComputer  string `json:"nb_computer"`
	NbDomain    string `json:"nb_domain"`
	DNSComputer string `json:"dns_computer"`
	DNSDomain   string `json:"dns_domain"`
	DNSTree     string `json:"dns_tree"`
	Timestamp   string `json:"timestamp"`
	Version     string `json:"version"`
}

type record struct {
	File      string `json:"file"`
	Frame     int    `json:"frame"`
	Type2     string `json:"ntlm_type2_hex"`
	Payload   string `json:"payload_hex"`
	NTLM      *label `json:"ntlm"`
	Challenge *label `json:"ntlm_challenge"`
}

// TestCorpusChallenges compares every name, time and version with the labels of real captures.
func TestCorpusChallenges(t *testing.T) {
	for file, least := range map[string]int{"ntlm_other.jsonl": 16, "smb.jsonl": 62, "ldap.jsonl": 8, "http.jsonl": 4} {
		n := 0
		for _, r := range corpus.Records[record](t, file, least) {
			want := r.NTLM
			if want == nil {
				want = r.Challenge
			}
			if want == nil || r.Type2 == "" {
				continue
			}
			n++
			compare(t, r, *want)
		}
		if n < least {
			t.Errorf("%s: %d challenges, want at least %d", file, n, least)
		}
		t.Logf("%s: %d challenges", file, n)
	}
}

func compare(t *testing.T, r record, want label) {
	t.Helper()
	b, err := hex.DecodeString(r.Type2)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseChallenge(b)
	if err != nil {
		t.Errorf("%s frame %d: %v", r.File, r.Frame, err)
		return
	}
	got := label{
		TargetName: c.TargetName, Flags: fmt.Sprintf("0x%08x", uint32(c.Flags)), NbComputer: c.NbComputer, NbDomain: c.NbDomain,
		DNSComputer: c.DNSComputer, DNSDomain: c.DNSDomain, DNSTree: c.DNSForest, Version: c.Version.String(),
	}
	if want.Timestamp != "" {
		at, err := time.Parse("Jan _2, 2006 15:04:05.999999999 MST", want.Timestamp)
		if err != nil {
			t.Fatal(err)
		}
		if !at.Equal(c.Time) {
			t.Errorf("%s frame %d: time %v, labelled %v", r.File, r.Frame, c.Time, at)
		}
		want.Timestamp = ""
	} else if !c.Time.IsZero() {
		t.Errorf("%s frame %d: time %v without a label", r.File, r.Frame, c.Time)
	}
	if got != want {
		t.Errorf("%s frame %d:\ngot   %+v\nlabel %+v", r.File, r.Frame, got, want)
	}
	// Where the answer that carried it was kept, Find must come upon the same message.
	if payload, err := hex.DecodeString(r.Payload); err == nil && bytes.Contains(payload, []byte(signature)) {
		found, ok := Find(payload)
		if !ok {
			t.Errorf("%s frame %d: not found", r.File, r.Frame)
		} else if p, err := ParseChallenge(found); err != nil || p != c {
			t.Errorf("%s frame %d: found %+v (%v)", r.File, r.Frame, p, err)
		}
	}
}

// TestCorpusAuthenticates reads every AUTHENTICATE that lies whole in a capture file, framing or no framing.
func TestCorpusAuthenticates(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus.Dir(t), "pcaps", "*cap*"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d capture files (%v), want at least 100", len(files), err)
	}
	kinds := map[string]int{}
	var bad int
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := bytes.Index(b, []byte(signature+"\x03\x00\x00\x00")); i >= 0; {
			a, err := ParseAuthenticateNames(b[i:min(len(b), i+1<<14)])
			if err != nil {
				bad++
				t.Logf("%s at %d: %v", filepath.Base(name), i, err)
			} else {
				kinds[fmt.Sprintf("%v bindings %v mic %v sign %v", a.Response, a.Bindings, a.MIC, a.Sign())]++
				if testing.Verbose() {
					t.Logf("%s %s\\%s from %s for %q, %v %v, bindings %v, mic %v", filepath.Base(name), a.Domain, a.User, a.Workstation, a.TargetName, a.Version, a.Response, a.Bindings, a.MIC)
				}
			}
			next := bytes.Index(b[i+1:], []byte(signature+"\x03\x00\x00\x00"))
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	t.Logf("%d not whole; %v", bad, kinds)
	if len(kinds) < 3 || kinds["ntlmv2 bindings present mic true sign true"]+kinds["ntlmv2 bindings zero mic true sign true"] == 0 {
		t.Errorf("too few kinds: %v", kinds)
	}
}
