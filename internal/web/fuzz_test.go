package web

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"signet/internal/check/checktest"
	"signet/internal/web/front"
)

// TestFuzz calls every operation of the document that is served, as anybody, rightly, nearly rightly and wrongly. Each answer is held against the
// document and against who may what; afterwards the server is as large as it was. SIGNET_LONG=1 calls the program itself, for ten minutes.
func TestFuzz(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // what fails depends on all calls before
		t.Fatal(err)
	}
	f := startFuzz(t)
	if os.Getenv("SIGNET_LONG") == "" {
		if seed := flag.Lookup("rapid.seed"); seed != nil && seed.Value.String() == "0" { // a commit is to pass today as it did yesterday; the long form looks for what nobody saw
			if err := seed.Value.Set("20261130"); err != nil {
				t.Fatal(err)
			}
		}
		rapid.Check(t, f.check)
	}
	for begin := time.Now(); os.Getenv("SIGNET_LONG") != "" && time.Since(begin) < 10*time.Minute && !t.Failed(); {
		rapid.Check(t, f.check)
	}
	f.end(t)
}

// fuzzed is a server that is called as nobody would call it.
type fuzzed struct {
	*served
	process *process // in its long form
	doc     map[string]any
	calls   []operation
	askers  []*asker
	root    *asker // makes askers anew; is never one itself
	site    string // that limited askers are limited to
	foreign []string
	theirs  map[string][]string // IDs of what limited askers may not see, by kind
	known   *pool
	client  *http.Client
	other   *http.Client // from an address from which nobody gives a wrong password
	before  size
	asked   map[string]int // answers by call and status
}

// asker is somebody who calls.
type asker struct {
	role          string // as in rights
	token, cookie string
	name, pass    string
	foreign       bool // a page of another origin
}

// GoString is what a failing history shows.
func (a *asker) GoString() string {
	return fmt.Sprintf("%s (token %t, cookie %t, of another origin %t)", a.role, a.token != "", a.cookie != "", a.foreign)
}

