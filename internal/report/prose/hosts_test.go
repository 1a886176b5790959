package prose

import (
	"bytes"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

func TestTextOfHosts(t *testing.T) {
	var b bytes.Buffer
	reporttest.WriteWithHosts(t, newText(&b, &report.Options{Checks: reporttest.Checks(), Width: 160}))
	reporttest.Fit(t, b.Bytes())
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
		"counted from 3 Windows hosts (signet explain path-smb-to-smb)",
		"closes 1 exposed endpoint, removes 5 open paths\n",
		"10.0.0.5:445 fs1.lab.example", // the host's name, not the endpoint's own
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, not := range []string{"10.0.0.8 dc2", "ldap-signing-not-required (high)"} {
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
	lines := reporttest.Lines()
	reporttest.Write(t, newText(&b, &report.Options{Checks: reporttest.Checks(), Width: 100}), reporttest.Header(), lines, reporttest.Summary(lines))
	for _, not := range []string{"\nDOMAINS", "\nHOSTS", "counted from"} {
		if strings.Contains(b.String(), not) {
			t.Errorf("a report without hosts has %q", not)
		}
	}
}

func TestTextCountsNoPathsFromNobody(t *testing.T) {
	var b bytes.Buffer
	w := newText(&b, &report.Options{Checks: reporttest.Checks(), Width: 160})
	l := reporttest.Verdict("10.0.0.1", signet.Exposed)
	l.Judgement.Findings = []signet.Finding{{Rule: "smb-signing-not-required", Severity: signet.High}}
	if err := w.Endpoint(l); err != nil {
		t.Fatal(err)
	}
	if err := w.Paths(&signet.Paths{Fixes: []signet.PathFix{{Finding: "smb-signing-not-required", Endpoints: 2}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.End(reporttest.Summary(nil)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "no Windows host was seen") || strings.Contains(got, "removes") {
		t.Errorf("%s", got)
	}
}
