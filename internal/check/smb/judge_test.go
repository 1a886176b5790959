package smb

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// row builds facts the way an interview leaves them.
func row(change func(*Facts)) Facts {
	f := Facts{
		Transport: "direct", Dialect: "3.1.1", Signing: signet.Optional, SecurityMode: "0x01", SMB2Offered: yes(),
		SMB1: SMB1{Offered: no()}, DialectFloor: "2.0.2", Encryption: []string{"AES-128-GCM"}, EncryptionRequired: no(), NTLMOffer: ntlmProven,
	}
	change(&f)
	return f
}

func required(f *Facts) { f.Signing, f.SecurityMode = signet.Required, "0x03" }

// asWindows and asSamba make the server known by all its signs.
func asWindows(f *Facts) {
	f.Mechanisms, f.ServerGUID = []string{"negoex", "kerberos", "ntlm"}, GUID{0xd0, 1, 2, 0, 3}
	f.NTLM = &signet.NTLM{NBComputer: "FS1", DNSComputer: "fs1.lab.example", OSVersion: "10.0.20348"}
}

func asSamba(f *Facts) {
	f.Mechanisms, f.ServerGUID = []string{"ntlm"}, GUID{'f', 's', '1'}
	f.NTLM = &signet.NTLM{NBComputer: "FS1", DNSComputer: "fs1", OSVersion: "6.1.0"}
}

func withSMB1(f *Facts, m string, l signet.Level) {
	f.SMB1 = SMB1{Offered: yes(), Signing: l, Dialect: "NT LM 0.12", SecurityMode: m, UserLevel: yes(), Plaintext: no()}
}

func onlySMB1(f *Facts, m string, l signet.Level) {
	f.Signing, f.SecurityMode, f.SMB2Offered, f.Dialect, f.DialectFloor = signet.Unknown, "", no(), smb1Dialect, ""
	withSMB1(f, m, l)
}