func startFuzz(t *testing.T) *fuzzed {
	for _, end := range "123" {
		checktest.ServeDesktop(t, "127.31.11."+string(end))
	}
	const allow = "127.31.11.0/29"
	f := &fuzzed{known: newPool(), asked: map[string]int{}, theirs: map[string][]string{}}
	if os.Getenv("SIGNET_LONG") != "" {
		f.process = startProcess(t, allow)
		f.served = f.process.served
	} else {
		f.served = serveAs(t, front.Config{Listen: "127.0.0.1:0", Limits: front.Limits{Rate: 1e6, Burst: 1e6}}, allow)
	}
	from := func(addr string) *http.Client {
		at := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
		return &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{DialContext: at.DialContext},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	f.client, f.other = from("127.31.11.100"), from("127.31.11.200")
	admin := f.admin(t)
	admin.do("GET", "openapi.json", nil).is(200).into(&f.doc)
	f.calls = operations(f.doc)
	f.root = &asker{role: "admin", token: admin.do("POST", "tokens", m{"name": "root", "role": "admin"}).is(201).text("token")}
	for _, of := range []struct{ name, target string }{{"own", "127.31.11.1"}, {"foreign", "127.31.11.2"}, {"", "127.31.11.3"}} {
		job, id := m{"targets": []string{of.target}, "checks": []string{"rdp"}}, ""
		if of.name != "" {
			id = admin.do("POST", "sites", m{"name": of.name, "targets": []string{of.target}, "checks": []string{"rdp"}}).is(201).text("id")
			job = m{"site": id}
		}
		done := admin.ended(admin.do("POST", "jobs", job).is(202).text("id"))
		row := admin.do("GET", "findings?q="+of.target, nil).is(200)
		if of.name == "own" {
			f.site = id
			continue
		}
		f.foreign = append(f.foreign, done.text("id"), done.text("run"), row.text("items.0.id"), row.text("items.0.host"), `"`+of.target+`"`)
		for kind, one := range map[string]string{"jobs": done.text("id"), "runs": done.text("run"), "findings": row.text("items.0.id"), "hosts": row.text("items.0.host")} {
			f.theirs[kind] = append(f.theirs[kind], one)
		}
		if id != "" {
			f.foreign, f.theirs["sites"] = append(f.foreign, id), []string{id}
		}
	}
	f.known.lines = admin.do("GET", "runs/"+f.foreign[1]+"/report?format=jsonl", nil).is(200).body
	f.askers = []*asker{{role: "nobody"}, {role: "nobody", token: "nonsense-nonsense-nonsense"}, {role: "nobody", cookie: "nonsense-nonsense-nonsense"}}
	for _, role := range []string{"viewer", "operator", "admin", "site-viewer", "site-operator"} {
		body := m{"name": role, "role": strings.TrimPrefix(role, "site-")}
		if strings.HasPrefix(role, "site-") {
			body["sites"] = []string{f.site}
		}
		made := admin.do("POST", "tokens", body).is(201)
		f.known.hide(made.text("id"))
		browser := &asker{role: role}
		f.renew(t, browser)
		f.askers = append(f.askers, &asker{role: role, token: made.text("token")}, browser, &asker{role: role, cookie: browser.cookie, name: browser.name, pass: browser.pass, foreign: true})
	}
	for _, path := range []string{"users", "tokens"} { // those who ask are not to be changed
		list := admin.do("GET", path, nil).is(200)
		for i := 0; list.get(fmt.Sprintf("items.%d", i)) != nil; i++ {
			f.known.hide(list.text(fmt.Sprintf("items.%d.id", i)))
		}
	}
	f.known.hide(f.site)
	f.before = f.size(t)
	return f
}

// renew makes a user of the role of an asker, and logs on as that user.
func (f *fuzzed) renew(t interface{ Fatalf(string, ...any) }, a *asker) {
	a.name, a.pass = fmt.Sprint(a.role, time.Now().UnixNano()), password
	body := m{"name": a.name, "password": a.pass, "role": strings.TrimPrefix(a.role, "site-")}
	if strings.HasPrefix(a.role, "site-") {
		body["sites"] = []string{f.site}
	}
	var status int
	for _, c := range []struct {
		path string
		body m
		by   *asker
	}{{"users", body, f.root}, {"session", m{"name": a.name, "password": a.pass}, &asker{}}} {
		b, err := json.Marshal(c.body)
		if err != nil {
			t.Fatalf("%v", err)
		}
		got, err := f.sendBy(f.other, &call{op: operation{method: "POST"}, url: base + "/" + c.path, body: b, by: c.by})
		if err != nil {
			t.Fatalf("a new %s: %v", a.role, err)
		}
		if status = got.status; status == 201 {
			var made struct{ ID string }
			if json.Unmarshal(got.body, &made) == nil {
				f.known.hide(made.ID)
			}
		}
		for _, k := range (&http.Response{Header: got.header}).Cookies() {
			a.cookie = k.Value
		}
	}
	if status != 200 {
		t.Fatalf("a new %s cannot log on: %d", a.role, status)
	}
	for _, other := range f.askers { // the page of another origin in the same browser
		if other.foreign && other.role == a.role && a.cookie != "" {
			other.cookie = a.cookie
		}
	}
}

// stacks ends the program, and gives what it was at: who does not answer is to say why.
func (f *fuzzed) stacks() string {
	if f.process == nil {
		return ""
	}
	if err := f.process.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return " " + err.Error()
	}
	time.Sleep(2 * time.Second) // for as long as it takes to be read
	return "\n" + f.said.text()
}

// got is an answer.
type got struct {
	status int
	header http.Header
	body   []byte
}

// send sends a call. A stream is read for as long as a moment.
func (f *fuzzed) send(c *call) (*got, error) { return f.sendBy(f.client, c) }

