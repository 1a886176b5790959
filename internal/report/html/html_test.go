package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"signet"
	"signet/internal/report/reporttest"
	"signet/internal/text"
)

// dataOf takes the data out of a page.
func dataOf(t *testing.T, page []byte) (data pageData) {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindSubmatch(page)
	if m == nil {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal(m[1], &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestHTML(t *testing.T) {
	got := reporttest.Render(t, Format())
	reporttest.Fit(t, got)
	text := string(got)
	for _, bad := range []string{"<script>alert", "<!--", "javascript:alert(1)\"", "{{", "src=\"http", "@import", "url(", "style=\"", "onclick"} {
		body := text
		if bad == "{{" {
			body = strings.ReplaceAll(body, "{{.}}", "") // the hostile text, as text
		}
		if strings.Contains(body, bad) {
			t.Errorf("%q stands in the page: …%s…", bad, reporttest.Around(got, strings.Index(text, bad)))
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("%d script elements, want the data and the code", n)
	}
	for _, element := range []string{"style", "script"} { // the policy names what is in the page, byte by byte
		m := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindSubmatch(got)
		if m == nil || !strings.Contains(text, cspHash(m[1])) && !strings.Contains(text, strings.ReplaceAll(cspHash(m[1]), "+", "&#43;")) {
			t.Errorf("the hash of <%s> is not in the policy", element)
		}
	}
	data := dataOf(t, got)
	if len(data.Hosts) != 6 {
		t.Errorf("%d hosts, want the 6 that were there", len(data.Hosts))
	}
	if !bytes.HasPrefix(data.Hosts[0], []byte(`["10.0.0.20"`)) { // critical
		t.Errorf("the worst host is not the first: %.60s", data.Hosts[0])
	}
	if !strings.Contains(text, "fe534d42") {
		t.Error("the evidence of a finding is not in the page")
	}
	if empty := string(reporttest.RenderEmpty(t, Format())); !strings.Contains(empty, "No host answered, so there is nothing to judge.") {
		t.Error("an empty run is not said to be one")
	}
}

// What is known of a whole host, and the paths, stand on the page.
func TestHTMLOfHostsAndPaths(t *testing.T) {
	lines := reporttest.Lines()[:1]
	var b bytes.Buffer
	p := newRun(&b, reporttest.Options())
	if err := p.Begin(reporttest.Header()); err != nil {
		t.Fatal(err)
	}
	if err := p.Endpoint(lines[0]); err != nil {
		t.Fatal(err)
	}
	if err := p.Host(&signet.Host{Address: lines[0].Addr, Name: "dc1", Roles: []signet.HostRole{{Role: "domain-controller", Certain: true}},
		Findings: []signet.HostFinding{{Rule: "smb-signing-not-required", Severity: signet.Critical, Check: "smb", Port: 445}}}); err != nil {
		t.Fatal(err)
	}
	if err := p.Paths(&signet.Paths{Sources: 3, Fixes: []signet.PathFix{{Finding: "smb-signing-not-required", Open: 1234567, Conditional: 2}}}); err != nil {
		t.Fatal(err)
	}
	if err := p.Path(&signet.Path{Source: "smb", State: signet.PathOpen, Finding: "smb-signing-not-required", Sources: 12}); err != nil {
		t.Fatal(err)
	}
	if err := p.End(reporttest.Summary(lines)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"domain controller", "removes 1234567 open paths and 2 conditional paths", `<path class="open"`, "dc1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHTMLSize(t *testing.T) {
	var b bytes.Buffer
	reporttest.WriteEstate(t, newRun(&b, reporttest.Options()), 10_000)
	t.Logf("10,000 hosts: %d bytes", b.Len())
	if b.Len() > 6<<20 {
		t.Errorf("10,000 hosts take %d bytes, want at most 6 MiB", b.Len())
	}
	if n := len(dataOf(t, b.Bytes()).Hosts); n != 10_000 {
		t.Errorf("%d hosts of 10,000", n)
	}
	b.Reset()
	reporttest.WriteEstate(t, newRun(&b, reporttest.Options()), 100_000)
	left := 100_000 - len(dataOf(t, b.Bytes()).Hosts)
	t.Logf("100,000 hosts: %d bytes, %d left out", b.Len(), left)
	if b.Len() > 6<<20 {
		t.Errorf("100,000 hosts take %d bytes", b.Len())
	}
	if left > 0 && !strings.Contains(b.String(), fmt.Sprintf("The other %s are in <span class=\"w\">-o</span> csv", text.Grouped(uint64(left)))) {
		t.Error("what was left out is not said")
	}
}

func TestAdviceHTML(t *testing.T) {
	for _, c := range [][2]string{
		{"one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>\n"},
		{"- a\n- b\n  c\n\nd", "<ul><li>a</li>\n<li>b c</li></ul>\n<p>d</p>\n"},
		{"1. a\n2. b", "<ol><li>a</li>\n<li>b</li></ol>\n"},
		{"```\na <b>\n```", "<pre><code>a &lt;b&gt;\n</code></pre>\n"},
		{"a:\n\n    set \"<b>\" /x\n    set *c* `d`\n\ne", "<p>a:</p>\n<pre><code>set &#34;&lt;b&gt;&#34; /x\nset *c* `d`\n</code></pre>\n<p>e</p>\n"},
		{"    set a\nb", "<pre><code>set a\n</code></pre>\n<p>b</p>\n"},
		{"    set a", "<pre><code>set a\n</code></pre>\n"},
		{"- a\n    b", "<ul><li>a b</li></ul>\n"},
		{"```\n    a\n```", "<pre><code>    a\n</code></pre>\n"},
		{"a `x*y*` *b* **c** <i>", "<p>a <code>x*y*</code> <em>b</em> <strong>c</strong> &lt;i&gt;</p>\n"},
		{"5 * 3", "<p>5 * 3</p>\n"},
	} {
		var b strings.Builder
		blocks(&b, c[0])
		if b.String() != c[1] {
			t.Errorf("%q gives %q, want %q", c[0], b.String(), c[1])
		}
	}
}

// What the page keeps of a run has a bound: hosts that cannot fit go as they are whole.
func TestWhatIsKeptHasABound(t *testing.T) {
	kept := func(n int) uint64 {
		r := newRun(io.Discard, reporttest.Options()).(*run)
		r.budget.room = 300_000 // a page of some thousand hosts
		return reporttest.Kept(t, r, n)
	}
	if few, many := kept(10_000), kept(20_000); many > few+few/4 {
		t.Errorf("%d KiB are kept of 10,000 hosts and %d KiB of 20,000: it grows with the run", few>>10, many>>10)
	}
}
