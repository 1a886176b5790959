package reporttest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing/fstest"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/report"
	"signet/internal/text"
)

// Hostile is what a server may call itself. Each piece breaks some format that takes text for its own.
func Hostile() string {
	return "</script><!--<script>alert(1)</script>|`*[x](javascript:alert(1))" + `"'&;=cmd|' /C calc'!A0` +
		"\x1b[31m\x1b]0;x\x07\r\n\t\u202eevil\u2028\x00\xff\xfe\xed\xa0\x80]]>{{.}}\ufffe" +
		"\u00ad\u034f\u115f\u17b4\u180e\u200b\u2064\u2066\u3164\ufe0f\uffa0\U0001bca0\U0001d173\U000e0001\U000e0041\U000e0100"
}

// Long is 64 KiB.
func Long() string { return strings.Repeat("A\u00e9<", 16<<10) }

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

// Checks are checks with the rules that the samples name, and advice of the usual form. What they say of facts is what the
// real ones say.
func Checks() []check.Check {
	real := map[string]check.Check{}
	for _, c := range all.Checks() {
		real[c.Name] = c
	}
	make := func(name string, rules ...check.Rule) check.Check {
		advice := fstest.MapFS{}
		for _, r := range rules {
			advice["advice/"+r.ID+".md"] = &fstest.MapFile{Data: fmt.Appendf(nil, stubAdvice, r.Title)}
		}
		return check.Check{Name: name, Version: 1, Title: name + " guards", Rules: rules, Advice: advice, Nmap: real[name].Nmap, Domain: real[name].Domain}
	}
	return []check.Check{
		make("smb", check.Rule{ID: "smb-signing-not-required", Title: "SMB signing is not required", Requires: "signing is required", Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}},
			check.Rule{ID: "smb1-enabled", Title: "SMB 1 is still on", Requires: "SMB 1 is off"}),
		make("http", check.Rule{ID: "http-ntlm-plain", Title: "A web page takes NTLM over plain HTTP", Requires: "NTLM only over TLS", Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}},
			check.Rule{ID: "http-note", Title: "For information", Requires: "nothing"}),
		make("ldap", check.Rule{ID: "ldap-signing-not-required", Title: "LDAP signing is not required", Requires: "signing is required", Opens: check.Way{To: check.ToHTTP, Guard: signet.Off}}),
	}
}

// Begun is when the sample run was started.
func Begun() time.Time { return time.Date(2026, 3, 1, 9, 30, 0, 123e6, time.UTC) }

// Header opens the sample run.
func Header() *report.Header {
	return &report.Header{Run: "20260301-093000-abcdef", Tool: "signet/1.2.3", Started: Begun(), Targets: []string{"10.0.0.0/24", Hostile()},
		Checks: []string{"smb", "http", "ldap"}, Depth: signet.Anonymous, Policy: "baseline/1", Trace: true, Warnings: []string{Hostile()}}
}

// At is an observation at an address and a TCP port; facts are JSON, or empty for none.
func At(addr string, port uint16, check, facts string, outcome signet.Outcome) *signet.Observation {
	o := &signet.Observation{Check: check, CheckVersion: 1, At: Begun(), Took: 3100 * time.Microsecond, Outcome: outcome, Open: true}
	o.Addr, o.Port = netip.MustParseAddr(addr), port
	if facts != "" {
		o.Facts = signet.RawFacts(facts)
	}
	return o
}