// TestJudge holds the judge to every row of the verdict table, and to what each row may not be taken for.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*Facts)
		want    signet.Verdict
		rules   string
		because string // a piece of the reason
	}{
		{"signing required, SMB 1 off", required, signet.Guarded, "", "the server requires signing"},
		{"signing required, SMB 1 requires it too", func(f *Facts) { required(f); withSMB1(f, "0x0f", signet.Required) },
			signet.Guarded, RuleSMB1, "SMB 1 (NT LM 0.12) SecurityMode 0x0f: the server requires signing"},
		{"signing required, SMB 1 optional", func(f *Facts) { required(f); withSMB1(f, "0x07", signet.Optional) },
			signet.Exposed, RuleSMB1 + " " + RuleSMB1Signing, "SecurityMode 0x07: the server does not require signing"},
		{"signing required, SMB 1 without signing", func(f *Facts) { required(f); withSMB1(f, "0x03", signet.Off) },
			signet.Exposed, RuleSMB1 + " " + RuleSMB1Signing, "the server does not sign"},
		{"signing required, SMB 1 not asked", func(f *Facts) { required(f); f.SMB1.Offered = nil }, signet.Guarded, "", "nobody asked the server for SMB 1"},
		{"signing required, SMB 1 asked in vain", func(f *Facts) { required(f); f.SMB1.Offered, f.Undecided = nil, []string{askSMB1} },
			signet.Undetermined, "", "it may speak SMB 1"},
		{"not required, 3.1.1 only, a Windows", func(f *Facts) { f.DialectFloor = top; asWindows(f) }, signet.Guarded, RuleFloorOnly, "where Windows refuses"},
		{"not required, 3.1.1 only, a Samba", func(f *Facts) { f.DialectFloor = top; asSamba(f) }, signet.Guarded, RuleFloorOnly, "where Samba refuses"},
		{"not required, 3.1.1 only, made by nobody known", func(f *Facts) { f.DialectFloor = top }, signet.Undetermined, RuleSigning, "too few signs"},
		{"not required, 3.1.1 only, encryption required", func(f *Facts) { f.DialectFloor, f.EncryptionRequired = top, yes() }, signet.Guarded, "", "without encryption"},
		{"mode with other bits", func(f *Facts) { f.Signing, f.SecurityMode = signet.Unknown, "0x07" }, signet.Undetermined, "", "SecurityMode 0x07 gives no signing level"},
		{"SMB 1 mode with other bits", func(f *Facts) { required(f); withSMB1(f, "0xff", signet.Unknown) }, signet.Undetermined, RuleSMB1, "SecurityMode 0xff gives no signing level"},
		{"SMB 2 not asked about", func(f *Facts) { onlySMB1(f, "0x0f", signet.Required); f.SMB2Offered = nil }, signet.Undetermined, RuleSMB1, "nobody asked the server for SMB 2 or 3"},
		{"not required, 3.1.1 only, SMB 1 open", func(f *Facts) { f.DialectFloor = top; asSamba(f); withSMB1(f, "0x07", signet.Optional) },
			signet.Exposed, RuleFloorOnly + " " + RuleSMB1 + " " + RuleSMB1Signing, "SMB 1"},
		{"not required, floor asked in vain", func(f *Facts) { f.DialectFloor, f.Undecided = "", []string{askFloor} },
			signet.Undetermined, RuleSigning, "below 3.1.1"},
		{"not required, floor not asked", func(f *Facts) { f.DialectFloor = "" }, signet.Exposed, RuleSigning, "0x01"},
		{"not required, floor at 3.0", func(f *Facts) { f.DialectFloor = "3.0" }, signet.Exposed, RuleSigning, "0x01"},
		{"not required, encryption required", func(f *Facts) { f.EncryptionRequired = yes() }, signet.Guarded, "", "refused a logon without encryption"},
		{"not required, encryption required of a Samba", func(f *Facts) { asSamba(f); f.EncryptionRequired = yes() }, signet.Guarded, "", "a Samba that refused an anonymous session"},
		{"not required, encryption asked in vain", func(f *Facts) { f.EncryptionRequired, f.Undecided = nil, []string{askEncryption} },
			signet.Undetermined, RuleSigning, "encryption"},
		{"not required, encryption not asked", func(f *Facts) { f.EncryptionRequired = nil }, signet.Exposed, RuleSigning, "0x01"},
		{"not required, NTLM proven", func(f *Facts) {}, signet.Exposed, RuleSigning, "challenge"},
		{"not required, NTLM named", func(f *Facts) { f.NTLMOffer, f.Mechanisms = ntlmOffered, []string{"ntlm"} }, signet.Exposed, RuleSigning, "among its mechanisms"},
		{"not required, challenge and response on SMB 1", func(f *Facts) { f.NTLMOffer = ntlmOffered }, signet.Exposed, RuleSigning, "SMB 1 challenge and response is NTLM"},
		{"not required, NTLM not offered", func(f *Facts) { f.NTLMOffer = ntlmNo }, signet.Undetermined, RuleNoNTLM + " " + RuleSigning, "Kerberos"},
		{"not required, NTLM unknown", func(f *Facts) { f.NTLMOffer = ntlmUnknown }, signet.Undetermined, RuleSigning, "do not show"},
		{"not required, no word about NTLM", func(f *Facts) { f.NTLMOffer = "" }, signet.Undetermined, RuleSigning, "do not show"},
		{"NTLM refused, SMB 1 open", func(f *Facts) { f.NTLMOffer = ntlmNo; withSMB1(f, "0x03", signet.Off) },
			signet.Exposed, RuleNoNTLM + " " + RuleSigning + " " + RuleSMB1 + " " + RuleSMB1Signing, "SMB 1"},
		{"NTLM refused, SMB 1 requires signing", func(f *Facts) { f.NTLMOffer = ntlmNo; withSMB1(f, "0x0f", signet.Required) },
			signet.Undetermined, RuleNoNTLM + " " + RuleSigning + " " + RuleSMB1, "Kerberos"},
		{"NTLM refused, signing required", func(f *Facts) { required(f); f.NTLMOffer = ntlmNo }, signet.Guarded, RuleNoNTLM, "the server requires signing"},
		{"mode 0x00", func(f *Facts) { f.Signing, f.SecurityMode = signet.Off, "0x00" }, signet.Exposed, RuleSigning, "does not even enable"},
		{"mode 0x02", func(f *Facts) { f.Signing, f.SecurityMode = signet.Required, "0x02" }, signet.Guarded, "", "0x02"},
		{"SMB 1 only, optional", func(f *Facts) { onlySMB1(f, "0x07", signet.Optional) }, signet.Exposed, RuleSMB1 + " " + RuleSMB1Signing, "0x07"},
		{"SMB 1 only, off", func(f *Facts) { onlySMB1(f, "0x03", signet.Off) }, signet.Exposed, RuleSMB1 + " " + RuleSMB1Signing, "0x03"},
		{"SMB 1 only, plain text", func(f *Facts) { onlySMB1(f, "0x01", signet.Off); f.SMB1.Plaintext = yes() },
			signet.Exposed, RuleSMB1 + " " + RulePlaintext + " " + RuleSMB1Signing, "the server does not sign"},
		{"SMB 1 only, required", func(f *Facts) { onlySMB1(f, "0x0f", signet.Required) }, signet.Guarded, RuleSMB1, "the server does not offer SMB 2 or 3"},
		{"SMB 1 requires signing, SMB 2 unknown", func(f *Facts) {
			onlySMB1(f, "0x0f", signet.Required)
			f.SMB2Offered, f.Undecided = nil, []string{askSMB2}
		},
			signet.Undetermined, RuleSMB1, "gave no usable answer"},
		{"SMB 1 open, SMB 2 unknown", func(f *Facts) { onlySMB1(f, "0x07", signet.Optional); f.SMB2Offered = nil },
			signet.Exposed, RuleSMB1 + " " + RuleSMB1Signing, "0x07"},
		{"dialect not offered, not required", func(f *Facts) { f.Odd, f.Dialect = true, "0x0006" }, signet.Undetermined, "", "outside those offered"},
		{"dialect not offered, required", func(f *Facts) { required(f); f.Odd, f.Dialect = true, "0x0000" }, signet.Undetermined, "", "0x0000"},
		{"dialect not offered, SMB 1 open", func(f *Facts) { f.Odd = true; withSMB1(f, "0x03", signet.Off) },
			signet.Exposed, RuleSMB1 + " " + RuleSMB1Signing, "SMB 1"},
		{"no dialect of either", func(f *Facts) { f.SMB2Offered, f.Signing = no(), signet.Unknown }, signet.Undetermined, "", "does not offer"},
		{"no SMB 2, SMB 1 not asked", func(f *Facts) { f.SMB2Offered, f.SMB1.Offered = no(), nil }, signet.Undetermined, "", "nobody asked"},
		{"signing unknown", func(f *Facts) { f.Signing = signet.Unknown }, signet.Undetermined, "", "no signing level"},
		{"SMB 1 signing unknown", func(f *Facts) { required(f); withSMB1(f, "", signet.Unknown) }, signet.Undetermined, RuleSMB1, "its signing level there is unknown"},
		{"nothing known", func(f *Facts) { *f = Facts{} }, signet.Undetermined, "", "nobody asked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := row(c.change)
			j := judge(&f)
			if j.Verdict != c.want {
				t.Errorf("verdict %s, want %s (%q)", j.Verdict, c.want, j.Because)
			}
			if got := ruleIDs(j); got != c.rules {
				t.Errorf("rules %q, want %q", got, c.rules)
			}
			if !strings.Contains(strings.Join(j.Because, " | "), c.because) || len(j.Because) == 0 {
				t.Errorf("because %q, want %q in it", j.Because, c.because)
			}
			for _, s := range j.Because {
				if strings.HasSuffix(s, ".") {
					t.Errorf("%q ends with a full stop", s)
				}
			}
			again, err := Check().Judge(signet.RawFacts(f.AppendJSON(nil)))
			if err != nil || again.Verdict != j.Verdict || ruleIDs(again) != ruleIDs(j) || !slices.Equal(again.Because, j.Because) {
				t.Errorf("judged from JSON: %+v, %v; want %+v", again, err, j)
			}
		})
	}
}

