package reporttest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
)

// WriteMixed writes a run of n hosts with so many endpoints each, which break every rule of these checks for many reasons; some
// are accepted, controllers stand in forty domains, and sources disagree.
func WriteMixed(t testing.TB, w report.Handler, checks []check.Check, n, each int) {
	t.Helper()
	h := &report.Header{Run: "20260301-093000-abcdef", Tool: "signet/1.2.3", Started: Begun(), Targets: []string{"10.0.0.0/8"}, Policy: "baseline/1"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Begin(h))
	var tally report.Tally
	sum := &report.Summary{Ended: Begun().Add(time.Minute)}
	for i := range 100 {
		must(w.Client(&signet.Client{Address: netip.AddrFrom4([4]byte{10, 200, 0, byte(i)}), Server: netip.AddrFrom4([4]byte{10, 0, 0, 9}), Port: 445, Check: "smb", Logon: "ntlm", Response: "ntlmv2"}))
	}
	for i := range n {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		host := &signet.Host{Address: addr, Name: fmt.Sprintf("ws%05d.corp.example", i), OS: fmt.Sprint("Windows ", i%30), Domain: fmt.Sprintf("corp%02d.example", i%40)}
		host.Roles = []signet.HostRole{{Role: fmt.Sprint("role-", i%20), Certain: true}}
		if i%20 == 0 {
			host.Roles = []signet.HostRole{{Role: check.RoleDomainController, Certain: true}}
		}
		if i%10 == 0 {
			host.Disagreements = []string{"DNS name: " + host.Name + " (445 ntlm), another (80 ntlm)"}
		}
		for p := range each {
			l := mixedLine(addr, checks, i, p)
			l.Name = host.Name
			tally.Count(l)
			sum.Coverage.Outcomes[l.Outcome]++
			sum.Coverage.Asked++
			host.Endpoints = append(host.Endpoints, signet.HostEndpoint{Port: l.Port, Check: l.Check, Verdict: l.Verdict, Outcome: l.Outcome})
			for _, f := range l.Judgement.Findings {
				host.Findings = append(host.Findings, signet.HostFinding{Rule: f.Rule, Severity: f.Severity, Check: l.Check, Port: l.Port})
			}
			must(w.Endpoint(l))
		}
		must(w.Host(host))
	}
	paths := &signet.Paths{Sources: uint64(n)}
	for _, c := range checks {
		for k, r := range c.Rules {
			paths.Fixes = append(paths.Fixes, signet.PathFix{Finding: r.ID, Open: uint64(k * 1000)})
		}
	}
	must(w.Paths(paths))
	sum.Verdicts, sum.Findings, sum.Severities, sum.Excepted = tally.Verdicts, tally.Findings, tally.Severities, tally.Excepted
	sum.Coverage.Addresses, sum.Coverage.Alive = uint64(n), uint64(n)
	must(w.End(sum))
}

// mixedLine is endpoint p of host i.
func mixedLine(addr netip.Addr, checks []check.Check, i, p int) *report.Line {
	c := &checks[(i+p)%len(checks)]
	o := &signet.Observation{Check: c.Name, At: Begun(), Outcome: signet.Answered, Open: true}
	o.Addr, o.Port = addr, uint16(1000+p)
	why := fmt.Sprintf("reason %d of %s: ", (i*p)%97, c.Name) + strings.Repeat("words that fill more than a line of a terminal ", 1+i%5)
	l := &report.Line{Observation: o, Judgement: signet.Judgement{Because: []string{why}}}
	l.Verdict = []signet.Verdict{signet.Exposed, signet.Guarded, signet.Undetermined, signet.Exposed, signet.Unseen, signet.Guarded}[(i*7+p*3)%6]
	if i%7 == 0 {
		l.Disagreements = []string{"another source says that it is guarded"}
	}
	if len(c.Rules) == 0 || l.Verdict == signet.Guarded && i%3 > 0 {
		return l
	}
	for k := range 1 + i%3 {
		r := &c.Rules[(i/7+p+k)%len(c.Rules)]
		f := signet.Finding{Rule: r.ID, Title: r.Title, Severity: signet.Severity(1 + (i/7+p+k)%4), Because: []string{why}}
		if i%50 == 0 {
			l.Excepted = append(l.Excepted, signet.Excepted{Finding: f, Owner: fmt.Sprint("owner ", i%500), Reason: why, Until: "2026-06-30"})
		} else {
			l.Judgement.Findings = append(l.Judgement.Findings, f)
		}
	}
	return l
}
