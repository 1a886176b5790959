package report

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

// sampleHosts are the hosts of a small domain, with hostile names where the network gives them.
func sampleHosts() []*signet.Host {
	dc := func(addr, name string, v signet.Verdict, findings ...signet.HostFinding) *signet.Host {
		return &signet.Host{Address: netip.MustParseAddr(addr), Name: name, Domain: "Lab.example", OS: "Windows Server 2022, build 20348",
			OSVersion: "10.0.20348", Windows: signet.Yes, Roles: []signet.HostRole{{Role: check.RoleDomainController, Certain: true, Because: "its rootDSE"}},
			Endpoints: []signet.HostEndpoint{{Port: 389, Transport: "tcp", Check: "ldap", Outcome: signet.Answered, Verdict: v}}, Findings: findings}
	}
	weak := signet.HostFinding{Rule: "ldap-signing-not-required", Severity: signet.High, Check: "ldap", Port: 389}
	file := &signet.Host{Address: netip.MustParseAddr("10.0.0.5"), Name: "fs1.lab.example", Domain: "lab.example", OS: "Samba",
		Disagreements: []string{"DNS name: fs1.lab.example (445 ntlm), " + hostile() + " (80 ntlm)"},
		Findings: []signet.HostFinding{
			{Rule: "smb-signing-not-required", Severity: signet.Critical, Check: "smb", Port: 445},
			{Rule: "smb1-enabled", Severity: signet.Medium, Check: "smb", Port: 445}}}
	return []*signet.Host{
		dc("10.0.0.9", hostile(), signet.Exposed, weak), dc("10.0.0.8", "dc2.lab.example", signet.Guarded), dc("10.0.0.10", "dc3", signet.Undetermined), file,
	}
}

func samplePaths() (*signet.Paths, *signet.Path) {
	return &signet.Paths{Sources: 3, Fixes: []signet.PathFix{
			{Finding: "smb-signing-not-required", Severity: signet.Critical, Endpoints: 2, Open: 5, Because: "a Windows host over SMB → SMB: open because x; closes if y"},
			{Finding: "ldap-signing-not-required", Severity: signet.High, Endpoints: 1, Conditional: 2}, {Finding: "c", Unknown: 1}, {Finding: "d"}, {Finding: "e"}, {Finding: "f-is-the-sixth"}}},
		&signet.Path{Rule: "path-smb-to-smb", Source: "smb", Assumed: true, State: signet.PathOpen, Check: "smb", Finding: "smb-signing-not-required",
			Severity: signet.Critical, Sources: 2, Sample: []netip.Addr{netip.MustParseAddr("10.0.0.9")}, Because: "X → Y (" + hostile() + "): open because x; closes if y",
			Target: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.5"), Name: hostile()}, Port: 445}}
}

// withHosts writes the sample run and its hosts.
func withHosts(t *testing.T, w Handler) {
	t.Helper()
	lines := sampleLines()
	paths, p := samplePaths()
	if err := w.Begin(sampleHeader()); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range sampleHosts() {
		if err := w.Host(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Paths(paths); err != nil {
		t.Fatal(err)
	}
	if err := w.Path(p); err != nil {
		t.Fatal(err)
	}
	if err := w.End(sampleSummary(lines)); err != nil {
		t.Fatal(err)
	}
}

func TestTextOfHosts(t *testing.T) {
	var b bytes.Buffer
	withHosts(t, NewText(&b, stubChecks(), 160, false))
	unfit(t, b.Bytes())
	got := b.String()
	for _, want := range []string{
		"\nDOMAINS  one weak domain controller opens its whole domain\n",
		"lab.example: exposed (3 controllers asked: 1 weak, 1 undetermined, 1 guarded, 0 unseen)",
		"ldap-signing-not-required on 389",
		"10.0.0.10 dc3  undetermined",
		"\nHOSTS  4 hosts, 4 named\n",
		"3 domain-controller",
		"3 Windows Server 2022, build 20348; 1 Samba",
		"10.0.0.5 fs1.lab.example: DNS name: fs1.lab.example (445 ntlm), ",
		"counted from 3 Windows hosts seen",
		"smb-signing-not-required (critical), 2 endpoints, removes 5 paths\n",
		"ldap-signing-not-required (high), 1 endpoint, removes 2 conditional paths\n",
		"removes 1 path that may be open\n",
		"a Windows host over SMB → SMB: open because x; closes if y\n",
		"10.0.0.5:445 fs1.lab.example", // the host's name, not the endpoint's own
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, not := range []string{"10.0.0.8 dc2", "f-is-the-sixth"} {
		if strings.Contains(got, not) {
			t.Errorf("the report has %q", not)
		}
	}
	if testing.Verbose() {
		t.Log(got)
	}
}

func TestTextWithoutHostsIsAsBefore(t *testing.T) {
	var b bytes.Buffer
	lines := sampleLines()
	write(t, NewText(&b, stubChecks(), 100, false), sampleHeader(), lines, sampleSummary(lines))
	for _, not := range []string{"\nDOMAINS", "\nHOSTS", "\nPATHS"} {
		if strings.Contains(b.String(), not) {
			t.Errorf("a report without hosts has %q", not)
		}
	}
}

func TestTextCountsNoPathsFromNobody(t *testing.T) {
	var b bytes.Buffer
	w := NewText(&b, stubChecks(), 160, false)
	if err := w.Paths(&signet.Paths{Fixes: []signet.PathFix{{Finding: "smb-signing-not-required", Endpoints: 2}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.End(sampleSummary(nil)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "no Windows host was seen") || strings.Contains(got, "removes") {
		t.Errorf("%s", got)
	}
}

// Host and path lines are lines, with the fields that docs/output.md names.
func TestJSONLinesOfHosts(t *testing.T) {
	var b bytes.Buffer
	withHosts(t, NewJSONL(&b))
	kinds := map[string]int{}
	for line := range strings.Lines(b.String()) {
		unfit(t, []byte(line))
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		kind, _ := v["kind"].(string)
		kinds[kind]++
		if !strings.HasPrefix(line, `{"kind":"`+kind+`","run":"`) && kind != "run" {
			t.Errorf("kind and run do not come first: %.80s", line)
		}
		fields := map[string][]string{
			"host": {"address", "name", "domain", "forest", "os", "os_version", "windows", "samba", "roles", "names", "disagreements", "products", "endpoints", "findings"},
			"path": {"address", "port", "transport", "rule", "source", "assumed", "state", "check", "finding", "severity", "sources", "sample", "because"},
		}[kind]
		for _, f := range fields {
			if _, ok := v[f]; !ok {
				t.Errorf("%s: no %s: %.300s", kind, f, line)
			}
		}
	}
	if kinds["host"] != 4 || kinds["path"] != 1 || kinds["summary"] != 1 {
		t.Errorf("kinds: %v", kinds)
	}
}
