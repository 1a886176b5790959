package cli

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"signet/internal/check/checktest"
	"signet/internal/report/reporttest"
)

// parcel is a mail that a mail server took.
type parcel struct {
	To, subject, id, text, hyper string
	name, kind                   string
	file                         []byte
}

// postbox starts the mail server of the tests of package notify on loopback, without TLS, and gives the URL of --smtp and what it takes.
func postbox(t *testing.T) (url string, took <-chan parcel) {
	t.Helper()
	modules := os.Getenv("SIGNET_NODE_MODULES")
	if modules == "" {
		reporttest.Missing(t, "missing: SIGNET_NODE_MODULES, a node_modules folder with smtp-server 3.21.6")
	}
	cmd := exec.CommandContext(t.Context(), "node", "../notify/testdata/smtp.js", modules, "plain")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 32<<20)
	if !lines.Scan() {
		t.Fatal("the mail server says no port")
	}
	url = "smtp://127.0.0.1:" + lines.Text() + "/?from=signet@corp.example&tls=none"
	all := make(chan parcel, 20)
	go func() {
		defer close(all)
		for lines.Scan() {
			var m struct {
				To  []string
				Raw string
			}
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				p, err := opened(m.Raw)
				if p.To = strings.Join(m.To, ","); err != nil {
					p.text = err.Error()
				}
				all <- p
			}
		}
	}()
	return url, all
}

// opened takes a mail apart.
func opened(raw string) (p parcel, err error) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return p, err
	}
	p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	p.id = m.Header.Get("Message-Id")
	if err != nil {
		return p, err
	}
	var parts func(kind string, from io.Reader) error
	parts = func(kind string, from io.Reader) error {
		media, params, err := mime.ParseMediaType(kind)
		if err != nil || !strings.HasPrefix(media, "multipart/") {
			return fmt.Errorf("%s: %v", kind, err)
		}
		for r := multipart.NewReader(from, params["boundary"]); ; {
			part, err := r.NextPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			kind := part.Header.Get("Content-Type")
			if strings.HasPrefix(kind, "multipart/") {
				if err := parts(kind, part); err != nil {
					return err
				}
				continue
			}
			var in io.Reader = part
			if part.Header.Get("Content-Transfer-Encoding") == "base64" {
				in = base64.NewDecoder(base64.StdEncoding, part)
			}
			b, err := io.ReadAll(in)
			switch {
			case err != nil:
				return err
			case part.FileName() != "":
				p.name, p.kind, p.file = part.FileName(), kind, b
			case strings.HasPrefix(kind, "text/plain"):
				p.text = string(b)
			default:
				p.hyper = string(b)
			}
		}
	}
	return p, parts(m.Header.Get("Content-Type"), m.Body)
}

// next is the next parcel.
func next(t *testing.T, took <-chan parcel) parcel {
	t.Helper()
	select {
	case p := <-took:
		return p
	case <-time.After(40 * time.Second):
		t.Fatal("no mail came")
		return parcel{}
	}
}

// sections are the texts of a report's sections, by their titles; what was changed since has no day in its own.
func sections(t *testing.T, page string) map[string]string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && (n.Data == "section" || n.Data == "ul") {
			title, b := n.Data, strings.Builder{}
			for d := range n.Descendants() {
				switch {
				case d.Type == html.ElementNode && d.Data == "h2":
					title, _, _ = strings.Cut(d.FirstChild.Data, " 20")
				case d.Type == html.TextNode && d.Parent.Data != "h2":
					b.WriteString(d.Data + " ")
				}
			}
			all[title] = strings.Join(strings.Fields(b.String()), " ")
		}
	}
	return all
}

