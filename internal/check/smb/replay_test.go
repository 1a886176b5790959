package smb

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// TestReplay holds the check against every recording. A file's name states the options it was recorded with and the
// verdict it must yield: SERVER[-quick|-deep|-handshake].VERDICT.flow.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.flow")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		parts := strings.Split(filepath.Base(file), ".")
		t.Run(parts[0], func(t *testing.T) {
			words := strings.Split(parts[0], "-")
			r := checktest.Replay(t, Check(), file, flags(words...))
			if r.Outcome != signet.Answered || r.Err != nil {
				t.Fatalf("%s, %+v", r.Outcome, r.Err)
			}
			j, err := Check().Judge(r.Facts)
			if err != nil || j.Verdict.String() != parts[1] {
				t.Errorf("%s, want %s (%v): %q", j.Verdict, parts[1], err, j.Because)
			}
			f := r.Facts.(*Facts)
			if want, ok := expected()[parts[0]]; !ok || want != summary(f, ruleIDs(j)) {
				t.Errorf("got  %q\nwant %q", summary(f, ruleIDs(j)), want)
			}
			if limit := checkLimits(t, file, words); limit != "" {
				t.Error(limit)
			}
		})
		seen[parts[0]] = true
	}
	for name := range expected() {
		if !seen[name] {
			t.Errorf("no recording of %s", name)
		}
	}
}

// summary says what a recording shows in one line.
func summary(f *Facts, rules string) string {
	smb1 := "null"
	if f.SMB1.Offered != nil {
		smb1 = map[bool]string{true: "on", false: "off"}[*f.SMB1.Offered]
	}
	return strings.Join([]string{f.Transport, f.Dialect, f.Signing.String(), smb1, f.SMB1.Signing.String(),
		strings.Join(f.Dialects, "+"), f.NTLMOffer, strings.Join(f.Mechanisms, "+"), rules}, " ")
}

func expected() map[string]string {
	const open, old = RuleSigning, RuleSMB1 + " " + RuleSMB1Signing
	return map[string]string{
		"samba-mandatory":         "direct 3.1.1 required off unknown  proven ntlm ",
		"samba-auto":              "direct 3.1.1 optional off unknown  proven ntlm " + open,
		"samba-auto-quick":        "direct 3.1.1 optional null unknown  offered ntlm " + open,
		"samba-auto-deep":         "direct 3.1.1 optional off unknown 2.0.2+2.1+3.0+3.0.2+3.1.1 proven ntlm " + open,
		"samba-auto-handshake":    "direct 3.1.1 optional off unknown  proven ntlm " + open,
		"samba-300-302-deep":      "direct 3.0.2 optional off unknown 3.0+3.0.2 proven ntlm " + open,
		"samba-302":               "direct 3.0.2 optional off unknown  proven ntlm " + open,
		"samba-202":               "direct 2.0.2 optional off unknown  proven ntlm " + open,
		"samba-311":               "direct 3.1.1 optional off unknown  proven ntlm " + RuleFloorOnly,
		"samba-encrypt":           "direct 3.1.1 optional off unknown  proven ntlm ",
		"samba-netbios":           "netbios 3.1.1 optional off unknown  proven ntlm " + open,
		"samba-nt1-mandatory":     "direct 1.0 unknown on required  proven ntlm " + RuleSMB1,
		"samba-nt1-auto":          "direct 1.0 unknown on optional  proven ntlm " + old,
		"samba-nt1-plaintext":     "direct 1.0 unknown on off  unknown  " + RuleSMB1 + " " + RulePlaintext + " " + RuleSMB1Signing,
		"samba-nt1plus-mandatory": "direct 3.1.1 required on required  proven ntlm " + RuleSMB1,
		"samba-nt1plus-disabled":  "direct 3.1.1 optional on off  proven ntlm " + open + " " + old,
		"impacket-smb1":           "direct 1.0 unknown on off  proven ntlm " + old,
		"impacket-smb2":           "direct 2.0.2 optional on off  proven ntlm " + open + " " + old,
		"impacket-smb1-netbios":   "netbios 1.0 unknown on off  proven ntlm " + old,
		"impacket-smb2-netbios":   "netbios 2.0.2 optional on off  proven ntlm " + open + " " + old,
	}
}

// checkLimits compares a recording with what the check declares that it does to an endpoint.
func checkLimits(t *testing.T, file string, words []string) string {
	f, err := checktest.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	d := declared(flags(words...).Depth)
	connections, anonymous := d.Connections, d.Anonymous
	if slices.Contains(words, "quick") {
		connections = 1
	}
	for _, a := range f.Attempts {
		for _, turn := range a.Turns {
			if turn.Client && isAnonymous(turn.Bytes) {
				anonymous--
			}
		}
	}
	if len(f.Attempts) > connections && !slices.Contains(words, "deep") || anonymous < 0 {
		return "more is sent than declared"
	}
	return ""
}

// declared is what the check says that it does at a depth, lesser depths included.
func declared(depth signet.Depth) (most check.Sends) {
	for _, s := range Check().Sends {
		if s.Depth <= depth {
			most = s
		}
	}
	return most
}
