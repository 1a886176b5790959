package html

import (
	"bytes"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// The page shows the order of work of report.Steps, and nothing on it has another.
func TestOneOrderOfWork(t *testing.T) {
	lines := []*report.Line{reporttest.Verdict("10.0.0.1", signet.Exposed), reporttest.Verdict("10.0.0.2", signet.Exposed), reporttest.Verdict("10.0.0.3", signet.Guarded)}
	high := func(rules ...string) (list []signet.Finding) {
		for _, r := range rules {
			list = append(list, signet.Finding{Rule: r, Severity: signet.High, Title: r})
		}
		return list
	}
	lines[0].Judgement.Findings = high("http-ntlm-plain", "ldap-signing-not-required")
	lines[1].Judgement.Findings = high("http-ntlm-plain", "smb-signing-not-required")
	lines[2].Judgement.Findings = append(high("no-fix-is-known"), signet.Finding{Rule: "smb1-enabled", Severity: signet.Critical, Title: "smb1"})
	paths := &signet.Paths{Fixes: []signet.PathFix{{Finding: "smb-signing-not-required", Open: 5}, {Finding: "ldap-signing-not-required", Open: 9}}}
	steps := report.NewSteps(report.NewRulebook(reporttest.Checks()))
	var b bytes.Buffer
	w := newRun(&b, reporttest.Options())
	for _, err := range []error{w.Begin(reporttest.Header()), w.Paths(paths)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range lines {
		steps.Note(l)
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	steps.Weigh(paths)
	if err := w.End(reporttest.Summary(lines)); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range steps.Sorted() {
		want = append(want, s.Rule)
	}
	if !slices.Equal(want, []string{"smb1-enabled", "ldap-signing-not-required", "smb-signing-not-required", "http-ntlm-plain"}) {
		t.Fatalf("the order of work is %v", want)
	}
	rules := func(part string) (list []string) {
		for _, m := range regexp.MustCompile(`(?:href="#|id=")rule-([a-z0-9-]+)"`).FindAllStringSubmatch(part, -1) {
			if m[1] != "no-fix-is-known" { // no work: it stands behind what is as severe
				list = append(list, m[1])
			}
		}
		return list
	}
	for _, part := range []string{`id="first".*?</ol>`, `id="exposure".*?</table>`, `id="findings".*?</section>`} {
		if got := rules(regexp.MustCompile(`(?s)` + part).FindString(b.String())); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", part, got, want)
		}
	}
}

// What exceptions cover is told apart from what is to be fixed: in the figures, among the steps, at the picture and in the row
// of the host.
func TestExceptionsOnThePage(t *testing.T) {
	lines := reporttest.Excepted()
	var b bytes.Buffer
	w := newRun(&b, reporttest.Options())
	reporttest.Write(t, w, reporttest.Header(), lines, reporttest.Summary(lines))
	page := b.String()
	for _, want := range []string{"hosts exposed (1 of them excepted), 2 endpoints (1 of them excepted)", "Exceptions of the policy cover 3 findings at 2 endpoints; these are no work", "Exceptions of the policy cover 3 findings at 2 endpoints until the day named"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	first := regexp.MustCompile(`(?s)id="first".*?</ol>`).FindString(page)
	if strings.Contains(first, "smb-signing-not-required") {
		t.Error("what somebody accepted is work")
	}
	accepted := 0
	for _, h := range dataOf(t, b.Bytes()).Hosts {
		if regexp.MustCompile(`,null,1\]\]`).Match(h) {
			accepted++
		}
	}
	if accepted != 1 {
		t.Errorf("%d hosts are marked as accepted, want 1", accepted)
	}
	if plain := string(reporttest.Render(t, Format())); strings.Contains(plain, "Exceptions of the policy cover") {
		t.Error("a run without exceptions speaks of some")
	}
}

// A domain stands on the page with its weak controllers, and what they are weak by in words.
func TestDomainsOnThePage(t *testing.T) {
	var b bytes.Buffer
	reporttest.WriteWithHosts(t, newRun(&b, reporttest.Options()))
	domains := regexp.MustCompile(`(?s)<section id="domains".*?</section>`).FindString(b.String())
	for _, want := range []string{"One weak domain controller opens its whole domain", `lab.example <span class="tag exposed">`, "3 controllers asked: 1 weak, 1 undetermined, 1 guarded, 0 unseen",
		`LDAP signing is not required on 389`, "10.0.0.9", "10.0.0.10", "dc3"} {
		if !strings.Contains(domains, want) {
			t.Errorf("the domains lack %q", want)
		}
	}
	if strings.Contains(domains, "dc2.lab.example") {
		t.Error("a guarded controller is listed")
	}
	if page := string(reporttest.Render(t, Format())); strings.Contains(page, `id="domains"`) {
		t.Error("a run without hosts has a section of domains")
	}
}

// The title says what was asked and when, in a few words whatever was typed.
func TestTitleSaysTheScope(t *testing.T) {
	for _, tt := range []struct {
		targets []string
		want    string
	}{
		{[]string{"10.0.10.0/24"}, "Signet: 10.0.10.0/24, 2026-03-01"},
		{[]string{"10.0.10.0/24", "dc1.corp.example", "10.0.11.0/24"}, "Signet: 10.0.10.0/24 and 2 more, 2026-03-01"},
		{[]string{"</title>\x1b[31m" + strings.Repeat("x", 100)}, "Signet: &lt;/title&gt;"},
		{nil, "Signet: 20260301-093000-abcdef, 2026-03-01"},
	} {
		h := reporttest.Header()
		h.Targets, h.Warnings = tt.targets, nil
		page := string(reporttest.RenderLines(t, Format(), h, nil))
		for _, element := range []string{"title", "h1"} {
			got := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindStringSubmatch(page)[1]
			got = strings.NewReplacer(`<span class="w">`, "", "</span>", "").Replace(got)
			if !strings.HasPrefix(got, tt.want) || len(got) > 130 || strings.ContainsRune(got, '\x1b') {
				t.Errorf("%s of %q: %q, want %q", element, tt.targets, got, tt.want)
			}
		}
	}
}

// The picture names findings by their titles, and counts an endpoint once, however many kinds of clients reach it.
func TestPictureOfPaths(t *testing.T) {
	w := newRun(io.Discard, reporttest.Options()).(*run)
	for _, source := range []string{"smb", "http"} {
		for i := range 3 {
			p := &signet.Path{Source: source, State: signet.PathOpen, Finding: "smb-signing-not-required", Sources: 2,
				Target: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}, Port: 445}}
			if err := w.Path(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	var v view
	v.paths(w.picture, w.rules, &w.risks)
	var boxes []string
	for _, s := range v.Picture {
		if s.Text != "" {
			boxes = append(boxes, s.Text+"|"+s.More)
		}
	}
	if want := []string{"Logons over HTTP|could come from here", "Logons over SMB|could come from here", "SMB signing is not required|3 endpoints · smb-signing-not-required"}; !slices.Equal(boxes, want) {
		t.Errorf("%q, want %q", boxes, want)
	}
	if len(v.PathTrees) != 2 || v.PathTrees[0].Rows[0].Title != "SMB signing is not required" || v.PathTrees[0].Rows[0].Endpoints != "3" {
		t.Errorf("%+v", v.PathTrees)
	}
}
