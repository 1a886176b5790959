package reporttest

import (
	"net/netip"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
)

// Hosts are the hosts of a small domain, with hostile names where the network gives them.
func Hosts() []*signet.Host {
	dc := func(addr, name string, v signet.Verdict, findings ...signet.HostFinding) *signet.Host {
		return &signet.Host{Address: netip.MustParseAddr(addr), Name: name, Domain: "Lab.example", OS: "Windows Server 2022, build 20348",
			OSVersion: "10.0.20348", Windows: signet.Yes, Roles: []signet.HostRole{{Role: check.RoleDomainController, Certain: true, Because: "its rootDSE"}},
			Endpoints: []signet.HostEndpoint{{Port: 389, Transport: "tcp", Check: "ldap", Outcome: signet.Answered, Verdict: v}}, Findings: findings}
	}
	weak := signet.HostFinding{Rule: "ldap-signing-not-required", Severity: signet.High, Check: "ldap", Port: 389}
	file := &signet.Host{Address: netip.MustParseAddr("10.0.0.5"), Name: "fs1.lab.example", Domain: "lab.example", OS: "Samba",
		Disagreements: []string{"DNS name: fs1.lab.example (445 ntlm), " + Hostile() + " (80 ntlm)"},
		Findings: []signet.HostFinding{
			{Rule: "smb-signing-not-required", Severity: signet.Critical, Check: "smb", Port: 445},
			{Rule: "smb1-enabled", Severity: signet.Medium, Check: "smb", Port: 445}}}
	return []*signet.Host{
		dc("10.0.0.9", Hostile(), signet.Exposed, weak), dc("10.0.0.8", "dc2.lab.example", signet.Guarded), dc("10.0.0.10", "dc3", signet.Undetermined), file,
	}
}

// Paths are the sums of a run of paths, and one of its paths.
func Paths() (*signet.Paths, *signet.Path) {
	return &signet.Paths{Sources: 3, Fixes: []signet.PathFix{
			{Finding: "smb-signing-not-required", Severity: signet.Critical, Endpoints: 2, Open: 5, Because: "a Windows host over SMB → SMB: open because x; closes if y"},
			{Finding: "ldap-signing-not-required", Severity: signet.High, Endpoints: 1, Conditional: 2}, {Finding: "c", Unknown: 1}, {Finding: "d"}, {Finding: "e"}, {Finding: "f-is-the-sixth"}}},
		&signet.Path{Rule: "path-smb-to-smb", Source: "smb", Assumed: true, State: signet.PathOpen, Check: "smb", Finding: "smb-signing-not-required",
			Severity: signet.Critical, Sources: 2, Sample: []netip.Addr{netip.MustParseAddr("10.0.0.9")}, Because: "X → Y (" + Hostile() + "): open because x; closes if y",
			Target: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.5"), Name: Hostile()}, Port: 445}}
}

// WriteWithHosts writes the sample run and its hosts.
func WriteWithHosts(t *testing.T, w report.Handler) {
	t.Helper()
	lines := Lines()
	paths, p := Paths()
	if err := w.Begin(Header()); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range Hosts() {
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
	if err := w.End(Summary(lines)); err != nil {
		t.Fatal(err)
	}
}
