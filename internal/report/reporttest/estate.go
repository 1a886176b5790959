package reporttest

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"signet"
	"signet/internal/report"
)

// WriteEstate writes a run of n hosts with two or three endpoints each, as a company of that size might look.
func WriteEstate(t testing.TB, w report.Handler, n int) {
	t.Helper()
	if err := w.Begin(&report.Header{Run: "20260301-093000-abcdef", Tool: "signet/1.2.3", Started: Begun(), Targets: []string{"10.0.0.0/8"}, Checks: []string{"smb", "http", "ldap"}, Depth: signet.Anonymous, Policy: "baseline/1"}); err != nil {
		t.Fatal(err)
	}
	var tally report.Tally
	sum := &report.Summary{Ended: Begun().Add(time.Minute)}
	emit := func(l *report.Line) {
		tally.Count(l)
		sum.Coverage.Outcomes[l.Outcome]++
		sum.Coverage.Asked++
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	roles := []string{"domain-controller", "web-server", "workstation", "workstation", "server"}
	for i := range n {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		name := fmt.Sprintf("ws%05d.corp.example", i)
		line := func(port uint16, check string, v signet.Verdict, because string, findings ...signet.Finding) {
			o := &signet.Observation{Check: check, At: Begun(), Took: time.Millisecond, Outcome: signet.Answered, Open: true}
			o.Addr, o.Port, o.Name = addr, port, name
			emit(&report.Line{Observation: o, Judgement: signet.Judgement{Verdict: v, Because: []string{because}, Findings: findings}})
		}
		if i%3 == 0 {
			line(445, "smb", signet.Exposed, "SMB signing is not required (3.1.1)", signet.Finding{Rule: "smb-signing-not-required", Severity: signet.High, Title: "SMB signing is not required", Because: []string{"SecurityMode 0x01 at 3.1.1"}})
		} else {
			line(445, "smb", signet.Guarded, "SMB signing is required")
		}
		if i%5 == 0 {
			line(80, "http", signet.Exposed, "NTLM over plain HTTP at /certsrv/", signet.Finding{Rule: "http-ntlm-plain", Severity: signet.Critical, Title: "A web page takes NTLM over plain HTTP", Where: "/certsrv/", Because: []string{"a type 2 came"}})
		} else {
			line(80, "http", signet.Guarded, "nothing asks for NTLM")
		}
		if i%7 == 0 {
			line(389, "ldap", signet.Undetermined, fmt.Sprintf("reset after %d bytes", i%50))
		}
		if err := w.Host(&signet.Host{Address: addr, Name: name, Domain: "corp.example", OS: "Windows Server 2022", Roles: []signet.HostRole{{Role: roles[i%5], Certain: i%2 == 0}}}); err != nil {
			t.Fatal(err)
		}
	}
	sum.Verdicts, sum.Findings = tally.Verdicts, tally.Findings
	sum.Coverage.Addresses, sum.Coverage.Alive = uint64(n), uint64(n)
	if err := w.End(sum); err != nil {
		t.Fatal(err)
	}
}

// Kept measures how many bytes a writer keeps of an estate of n hosts before it closes the report.
func Kept(t testing.TB, w report.Handler, n int) uint64 {
	t.Helper()
	k := &kept{Handler: w}
	WriteEstate(t, k, n)
	return k.live
}

// kept is a writer that measures what another keeps of a run.
type kept struct {
	report.Handler
	before, live uint64
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (k *kept) Begin(h *report.Header) error {
	k.before = heap()
	return k.Handler.Begin(h)
}

func (k *kept) End(s *report.Summary) error {
	k.live = max(heap(), k.before) - k.before
	return k.Handler.End(s)
}
