package run

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/judge"
	"signet/internal/report"
)

// notes is a writer that keeps hosts and paths, in the order in which they come.
type notes struct {
	report.Ignore
	order []string
	lines []report.Line
	hosts []signet.Host
	paths []signet.Path
	sums  *signet.Paths
}

func (n *notes) Wants() report.Wants { return report.Wants{Hosts: true, Paths: true} }
func (n *notes) Endpoint(l *report.Line) error {
	n.order, n.lines = append(n.order, "endpoint"), append(n.lines, *l)
	return nil
}
func (n *notes) Host(h *signet.Host) error {
	n.order, n.hosts = append(n.order, "host"), append(n.hosts, *h)
	return nil
}
func (n *notes) Paths(p *signet.Paths) error {
	n.order, n.sums = append(n.order, "paths"), p
	return nil
}
func (n *notes) Path(p *signet.Path) error {
	n.order, n.paths = append(n.order, "path"), append(n.paths, *p)
	return nil
}

// What a port beside it proves of a host rates the findings of all of it, in its endpoints' lines, in its own and for the
// exit code; a line with a finding comes with its host, the others at once, hosts as they are whole, paths last.
func TestHosts(t *testing.T) {
	p, err := judge.Parse([]byte("name: p\nversion: 1\ndefault: low\nrules: {smb-signing-not-required: high}\nroles:\n  domain-controller: {smb-signing-not-required: critical}\n"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(all.Checks(), p)
	if err != nil {
		t.Fatal(err)
	}
	var n notes
	var tally report.Tally
	c := newHosts(all.Checks(), j, &n, func(l *report.Line) error {
		tally.Count(l)
		return n.Endpoint(l)
	})
	begun := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	seen := func(addr string, port uint16, check, facts string, after time.Duration) {
		o := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(addr)}, Port: port},
			Check: check, At: begun.Add(after), Took: time.Second, Outcome: signet.Answered, Open: true, Facts: signet.RawFacts(facts)}
		l := &report.Line{Observation: o, Judgement: j.Observation(o)}
		if err := c.pass(l); err != nil {
			t.Fatal(err)
		}
	}
	left := func(addr string) {
		if err := c.left(netip.MustParseAddr(addr)); err != nil {
			t.Fatal(err)
		}
	}
	const smb = `{"transport":"direct","dialect":"3.1.1","dialect_floor":"2.0.2","signing":"optional","smb2_offered":true,"smb1":{"offered":false},"ntlm_offer":"proven","ntlm":{"nb_computer":"DC1","os_version":"10.0.20348"}}`
	seen("10.0.0.1", 445, "smb", smb, 0)
	if len(n.lines) != 0 {
		t.Fatalf("a finding is told before its host is known: %+v", n.lines)
	}
	seen("10.0.0.1", 389, "ldap", `{"role":"ad-dc","domain":"corp.example","root":{},"binds":[]}`, time.Second)
	seen("10.0.0.2", 445, "smb", smb, 2*time.Second)
	seen("10.0.0.3", 445, "smb", smb, 2*time.Second)
	if len(n.hosts) != 0 || len(n.lines) != 1 {
		t.Fatalf("hosts %+v and lines %+v before the visit is over, want the line without a finding alone", n.hosts, n.lines)
	}
	left("10.0.0.1")
	left("10.0.0.9") // nothing was there
	if len(n.hosts) != 1 || n.hosts[0].Address.String() != "10.0.0.1" {
		t.Fatalf("hosts after the visit: %+v", n.hosts)
	}
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []signet.Severity{signet.Critical, signet.High, signet.High} {
		if got := n.hosts[i].Findings; len(got) == 0 || got[0].Severity != want {
			t.Errorf("%s: %+v, want %s", n.hosts[i].Address, got, want)
		}
		if got := n.lines[i+1]; got.Addr != n.hosts[i].Address || len(got.Findings) == 0 || got.Findings[0].Severity != want {
			t.Errorf("line %d: %+v, want the finding of %s as %s", i+1, got, n.hosts[i].Address, want)
		}
	}
	if code := tally.Exit(signet.Critical, true); code != 3 {
		t.Errorf("exit %d, want 3", code)
	}
	if n.sums == nil || n.sums.Fixes[0].Open != 3*2 {
		t.Errorf("paths: %+v", n.sums)
	}
	if got, want := strings.Join(n.order, " "), "endpoint endpoint host endpoint host endpoint host paths path path path"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

func TestNoHosts(t *testing.T) {
	var c *hosts
	if err := c.left(netip.Addr{}); err != nil {
		t.Error(err)
	}
	if err := c.end(); err != nil {
		t.Error(err)
	}
}

// A host that was overheard as a client is a source of the class that it was seen to be, and so is one that answers nothing.
func TestHostsThatAreClients(t *testing.T) {
	p, err := judge.BuiltIn("baseline")
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(all.Checks(), p)
	if err != nil {
		t.Fatal(err)
	}
	var n notes
	c := newHosts(all.Checks(), j, &n, n.Endpoint)
	no := false
	for _, addr := range []string{"192.0.2.5", "192.0.2.77"} {
		for range 2 {
			c.client(&signet.Client{Address: netip.MustParseAddr(addr), Logon: "ntlm", Response: "ntlmv2", Binding: "zero", Sign: &no})
		}
	}
	for _, addr := range []string{"192.0.2.5", "192.0.2.6"} {
		o := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(addr)}, Port: 389}, Check: "ldap", Outcome: signet.Answered, Open: true}
		l := &report.Line{Observation: o, Judgement: signet.Judgement{Verdict: signet.Exposed, Findings: []signet.Finding{{Rule: "ldap-signing-not-required", Severity: signet.High}}}}
		if err := c.pass(l); err != nil {
			t.Fatal(err)
		}
		if err := c.left(o.Addr); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	// Two sources to two endpoints, and none to itself.
	if f := n.sums.Fixes; len(f) != 1 || f[0].Open != 3 {
		t.Errorf("%+v", f)
	}
}

// What a port beside it proves of a host rates what is accepted too.
func TestHostsRateWhatIsAccepted(t *testing.T) {
	p, err := judge.Parse([]byte("name: p\nversion: 1\nroles:\n  domain-controller: {smb-signing-not-required: critical}\n" +
		"exceptions: [{rule: smb-signing-not-required, scope: 10.0.0.1, owner: Mara, reason: soon, until: 2027-01-01}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := judge.New(all.Checks(), p)
	if err != nil {
		t.Fatal(err)
	}
	var n notes
	c := newHosts(all.Checks(), j, &n, n.Endpoint)
	for port, facts := range map[uint16]string{
		445: `{"transport":"direct","dialect":"3.1.1","dialect_floor":"2.0.2","signing":"optional","smb2_offered":true,"smb1":{"offered":false},"ntlm_offer":"proven"}`,
		389: `{"role":"ad-dc","domain":"corp.example","root":{},"binds":[]}`,
	} {
		o := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.1")}, Port: port},
			Check: map[uint16]string{445: "smb", 389: "ldap"}[port], At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Outcome: signet.Answered, Open: true, Facts: signet.RawFacts(facts)}
		if err := c.pass(&report.Line{Observation: o, Judgement: j.Observation(o)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	for _, l := range n.lines {
		if l.Port == 445 && (len(l.Excepted) != 1 || l.Excepted[0].Severity != signet.Critical) {
			t.Errorf("excepted: %+v, want one that is critical", l.Excepted)
		}
	}
}
