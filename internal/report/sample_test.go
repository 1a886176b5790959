package report

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// hostile is what a server may call itself. Each piece breaks some format that takes text for its own.
func hostile() string {
	return "</script><!--<script>alert(1)</script>|`*[x](javascript:alert(1))" + `"'&;=cmd|' /C calc'!A0` +
		"\x1b[31m\x1b]0;x\x07\r\n\t\u202eevil\u2028\x00\xff\xfe\xed\xa0\x80]]>{{.}}\ufffe" +
		"\u00ad\u034f\u115f\u17b4\u180e\u200b\u2064\u2066\u3164\ufe0f\uffa0\U0001bca0\U0001d173\U000e0001\U000e0041\U000e0100"
}

// long is 64 KiB.
func long() string { return strings.Repeat("A\u00e9<", 16<<10) }

const stubAdvice = `# %s

## What it means
The server <lets> each client choose. See ` + "`SecurityMode`" + `.

## What an attacker needs
A place on the network.

## Fix
Set *it* to required.

- Windows: ` + "`Set-It -Required $true`" + `

## What may break
Old clients.

## Verify
Ask again.

## False answers
None known.
`

func stubChecks() []check.Check {
	make := func(name string, rules ...check.Rule) check.Check {
		advice := fstest.MapFS{}
		for _, r := range rules {
			advice["advice/"+r.ID+".md"] = &fstest.MapFile{Data: fmt.Appendf(nil, stubAdvice, r.Title)}
		}
		return check.Check{Name: name, Version: 1, Title: name + " guards", Rules: rules, Advice: advice}
	}
	return []check.Check{
		make("smb", check.Rule{ID: "smb-signing-not-required", Title: "SMB signing is not required", Requires: "signing is required", Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}},
			check.Rule{ID: "smb1-enabled", Title: "SMB 1 is still on", Requires: "SMB 1 is off"}),
		make("http", check.Rule{ID: "http-ntlm-plain", Title: "A web page takes NTLM over plain HTTP", Requires: "NTLM only over TLS", Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}},
			check.Rule{ID: "http-note", Title: "For information", Requires: "nothing"}),
		make("ldap", check.Rule{ID: "ldap-signing-not-required", Title: "LDAP signing is not required", Requires: "signing is required", Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}}),
	}
}

func sampleTime() time.Time { return time.Date(2026, 3, 1, 9, 30, 0, 123e6, time.UTC) }

func sampleHeader() *Header {
	return &Header{Run: "20260301-093000-abcdef", Tool: "signet/1.2.3", Started: sampleTime(), Targets: []string{"10.0.0.0/24", hostile()},
		Checks: []string{"smb", "http", "ldap"}, Depth: signet.Anonymous, Policy: "baseline/1", Trace: true, Warnings: []string{hostile()}}
}

func at(addr string, port uint16, check, facts string, outcome signet.Outcome) *signet.Observation {
	o := &signet.Observation{Check: check, CheckVersion: 1, At: sampleTime(), Took: 3100 * time.Microsecond, Outcome: outcome, Open: true}
	o.Addr, o.Port = netip.MustParseAddr(addr), port
	if facts != "" {
		o.Facts = signet.RawFacts(facts)
	}
	return o
}

