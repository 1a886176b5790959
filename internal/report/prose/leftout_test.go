package prose

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// What a report leaves out stands where it says.
func TestWhatIsLeftOutStandsWhereItSays(t *testing.T) {
	for _, v := range []signet.Verdict{signet.Undetermined, signet.Guarded} {
		var lines []*report.Line
		for i := range mostEntries + 25 {
			l := reporttest.Verdict(fmt.Sprintf("10.0.0.%d", i+1), v)
			l.Because = []string{"alike"}
			if v == signet.Guarded {
				l.Judgement.Findings = []signet.Finding{{Rule: "smb1-enabled", Severity: signet.Low, Title: "SMB 1 is still on"}}
			}
			lines = append(lines, l)
		}
		told := string(reporttest.RenderLines(t, Text(), reporttest.Header(), lines))
		if !strings.Contains(told, "… and 25 more: the same command with -o csv") || strings.Contains(told, "10.0.0.65") {
			t.Errorf("%s:\n%.3000s", v, told)
		}
		for _, f := range []report.Format{report.CSV(), report.JSONL()} {
			if out := string(reporttest.RenderLines(t, f, reporttest.Header(), lines)); !strings.Contains(out, "10.0.0.65") {
				t.Errorf("%s: %s lacks the last endpoint", v, f.Name)
			}
		}
	}
}

// Of a domain with many weak controllers the others are counted.
func TestControllersLeftOutAreCounted(t *testing.T) {
	var b bytes.Buffer
	text := newText(&b, reporttest.Options())
	if err := text.Begin(reporttest.Header()); err != nil {
		t.Fatal(err)
	}
	for i := range mostEntries + 7 {
		if err := text.Host(&signet.Host{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Domain: "corp.example", Roles: []signet.HostRole{{Role: "domain-controller", Certain: true}},
			Endpoints: []signet.HostEndpoint{{Port: 389, Check: "ldap", Verdict: signet.Exposed}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := text.End(reporttest.Summary(nil)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "10.0.0.29") || strings.Contains(got, "10.0.0.30") || !strings.Contains(got, "… and 17 more: the same command with -o csv") {
		t.Error(got)
	}
}

// Of a risk that many endpoints have the Markdown report names some, and where the others stand.
func TestEndpointsOfRisksLeftOut(t *testing.T) {
	const where = "\nAll endpoints: the same command with -o xlsx.\n"
	var lines []*report.Line
	for i := range 20 {
		lines = append(lines, standing(fmt.Sprintf("10.0.0.%d", i+1), signet.Exposed, "-smb-signing-not-required"))
	}
	if out := string(reporttest.RenderLines(t, Markdown(), reporttest.Header(), lines)); !strings.Contains(out, ", 8 more |") || !strings.Contains(out, where) {
		t.Error(out)
	}
	if out := string(reporttest.RenderLines(t, Markdown(), reporttest.Header(), lines[:5])); !strings.Contains(out, "`10.0.0.5:80` |") || strings.Contains(out, where) {
		t.Error(out)
	}
}
