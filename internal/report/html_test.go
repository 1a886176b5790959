package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/text"
)

func newHTML(w io.Writer) Handler { return NewHTML(w, stubChecks(), NewRulebook(stubChecks())) }

// estateOf writes a run of n hosts with two or three endpoints each, as a company of that size might look.
func estateOf(t testing.TB, w Handler, n int) {
	t.Helper()
	if err := w.Begin(&Header{Run: "20260301-093000-abcdef", Tool: "signet/1.2.3", Started: sampleTime(), Targets: []string{"10.0.0.0/8"}, Checks: []string{"smb", "http", "ldap"}, Depth: signet.Anonymous, Policy: "baseline/1"}); err != nil {
		t.Fatal(err)
	}
	var tally Tally
	sum := &Summary{Ended: sampleTime().Add(time.Minute)}
	emit := func(l *Line) {
		tally.Add(l)
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
			o := &signet.Observation{Check: check, At: sampleTime(), Took: time.Millisecond, Outcome: signet.Answered, Open: true}
			o.Addr, o.Port, o.Name = addr, port, name
			emit(&Line{Observation: o, Judgement: signet.Judgement{Verdict: v, Because: []string{because}, Findings: findings}})
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
	got := render(t, newHTML)
	unfit(t, got)
	text := string(got)
	for _, bad := range []string{"<script>alert", "<!--", "javascript:alert(1)\"", "{{", "src=\"http", "@import", "url(", "style=\"", "onclick"} {
		body := text
		if bad == "{{" {
			body = strings.ReplaceAll(body, "{{.}}", "") // the hostile text, as text
		}
		if strings.Contains(body, bad) {
			t.Errorf("%q stands in the page: …%s…", bad, around(got, strings.Index(text, bad)))
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("%d script elements, want the data and the code", n)
	}
	for _, element := range []string{"style", "script"} { // the policy names what is in the page, byte by byte
		m := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindSubmatch(got)
		if m == nil || !strings.Contains(text, cspHash(string(m[1]))) && !strings.Contains(text, strings.ReplaceAll(cspHash(string(m[1])), "+", "&#43;")) {
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
	if empty := string(renderEmpty(t, newHTML)); !strings.Contains(empty, "Nothing was there") {
		t.Error("an empty run is not said to be one")
	}
}

// What is known of a whole host, and the paths, stand on the page.
func TestHTMLOfHostsAndPaths(t *testing.T) {
	lines := sampleLines()[:1]
	var b bytes.Buffer
	p := NewHTML(&b, stubChecks(), NewRulebook(stubChecks()))
	if err := p.Begin(sampleHeader()); err != nil {
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
	if err := p.End(sampleSummary(lines)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"domain controller", "1\u202f234\u202f567 open paths, 2 conditional paths", `<path class="open"`, "dc1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHTMLSize(t *testing.T) {
	var b bytes.Buffer
	estateOf(t, newHTML(&b), 10_000)
	t.Logf("10,000 hosts: %d bytes", b.Len())
	if b.Len() > 6<<20 {
		t.Errorf("10,000 hosts take %d bytes, want at most 6 MiB", b.Len())
	}
	if n := len(dataOf(t, b.Bytes()).Hosts); n != 10_000 {
		t.Errorf("%d hosts of 10,000", n)
	}
	b.Reset()
	estateOf(t, newHTML(&b), 100_000)
	left := 100_000 - len(dataOf(t, b.Bytes()).Hosts)
	t.Logf("100,000 hosts: %d bytes, %d left out", b.Len(), left)
	if b.Len() > 6<<20 {
		t.Errorf("100,000 hosts take %d bytes", b.Len())
	}
	if left > 0 && !strings.Contains(b.String(), fmt.Sprintf("The other %s are in -o csv", text.Grouped(uint64(left)))) {
		t.Error("what was left out is not said")
	}
}

func TestAdviceHTML(t *testing.T) {
	for _, c := range [][2]string{
		{"one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>\n"},
		{"- a\n- b\n  c\n\nd", "<ul><li>a</li>\n<li>b c</li></ul>\n<p>d</p>\n"},
		{"1. a\n2. b", "<ol><li>a</li>\n<li>b</li></ol>\n"},
		{"```\na <b>\n```", "<pre><code>a &lt;b&gt;\n</code></pre>\n"},
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

// What a format keeps of a run has a bound: hosts that cannot fit on the page go as they are whole, and what waits for the
// end of a document is compressed.
func TestWhatIsKeptHasABound(t *testing.T) {
	measure := func(w Handler, n int) uint64 {
		k := &kept{Handler: w}
		estateOf(t, k, n)
		return k.live
	}
	page := func() *HTML {
		p := newHTML(io.Discard).(*HTML)
		p.room, p.shelf.room = 300_000, 300_000 // a page of some thousand hosts
		return p
	}
	few, many := measure(page(), 10_000), measure(page(), 20_000)
	if many > few+few/4 {
		t.Errorf("html keeps %d KiB of 10,000 hosts and %d KiB of 20,000: it grows with the run", few>>10, many>>10)
	}
	for name, make := range map[string]func(io.Writer) Handler{"opengraph": newOpenGraph, "junit": newJUnit, "nmap": newNmap} {
		if live := measure(make(io.Discard), 20_000); live > 6<<20 {
			t.Errorf("%s keeps %d KiB of 20,000 hosts, want at most 6 MiB", name, live>>10)
		}
	}
}

// kept is a writer that measures what another keeps of a run.
type kept struct {
	Handler
	before, live uint64
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (k *kept) Begin(h *Header) error {
	k.before = heap()
	return k.Handler.Begin(h)
}

func (k *kept) End(s *Summary) error {
	k.live = max(heap(), k.before) - k.before
	return k.Handler.End(s)
}