// sampleLines is a run in which every text is hostile.
func sampleLines() []*Line {
	bad := hostile()
	quoted := string(text.AppendJSONString(nil, bad))
	smb := at("10.0.0.5", 445, "smb", `{"transport":"direct","dialect":"3.1.1","signing":"optional","smb1":{"offered":true,"signing":"off","dialect":"NT LM 0.12","user_level":true},"dialects":["2.0.2","2.1","3.0","3.0.2","3.1.1"],"server_guid":"11111111-2222-3333-4444-555555555555","mechanisms":["ntlm"],"ntlm":{"nb_computer":`+quoted+`,"nb_domain":"LAB","dns_computer":`+quoted+`,"dns_domain":"lab.example","os_version":"10.0.20348","time":"2026-03-01T09:30:00Z"}}`, signet.Answered)
	smb.Name = bad
	smb.Unasked = []string{bad}
	smb.Trace = []signet.Exchange{{Note: bad, Sent: []byte{0xfe, 'S', 'M', 'B'}, Received: []byte{0, 1, 2}}}
	http := at("10.0.0.20", 80, "http", `{"server":`+quoted+`,"paths":[{"path":"/certsrv/","role":"ca-web","status":401,"schemes":["Negotiate","NTLM"],"ntlm":"proven","epa":"unknown"}],"ntlm":{"nb_computer":"WEB1","nb_domain":"LAB","dns_computer":"web1.lab.example","os_version":"10.0.17763"}}`, signet.Answered)
	http.Name = "web1.lab.example"
	ldap := at("2001:db8::9", 389, "ldap", "", signet.Broken)
	ldap.Err = &signet.Failure{Phase: bad, Text: bad + long()}
	guarded := at("10.0.0.6", 445, "smb", `{"transport":"direct","dialect":"3.1.1","signing":"required","smb1":{"offered":false,"signing":"unknown","dialect":""},"dialects":[],"server_guid":"","mechanisms":[]}`, signet.Answered)
	fault := at("10.0.0.7", 445, "smb", "", signet.Fault)
	fault.Err = &signet.Failure{Phase: "smb2 negotiate", Text: bad}
	silent := at("10.0.0.8", 445, "smb", "", signet.Silent)
	silent.Open = false
	unseen := at("10.0.0.9", 80, "http", `{"server":"nginx","paths":[{"path":"/","status":200,"schemes":[],"ntlm":"no","epa":"unknown"}]}`, signet.Answered)
	finding := func(rule string, s signet.Severity) signet.Finding {
		return signet.Finding{Rule: rule, Severity: s, Title: "Title " + bad, Because: []string{"because " + bad, long()}, Where: bad}
	}
	return []*Line{
		{Observation: smb, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{"=1+1", bad}, Findings: []signet.Finding{finding("smb-signing-not-required", signet.High), finding("smb1-enabled", signet.Medium)}}},
		{Observation: http, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{bad}, Findings: []signet.Finding{finding("http-ntlm-plain", signet.Critical), {Rule: "http-note", Title: "For information", Because: []string{"plain"}}}}},
		{Observation: ldap, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{bad}}},
		{Observation: guarded, Judgement: signet.Judgement{Verdict: signet.Guarded, Because: []string{"signing is required"}}},
		{Observation: fault, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{"a defect of Signet"}}},
		{Observation: unseen, Judgement: signet.Judgement{Verdict: signet.Unseen, Because: []string{"no path asked for a logon, " + bad}}},
		{Observation: silent, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{"silent"}}},
	}
}

func sampleSummary(lines []*Line) *Summary {
	var t Tally
	s := &Summary{Ended: sampleTime().Add(2 * time.Second)}
	for _, l := range lines {
		t.Add(l)
		s.Coverage.Outcomes[l.Outcome]++
	}
	s.Verdicts, s.Findings, s.Lost = t.Verdicts, t.Findings, t.Lost()
	s.Coverage.Addresses, s.Coverage.Alive, s.Coverage.Asked = 256, 5, uint64(len(lines))
	s.Coverage.Undetermined = t.Verdicts[signet.Undetermined]
	return s
}

// render writes the sample through a writer.
func render(t testing.TB, make func(io.Writer) Handler) []byte {
	t.Helper()
	lines := sampleLines()
	var b bytes.Buffer
	write(t, make(&b), sampleHeader(), lines, sampleSummary(lines))
	return b.Bytes()
}

// renderEmpty writes a run in which nothing was there.
func renderEmpty(t testing.TB, make func(io.Writer) Handler) []byte {
	t.Helper()
	var b bytes.Buffer
	write(t, make(&b), sampleHeader(), nil, sampleSummary(nil))
	return b.Bytes()
}

func write(t testing.TB, w Handler, h *Header, lines []*Line, s *Summary) {
	t.Helper()
	if err := w.Begin(h); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(s); err != nil {
		t.Fatal(err)
	}
}

// golden compares with testdata/golden/NAME.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Errorf("%s differs at byte %d: got …%q…, want …%q… (go test -update writes it anew)", path, i, around(got, i), around(want, i))
	}
}

func around(b []byte, i int) []byte { return b[max(0, i-60):min(len(b), i+60)] }

// unfit fails when a terminal, or whoever reads the file in one, would obey it.
func unfit(t *testing.T, b []byte) {
	t.Helper()
	for i, r := range string(b) {
		if r != '\n' && r != '\r' && r != '\t' && text.Unseen(r) {
			t.Errorf("rune %U at byte %d: …%q…", r, i, around(b, i))
			return
		}
	}
}