func (f *fuzzed) sendBy(client *http.Client, c *call) (*got, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, c.op.method, f.url+c.url, bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = c.query
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	switch a := c.by; {
	case a.token != "":
		r.Header.Set("Authorization", "Bearer "+a.token)
	case a.cookie != "":
		r.Header.Set("Cookie", "signet="+a.cookie)
	}
	if c.by.foreign {
		r.Header.Set("Origin", "http://evil.example")
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		time.AfterFunc(300*time.Millisecond, cancel)
		b, _ := io.ReadAll(res.Body)
		return &got{res.StatusCode, res.Header, b}, nil
	}
	b, err := io.ReadAll(res.Body)
	return &got{res.StatusCode, res.Header, b}, err
}

// check is one history of calls.
func (f *fuzzed) check(t *rapid.T) {
	for range rapid.IntRange(1, 15).Draw(t, "calls") {
		c := f.draw(t)
		answer, err := f.send(c)
		if err != nil {
			t.Fatalf("%s: %v%s", c, err, f.stacks())
		}
		f.asked[fmt.Sprint(c.op.pattern, " ", answer.status)]++
		f.hold(t, c, answer)
		f.known.learn(c, answer)
		if c.by.cookie != "" && c.by.role != "nobody" && answer.status < 300 && (strings.HasPrefix(c.op.path, base+"/me/") && c.op.method != "GET" || strings.HasSuffix(c.op.path, "/session") && c.op.method != "GET") {
			f.renew(t, c.by)
		}
	}
}

// end takes away what calls left, and holds the server against what it was.
func (f *fuzzed) end(t *testing.T) {
	c := &caller{t: t, s: f.served, http: http.Client{Timeout: 30 * time.Second}, token: f.root.token}
	for list := c.do("GET", "schedules?limit=500", nil).is(200); list.get("items.0") != nil; list = c.do("GET", "schedules?limit=500", nil).is(200) {
		c.do("DELETE", "schedules/"+list.text("items.0.id"), nil).is(204) // which launch others
	}
	c.do("DELETE", "jobs", nil).is(204)
	underWay := func() bool {
		var list struct{ Items []struct{ State string } }
		c.do("GET", "jobs?limit=500", nil).is(200).into(&list)
		return slices.ContainsFunc(list.Items, func(j struct{ State string }) bool {
			return j.State == "queued" || j.State == "running" || j.State == "stopping"
		})
	}
	for begin := time.Now(); underWay(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			t.Fatal("jobs are under way after 30 s")
		}
	}
	for _, kind := range []string{"exceptions", "sites", "policies", "tokens", "users"} {
		for _, id := range f.known.made[kind] {
			c.do("DELETE", kind+"/"+id, nil)
		}
	}
	var silent []string
	n := 0
	for _, op := range f.calls {
		sum, well := 0, 0
		for call, count := range f.asked {
			if p, status, _ := strings.Cut(strings.TrimPrefix(call, op.pattern), " "); strings.HasPrefix(call, op.pattern+" ") && p == "" {
				sum += count
				if status < "300" {
					well += count
				}
			}
		}
		if n += sum; well == 0 {
			silent = append(silent, op.pattern)
		}
	}
	slices.Sort(silent) // set-up is over, and there are runs, so that there is no sample
	c.http.CloseIdleConnections()
	now := f.size(t)
	t.Logf("%d calls of %d operations; never done: %v; before %+v, after %+v", n, len(f.calls), silent, f.before, now)
	if n < 2*len(f.calls) || os.Getenv("SIGNET_LONG") != "" && slices.ContainsFunc(silent, func(p string) bool { return p != "POST "+base+"/setup" && !strings.HasSuffix(p, "/sample") }) {
		t.Errorf("%d calls were made; never done: %v", n, silent)
	}
	if now.goroutines > f.before.goroutines+8 || now.files > f.before.files+8 || now.heap > f.before.heap+32<<20 {
		t.Errorf("it grew: before %+v, after %+v", f.before, now)
	}
	if said := f.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}
