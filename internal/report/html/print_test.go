package html

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// paper prints a page on sheets of the width of A4 and returns the text of each.
func paper(t *testing.T, ctx context.Context, height float64) []string {
	t.Helper()
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		reporttest.Missing(t, "pdftotext is missing: apt-get install poppler-utils")
	}
	pdf, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: height})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.pdf")
	if dir := os.Getenv("SIGNET_SHOTS"); dir != "" { // for people to look at
		file = filepath.Join(dir, t.Name()+".pdf")
	}
	if err := os.WriteFile(file, pdf.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(reader, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
}

// What is printed holds every host, those too that a filter hides or a later page of the table shows, and the head of their
// table on every sheet.
func TestPaperHoldsEveryHost(t *testing.T) {
	const hosts = 600
	var b bytes.Buffer
	reporttest.WriteEstate(t, newRun(&b, reporttest.Options()), hosts)
	ctx := browser(t, b.Bytes(), "#rows tr")
	if err := chromedp.Do(ctx, chromedp.SendKeys("#f-text", "ws00042")); err != nil {
		t.Fatal(err)
	}
	sheets := paper(t, ctx, 11.69)
	all := strings.Join(sheets, "\n")
	have := map[string]bool{}
	for _, address := range regexp.MustCompile(`\b10\.0\.\d+\.\d+\b`).FindAllString(all, -1) {
		have[address] = true
	}
	missing := 0
	for i := range hosts {
		if !have[netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String()] {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d hosts are not on paper", missing, hosts)
	}
	if n := strings.Count(all, "smb-signing-not-required on 445/tcp"); n != hosts/3 {
		t.Errorf("the port of a finding is printed %d times, want %d", n, hosts/3)
	}
	for i, sheet := range sheets {
		if regexp.MustCompile(`(?m)^\s*10\.0\.\d+\.\d+ .* (exposed|undetermined|guarded)`).MatchString(sheet) && !regexp.MustCompile(`Address\s+Name\s+Verdict\s+Findings`).MatchString(sheet) {
			t.Errorf("sheet %d of %d has hosts and no head above them: %.200s", i+1, len(sheets), sheet)
		}
	}
	if got := ask[string](t, ctx, `document.getElementById("count").textContent + ", " + document.querySelectorAll("#paper tr").length`); got != "1 host of 600, 0" {
		t.Errorf("after printing: %q", got)
	}
}

// No sheet ends with a heading, wherever it ends.
func TestNoHeadingEndsASheet(t *testing.T) {
	ctx := browser(t, domain(t), "#rows tr")
	headings := ask[[]string](t, ctx, `Array.from(document.querySelectorAll("h1,h2,h3,h4,summary,caption,thead tr"), e => e.textContent.replace(/\s/g, ""))`)
	if len(headings) < 20 {
		t.Fatalf("%d headings", len(headings))
	}
	for height := 5.0; height < 12; height += 1.3 {
		sheets := paper(t, ctx, height)
		for i, sheet := range sheets[:len(sheets)-1] {
			body, _, _ := strings.Cut(sheet, fmt.Sprintf(" %d / %d\n", i+1, len(sheets)))
			lines := strings.Split(strings.TrimSpace(body), "\n")
			end := strings.Join(strings.Fields(lines[len(lines)-1]), "")
			if slices.Contains(headings, end) {
				t.Errorf("%.1f inches: sheet %d of %d ends with the heading %q", height, i+1, len(sheets), end)
			}
		}
	}
}

// broken lists the words, the addresses with their ports and the rules that stand on two lines, of all that is visible.
const broken = `(() => {
  const rules = new Set(Array.from(document.querySelectorAll("[data-rule]"), e => e.dataset.rule)), out = new Set();
  const token = /\[[0-9a-f:]+\](:\d+)?|\d+\.\d+\.\d+\.\d+(:\d+|\/\d+)?|[a-z0-9]+(-[a-z0-9]+)+|[\p{L}\p{N}]+/gu;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const n = walk.currentNode;
    if (!n.parentElement.checkVisibility() || n.parentElement.closest("script,style,noscript,pre,.visually")) continue;
    for (const m of n.textContent.matchAll(token)) {
      if (m[0].length > 47 || m[1] === undefined && m[3] !== undefined && !rules.has(m[0])) continue;
      const r = document.createRange(); r.setStart(n, m.index); r.setEnd(n, m.index + m[0].length);
      if (new Set(Array.from(r.getClientRects(), x => Math.round(x.bottom / 4))).size > 1) out.add(m[0] + " in " + n.parentElement.outerHTML.slice(0, 80));
    }
  }
  return Array.from(out);
})()`

// No word, address or rule is broken in two, on telephones, screens and paper.
func TestNoWordIsBroken(t *testing.T) {
	ctx := browser(t, domain(t), "#rows tr")
	ask[int](t, ctx, `document.querySelectorAll("#rows .expand").forEach(b=>b.click());document.querySelectorAll("details").forEach(d=>d.open=true);0`)
	for _, width := range []int64{390, 500, 700, 1280} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
			t.Fatal(err)
		}
		for _, word := range ask[[]string](t, ctx, broken) {
			t.Errorf("%d px: broken: %s", width, word)
		}
		for _, wrong := range ask[[]string](t, ctx, audit) {
			t.Errorf("%d px: %s", width, wrong)
		}
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(695, 1010)); err != nil { // what A4 has between its margins
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	ask[int](t, ctx, `window.dispatchEvent(new Event("beforeprint"));0`)
	if n := ask[int](t, ctx, `document.querySelectorAll("#paper th").length`); n != 4 {
		t.Errorf("%d hosts on paper, want 4", n)
	}
	for _, word := range append(ask[[]string](t, ctx, broken), ask[[]string](t, ctx, audit)...) {
		t.Errorf("paper: %s", word)
	}
}

// domain is the page of a small domain whose names, addresses, roles and rules are as long as real ones are.
func domain(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := newRun(&b, reporttest.Options())
	h := reporttest.Header()
	h.Targets, h.Warnings = []string{"2001:db8:aaaa:bbbb::/64", "203.0.113.128/25"}, nil
	if err := w.Begin(h); err != nil {
		t.Fatal(err)
	}
	var lines []*report.Line
	for i, address := range []string{"203.0.113.200", "203.0.113.201", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:fff1", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:fff2"} {
		for _, rule := range []string{"smb-signing-not-required", "ldap-signing-not-required", "http-ntlm-plain"} {
			of, _, _ := strings.Cut(rule, "-")
			l := &report.Line{Observation: reporttest.At(address, map[string]uint16{"smb": 445, "ldap": 3268, "http": 8530}[of], of, "", signet.Answered)}
			l.Name = fmt.Sprintf("distribution-point-%02d.europe.corp.example", i)
			l.Judgement = signet.Judgement{Verdict: signet.Exposed, Findings: []signet.Finding{{Rule: rule, Severity: signet.High, Title: "Configuration Manager takes NTLM over plain HTTP",
				Because: []string{"/ccm_system_windowsauth/request, /AdminService/wmi/, /SMS_DP_SMSPKG$/: an NTLM message brought a challenge over plain HTTP, where nothing binds it to its channel"}}}}
			if rule == "http-ntlm-plain" && i > 1 {
				l.Judgement = signet.Judgement{Verdict: signet.Undetermined, Because: []string{"the certificate enrolment withheld its answer"}}
			}
			lines = append(lines, l)
			if err := w.Endpoint(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Host(&signet.Host{Address: netip.MustParseAddr(address), Name: lines[len(lines)-1].Name, Domain: "europe.corp.example", OS: "Windows Server 2022, build 20348",
			Roles: []signet.HostRole{{Role: check.RoleCAWeb}, {Role: check.RoleDomainController, Certain: true}, {Role: check.RoleMECM, Certain: true}}}); err != nil {
			t.Fatal(err)
		}
	}
	sums, path := reporttest.Paths()
	if err := w.Paths(sums); err != nil {
		t.Fatal(err)
	}
	if err := w.Path(path); err != nil {
		t.Fatal(err)
	}
	if err := w.End(reporttest.Summary(lines)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
