package pages_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"signet/internal/check/checktest"
	"signet/internal/report/reporttest"
)

// tool is a program that the test needs.
func tool(t *testing.T, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		reporttest.Missing(t, name+" is missing: apt-get install "+from)
	}
	return path
}

// onPaper prints a file on A4 with a real browser, which may load nothing, and gives its text.
func onPaper(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	if shots := os.Getenv("SIGNET_SHOTS"); shots != "" { // for people to look at
		dir = shots
	}
	page, pdf := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(page, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	print := exec.CommandContext(t.Context(), tool(t, "chromium", "chromium"), "--headless", "--no-sandbox", "--user-data-dir="+t.TempDir(), "--no-pdf-header-footer", "--print-to-pdf="+pdf, (&url.URL{Scheme: "file", Path: page}).String())
	if out, err := print.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := exec.Command(tool(t, "pdfinfo", "poppler-utils"), pdf).Output()
	if err != nil || !strings.Contains(string(info), "(A4)") {
		t.Errorf("the sheets: %s (%v)", info, err)
	}
	text, err := exec.Command(tool(t, "pdftotext", "poppler-utils"), "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReportToSend: a page says what stands open, what was closed, what is late and with whom, what is accepted until when, the trend and
// what it does not see; as a file it loads nothing and is printed on A4; who is limited to a site is told of that one alone.
func TestReportToSend(t *testing.T) {
	s := serve(t, "", "127.9.34.0/24")
	servers := map[string]*checktest.Desktop{}
	for _, a := range []string{"127.9.34.1", "127.9.34.2", "127.9.34.3", "127.9.34.4"} {
		servers[a] = checktest.ServeDesktop(t, a)
	}
	c := s.admin(t)
	site := func(name string, targets ...string) string {
		return c.call("POST", "sites", m{"name": name, "targets": targets, "checks": []string{"rdp"}})["id"].(string)
	}
	desks, others := site("desks </script>", "127.9.34.1-127.9.34.3", "127.9.34.200"), site("others", "127.9.34.4")
	site("never-asked", "127.9.34.9")
	limited := c.user("lisa", "viewer", others)
	c.scan(m{"site": desks})
	c.scan(m{"site": others})
	findings := map[string]string{}
	for _, r := range c.call("GET", "findings", nil)["items"].([]any) {
		r := r.(map[string]any)
		findings[r["address"].(string)] = r["id"].(string)
	}
	late := time.Now().UTC().AddDate(0, 0, -9).Format(time.DateOnly)
	c.call("PATCH", "findings/"+findings["127.9.34.2"], m{"owner": "late-team", "due": late})
	c.call("PATCH", "findings/"+findings["127.9.34.4"], m{"owner": "secret-team", "due": late})
	until := time.Now().UTC().AddDate(0, 0, 20).Format(time.DateOnly)
	x := c.call("POST", "exceptions", m{"rule": nlaRule, "scope": []string{"127.9.34.3"}, "owner": "risk-owner", "reason": "it goes in spring", "until": until})["id"].(string)
	c.call("PATCH", "exceptions/"+x, m{"state": "approved"})
	servers["127.9.34.1"].Mended.Store(true)
	c.scan(m{"site": desks})

	all := []string{"What to do first", "1 finding was closed", "1 improved", "late-team", " 9 ", "risk-owner", until + " soon", "Never asked: never-asked", "as many exposed"}
	told := func(where, text string, want bool, words ...string) {
		t.Helper()
		flat := strings.Join(strings.Fields(text), " ")
		for _, w := range words {
			if strings.Contains(flat, strings.TrimSpace(w)) != want {
				t.Errorf("%s: that it says %q is not %t: %s", where, w, want, flat)
			}
		}
	}
	words := func(page string) string {
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for n := range doc.Descendants() {
			if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "option" {
				b.WriteString(n.Data)
			}
		}
		return b.String()
	}
	told("the page", words(c.page("/reports/board")), true, append(all, "secret-team", "it goes in spring")...)
	told("of one site", words(c.page("/reports/board?site="+others)), true, "secret-team", "No finding was closed", "others stands")
	told("of one site", words(c.page("/reports/board?site="+others)), false, "late-team", "risk-owner", "1 improved")
	told("who sees one site", words(limited.page("/reports/board")), true, "secret-team")
	told("who sees one site", words(limited.page("/reports/board")), false, "late-team", "risk-owner", "never-asked", "desks")
	told("since tomorrow", words(c.page("/reports/board?since="+time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly))), true, "No finding was closed", "No run showed a change")
	if status, _, _ := limited.do("GET", "/reports/board?file=1&site="+desks, nil); status != 404 {
		t.Errorf("who sees one site asks for another: %d", status)
	}

	status, header, file := c.do("GET", "/reports/board?file=1", nil)
	if status != 200 || !strings.HasPrefix(header.Get("Content-Disposition"), `attachment; filename="signet-report-2`) {
		t.Errorf("the file: %d %v", status, header)
	}
	walk(t, file, func(n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == "src" || a.Key == "href" || a.Key == "action" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("the file has <%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "script" || n.Data == "link" || n.Data == "form" || n.Data == "style" && (strings.Contains(n.FirstChild.Data, "url(") || strings.Contains(n.FirstChild.Data, "@import")) {
			t.Errorf("the file has <%s>", n.Data)
		}
	})
	told("on paper", onPaper(t, file), true, append(all, "secret-team", "desks </script>", "How the whole estate stands")...)
}