func ruleIDs(j check.Judgement) string {
	var ids []string
	for _, b := range j.Breaches {
		ids = append(ids, b.Rule)
		if len(b.Because) == 0 {
			ids = append(ids, "(without a reason)")
		}
	}
	return strings.Join(ids, " ")
}

// Every rule that the judge can raise is declared, and every declared one is raised by some row above.
func TestRulesAreDeclared(t *testing.T) {
	declared := map[string]bool{}
	for _, r := range Check().Rules {
		declared[r.ID] = true
		if len(r.Title) > 60 {
			t.Errorf("%s: a title of %d characters", r.ID, len(r.Title))
		}
		a, err := Check().AdviceFor(r.ID)
		if err != nil {
			t.Error(err)
		} else if a.Title != r.Title || len(a.Setting) > 160 {
			t.Errorf("%s: advice titled %q, rule %q; setting of %d characters", r.ID, a.Title, r.Title, len(a.Setting))
		}
	}
	for _, id := range []string{RuleSigning, RuleSMB1, RuleSMB1Signing, RulePlaintext, RuleFloorOnly, RuleNoNTLM} {
		if !declared[id] {
			t.Errorf("%s is not declared", id)
		}
		delete(declared, id)
	}
	if len(declared) > 0 {
		t.Errorf("declared and never raised: %v", declared)
	}
}