// Lines are the endpoints of the sample run: each verdict and several outcomes, every text hostile.
func Lines() []*report.Line {
	bad := Hostile()
	quoted := string(text.AppendJSONString(nil, bad))
	smb := At("10.0.0.5", 445, "smb", `{"transport":"direct","dialect":"3.1.1","signing":"optional","smb1":{"offered":true,"signing":"off","dialect":"NT LM 0.12","user_level":true},"dialects":["2.0.2","2.1","3.0","3.0.2","3.1.1"],"server_guid":"11111111-2222-3333-4444-555555555555","mechanisms":["ntlm"],"ntlm":{"nb_computer":`+quoted+`,"nb_domain":"LAB","dns_computer":`+quoted+`,"dns_domain":"lab.example","os_version":"10.0.20348","time":"2026-03-01T09:30:00Z"}}`, signet.Answered)
	smb.Name = bad
	smb.Unasked = []string{bad}
	smb.Trace = []signet.Exchange{{Note: bad, Sent: []byte{0xfe, 'S', 'M', 'B'}, Received: []byte{0, 1, 2}}}
	http := At("10.0.0.20", 80, "http", `{"server":`+quoted+`,"paths":[{"path":"/certsrv/","role":"ca-web","status":401,"schemes":["Negotiate","NTLM"],"ntlm":"proven","epa":"unknown"}],"ntlm":{"nb_computer":"WEB1","nb_domain":"LAB","dns_computer":"web1.lab.example","os_version":"10.0.17763"}}`, signet.Answered)
	http.Name = "web1.lab.example"
	ldap := At("2001:db8::9", 389, "ldap", "", signet.Broken)
	ldap.Err = &signet.Failure{Phase: bad, Text: bad + Long()}
	guarded := At("10.0.0.6", 445, "smb", `{"transport":"direct","dialect":"3.1.1","signing":"required","smb1":{"offered":false,"signing":"unknown","dialect":""},"dialects":[],"server_guid":"","mechanisms":[]}`, signet.Answered)
	fault := At("10.0.0.7", 445, "smb", "", signet.Fault)
	fault.Err = &signet.Failure{Phase: "smb2 negotiate", Text: bad}
	silent := At("10.0.0.8", 445, "smb", "", signet.Silent)
	silent.Open = false
	unseen := At("10.0.0.9", 80, "http", `{"server":"nginx","paths":[{"path":"/","status":200,"schemes":[],"ntlm":"no","epa":"unknown"}]}`, signet.Answered)
	finding := func(rule string, s signet.Severity) signet.Finding {
		return signet.Finding{Rule: rule, Severity: s, Title: "Title " + bad, Because: []string{"because " + bad, Long()}, Where: bad}
	}
	return []*report.Line{
		{Observation: smb, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{"=1+1", bad}, Findings: []signet.Finding{finding("smb-signing-not-required", signet.High), finding("smb1-enabled", signet.Medium)}}},
		{Observation: http, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{bad}, Findings: []signet.Finding{finding("http-ntlm-plain", signet.Critical), {Rule: "http-note", Title: "For information", Because: []string{"plain"}}}}},
		{Observation: ldap, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{bad}}},
		{Observation: guarded, Judgement: signet.Judgement{Verdict: signet.Guarded, Because: []string{"signing is required"}}},
		{Observation: fault, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{"a defect of Signet"}}},
		{Observation: unseen, Judgement: signet.Judgement{Verdict: signet.Unseen, Because: []string{"no path asked for a logon, " + bad}}},
		{Observation: silent, Judgement: signet.Judgement{Verdict: signet.Undetermined, Because: []string{"silent"}}},
	}
}

// Summary closes a run of these lines.
func Summary(lines []*report.Line) *report.Summary {
	var t report.Tally
	s := &report.Summary{Ended: Begun().Add(2 * time.Second)}
	for _, l := range lines {
		t.Count(l)
		s.Coverage.Outcomes[l.Outcome]++
	}
	s.Verdicts, s.Excepted, s.Findings, s.Lost = t.Verdicts, t.Excepted, t.Findings, t.Lost()
	s.Severities = t.Severities
	s.Coverage.Addresses, s.Coverage.Alive, s.Coverage.Asked = 256, 5, uint64(len(lines))
	s.Coverage.Undetermined = t.Verdicts[signet.Undetermined]
	return s
}
