package report_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// One weak controller makes its domain weak; what checks other than those of the directory say of it does not, nor does a host
// that only may be a controller.
func TestDomains(t *testing.T) {
	d := report.NewDomains(reporttest.Checks())
	for _, h := range reporttest.Hosts() {
		if h.Has(check.RoleDomainController) {
			h.Endpoints = append(h.Endpoints, signet.HostEndpoint{Port: 80, Check: "http", Verdict: signet.Exposed})
			h.Findings = append(h.Findings, signet.HostFinding{Rule: "http-ntlm-plain", Check: "http", Port: 80})
		}
		d.Note(h)
	}
	weak := reporttest.Hosts()[1] // at two ports, in the order in which they answered
	weak.Domain, weak.Address = "b.example", netip.MustParseAddr("10.0.0.20")
	weak.Findings = []signet.HostFinding{{Rule: "ldap-signing-not-required", Check: "ldap", Port: 3268}, {Rule: "ldap-signing-not-required", Check: "ldap", Port: 389}}
	d.Note(weak)
	if weak.Findings[0].Port != 3268 {
		t.Error("the host's own findings were put in another order")
	}
	early := reporttest.Hosts()[2] // undetermined, at the lowest address
	early.Address = netip.MustParseAddr("10.0.0.1")
	d.Note(early)
	other := reporttest.Hosts()[1] // guarded
	other.Domain = "A.example"
	d.Note(other)
	likely := reporttest.Hosts()[0]
	likely.Domain, likely.Roles[0].Certain = "z.example", false
	d.Note(likely)

	var got []string
	for _, domain := range d.Sorted() {
		got = append(got, domain.Name+" "+domain.Verdict.String()+": "+domain.Asked())
		for _, c := range domain.Wanting() {
			line := c.Addr.String() + " " + c.Verdict.String()
			for _, w := range c.Weak {
				line += " " + w.Rule + " on " + strings.Join(w.On, ", ")
			}
			got = append(got, line)
		}
	}
	want := []string{
		"lab.example exposed: 4 controllers asked: 1 weak, 2 undetermined, 1 guarded, 0 unseen",
		"10.0.0.9 exposed ldap-signing-not-required on 389",
		"10.0.0.1 undetermined",
		"10.0.0.10 undetermined",
		"a.example guarded: 1 controller asked: 0 weak, 0 undetermined, 1 guarded, 0 unseen",
		"b.example guarded: 1 controller asked: 0 weak, 0 undetermined, 1 guarded, 0 unseen",
		"10.0.0.20 guarded ldap-signing-not-required on 389, 3268",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