// The appender that is written out must say what the struct tags say.
func TestJSON(t *testing.T) {
	full := row(func(f *Facts) {
		withSMB1(f, "0x0f", signet.Required)
		f.SMB1.NativeOS, f.SMB1.NativeLanMan, f.SMB1.Domain, f.SMB1.Server = "Windows 5.1", "a \"b\"", "D", "S"
		f.Dialects, f.Odd, f.SigningAlgorithms, f.Compression = []string{"1.0", "3.1.1"}, true, []string{"AES-GMAC"}, true
		f.Capabilities, f.Mechanisms, f.Undecided = []string{"dfs"}, []string{"negoex", "ntlm"}, []string{askFloor}
		f.ServerGUID = GUID{0x93, 0xe7, 0xc6, 0xae, 0x11, 0x2b, 0x19, 0x40, 0x95, 0x2d, 0x45, 0x55, 0xf1, 0xd2, 0x0a, 0x3a}
		f.SystemTime, f.StartTime = 0x01d341124114e52d, 1
		f.NTLM = &signet.NTLM{NBDomain: "D", DNSComputer: "c\u001b[2J", OSVersion: "10.0.20348", Time: "2026-11-22T11:52:13Z"}
	})
	for name, f := range map[string]Facts{"full": full, "zero": {}, "usual": row(func(*Facts) {}), "empty ntlm": row(func(f *Facts) { f.NTLM = &signet.NTLM{} })} {
		for _, l := range []*[]string{&f.Dialects, &f.Encryption, &f.SigningAlgorithms, &f.Capabilities, &f.Mechanisms, &f.Undecided} {
			if *l == nil {
				*l = []string{} // a list without entries is [], never null
			}
		}
		got, want := string(f.AppendJSON(nil)), string(text.AppendJSON(nil, &f))
		if got != want {
			t.Errorf("%s:\n%s, want\n%s", name, got, want)
		}
		var back Facts
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again := string(back.AppendJSON(nil)); again != got {
			t.Errorf("%s: read back\n%s, want\n%s", name, again, got)
		}
	}
	if usual := row(func(*Facts) {}); strings.Contains(string(usual.AppendJSON(nil)), `"dialects"`) {
		t.Errorf("dialects that were not asked for: %s", usual.AppendJSON(nil))
	}
	text := string(full.AppendJSON(nil))
	for _, piece := range []string{`"server_guid":"aec6e793-2b11-4019-952d-4555f1d20a3a"`, `"system_time":"2017-10-09T15:21:18.0981549Z"`, `"start_time":"1601-01-01T00:00:00.0000001Z"`} {
		if !strings.Contains(text, piece) {
			t.Errorf("%s is not in %s", piece, text)
		}
	}
}

func TestValuesRefuse(t *testing.T) {
	var g GUID
	for _, s := range []string{"x", "aec6e793-2b11-4019-952d-4555f1d20a3", "aec6e793-2b11-4019-952d-4555f1d20a3aa", "aec6e793x2b11-4019-952d-4555f1d20a3a", "gec6e793-2b11-4019-952d-4555f1d20a3a"} {
		if err := g.UnmarshalText([]byte(s)); err == nil || g != (GUID{}) {
			t.Errorf("%q was read as %v", s, g)
		}
	}
	var at Time
	if err := at.UnmarshalText([]byte("yesterday")); err == nil {
		t.Error("a word was read as a time")
	}
	if m := mode(0x1234) + mode(0x05) + mode(0x0f); m != "0x12340x050x0f" {
		t.Errorf("modes %q", m)
	}
}