// TestReportsByMail: after a run a report comes by mail, whose file opens and says what the board says, of its site alone, whoever had it sent.
func TestReportsByMail(t *testing.T) {
	url, took := postbox(t)
	servers := map[string]*checktest.Desktop{}
	for _, a := range []string{"127.32.41.1", "127.32.41.2", "127.32.41.3"} {
		servers[a] = checktest.ServeDesktop(t, a)
	}
	s := startServer(t, t.TempDir(), nil, "--allow", "127.32.41.0/24", "--smtp", url)
	admin := s.first(t)
	desks := admin.call(201, "POST", "sites", object{"name": "desks <b>", "targets": []string{"127.32.41.1", "127.32.41.2"}, "checks": []string{"rdp"}}).field("id")
	others := admin.call(201, "POST", "sites", object{"name": "others", "targets": []string{"127.32.41.3"}, "checks": []string{"rdp"}, "owner": "secret-owner"}).field("id")
	admin.launch(object{"site": others})
	admin.launch(object{"site": desks})
	limited := admin.user("liv", "operator", "127.32.41.100", desks)
	row := func(addr string) string { return admin.items("findings?q=" + addr)[0]["id"].(string) }
	admin.call(200, "PATCH", "findings/"+row("127.32.41.2"), object{"owner": "=1+1;@late", "due": "2020-01-01", "comment": "a\nb"})
	admin.call(200, "PATCH", "findings/"+row("127.32.41.3"), object{"owner": "secret-owner", "due": "2020-01-01"})
	for _, site := range []string{others, "others"} {
		limited.call(422, "POST", "schedules", object{"kind": "report", "site": site, "to": []string{"liv@corp.example"}})
	}
	limited.call(403, "POST", "schedules", object{"kind": "report", "cron": "@daily", "to": []string{"liv@corp.example"}})
	ids := map[string]string{}
	for _, format := range []string{"html", "csv", "xlsx"} {
		ids[format] = limited.call(201, "POST", "schedules", object{"kind": "report", "site": desks, "to": []string{format + "@corp.example"}, "format": format}).field("id")
	}
	servers["127.32.41.1"].Mended.Store(true)
	limited.launch(object{"site": desks})
	mails := map[string]parcel{}
	for range ids {
		p := next(t, took)
		mails[p.To] = p
	}
	board := map[string]string{} // address: state, owner
	for _, r := range admin.items("findings?site=" + desks) {
		board[r["address"].(string)] = fmt.Sprint(r["state"], " ", r["rule"], " ", r["severity"], " ", r["due"], " ", r["owner"])
	}
	if len(board) != 2 || !strings.HasPrefix(board["127.32.41.1"], "closed ") || !strings.HasPrefix(board["127.32.41.2"], "open ") {
		t.Fatalf("the board: %v", board)
	}
	for format := range ids {
		p := mails[format+"@corp.example"]
		if !strings.HasPrefix(p.subject, "[desks <b>] Report: Signet saw no host accept relayed logons: 1 host is guarded") || !strings.HasPrefix(p.id, "<msg_") || p.name != "signet-report-"+time.Now().UTC().Format(time.DateOnly)+"."+format {
			t.Errorf("%s: %q %s %s", format, p.subject, p.id, p.name)
		}
		for _, want := range []string{"Closed since then: 1 of rdp-nla-not-required", "Overdue with =1+1;@late: 1, the worst ", "Open findings: 1 ", "1 improved", s.url + "/reports/board?since="} {
			if !strings.Contains(strings.ReplaceAll(p.text, "\r\n", "\n"), want) {
				t.Errorf("%s: there is no %q in %s", format, want, p.text)
			}
		}
		if !strings.Contains(p.hyper, "Overdue with =1+1;@late") || strings.Contains(p.hyper, "<b> ") {
			t.Errorf("%s: the page of the mail: %s", format, p.hyper)
		}
		for _, foreign := range []string{"127.32.41.3", "secret-owner", "others"} {
			if strings.Contains(p.text+p.hyper+string(p.file), foreign) {
				t.Errorf("%s tells of %s", format, foreign)
			}
		}
	}

	// The page: what is sent is what a browser is shown, and it loads nothing.
	sent, shown := sections(t, string(mails["html@corp.example"].file)), sections(t, limited.send("GET", "/reports/board?file=1&site="+desks, nil).text)
	if len(shown) < 7 || len(sent) != len(shown) {
		t.Errorf("%d sections are sent, %d shown", len(sent), len(shown))
	}
	for title, text := range shown {
		if sent[title] != text {
			t.Errorf("%s: sent is\n%s\nand shown\n%s", title, sent[title], text)
		}
	}
	if file := string(mails["html@corp.example"].file); strings.Contains(file, "<script") || strings.Contains(file, "src=") || !strings.Contains(file, "default-src &#39;none&#39;") && !strings.Contains(file, "default-src 'none'") || !strings.Contains(file, "desks &lt;b&gt;") {
		t.Errorf("the file: %.600s", file)
	}

	// The tables: the board's rows, none a formula.
	book, err := excelize.OpenReader(bytes.NewReader(mails["xlsx@corp.example"].file))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	cells, err := book.GetRows("Board")
	if err != nil {
		t.Fatal(err)
	}
	if late, err := book.GetRows("Overdue"); err != nil || len(late) != 2 || late[1][0] != "'=1+1;'@late" || late[1][1] != "1" {
		t.Errorf("overdue: %v %v", late, err)
	}
	table, err := csv.NewReader(bytes.NewReader(mails["csv@corp.example"].file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string][][]string{"xlsx": cells, "csv": table} {
		got := map[string]string{}
		for _, r := range rows[1:] {
			got[r[5]] = fmt.Sprint(r[1], " ", r[3], " ", r[2], " ", r[12], " ", strings.ReplaceAll(r[10], "'", ""))
			if strings.HasPrefix(r[10], "=") {
				t.Errorf("%s has a formula: %q", name, r)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(board) {
			t.Errorf("%s has %v, the board %v", name, got, board)
		}
	}

	// A run of others brings none, nor does verifying; what was done is said, and stands in the log.
	limited.done(limited.call(202, "POST", "findings/"+row("127.32.41.2")+"/verify", nil).field("id"))
	admin.launch(object{"site": others})
	if got := limited.call(200, "GET", "schedules/"+ids["csv"], nil); got.field("last.did") != "sent" && !strings.Contains(got.text, `"did":"sent"`) || !strings.Contains(got.text, `"after":"run"`) {
		t.Errorf("the schedule: %s", got.text)
	}
	if log := admin.call(200, "GET", "audit?limit=50", nil).text; strings.Count(log, `"schedule.sent"`) != 3 || strings.Contains(log, "@corp.example") {
		t.Errorf("the log: %s", log)
	}
	if res := limited.send("GET", "/schedules", nil); res.status != http.StatusOK || !strings.Contains(res.text, "csv@corp.example") || !strings.Contains(res.text, "a report was sent") {
		t.Errorf("the page: %d %s", res.status, res.text)
	}
	select {
	case p := <-took:
		t.Errorf("one more came: %+v", p)
	case <-time.After(300 * time.Millisecond):
	}
}
