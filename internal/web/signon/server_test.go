package signon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/report"
	"signet/internal/report/reporttest"
	"signet/internal/run"
	"signet/internal/seal"
	"signet/internal/sso"
	"signet/internal/store/sqlite"
	"signet/internal/web"
	"signet/internal/web/front"
	"signet/internal/web/pages"
	"signet/internal/web/signon"
)

// The server of these tests is reached by this URL: a name that leads nowhere, and a path.
const (
	host   = "http://signet.corp.example"
	sub    = "/signet"
	back   = host + sub + "/oidc/callback"
	secret = "a-secret-that-the-provider-knows"
)

// served is a whole server whose people log on by a provider, beside local ones.
type served struct {
	*signon.SignOn
	desk   *desk.Desk
	client *sso.Client
	listen string
	dir    string
	token  string // of set-up
	mu     sync.Mutex
	said   []string
}

func (s *served) add(line string) { s.mu.Lock(); defer s.mu.Unlock(); s.said = append(s.said, line) }
func (s *served) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, "\n")
}

// serve starts one. now is the clock of all of it; nil: the system's.
func serve(t *testing.T, c sso.Config, now func() time.Time, noLocal bool, grants ...string) *served {
	t.Helper()
	s := &served{dir: t.TempDir()}
	st, err := sqlite.Open(t.Context(), filepath.Join(s.dir, "s.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	if s.token, err = desk.NewSetupToken(t.Context(), st, desk.Config{}); err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	c.Now = now
	if s.client, err = sso.New(c); err != nil {
		t.Fatal(err)
	}
	env := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	if s.desk, err = desk.Open(t.Context(), st, desk.Config{Now: now, Policies: []string{"baseline"}, Sealer: box, Issuer: c.Issuer, NoLocal: noLocal}); err != nil {
		t.Fatal(err)
	}
	if env.Limits, err = env.NewLimits(t.Context(), run.Limits{Depth: signet.Anonymous, Rate: 500}); err != nil {
		t.Fatal(err)
	}
	h, err := hub.Open(t.Context(), hub.Config{Env: env, Store: st, Desk: s.desk, Grace: 100 * time.Millisecond, Warn: s.add, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var list []signon.Grant
	for _, text := range grants {
		g, err := signon.ParseGrant(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, g)
	}
	s.SignOn = signon.New(signon.Config{Desk: s.desk, Client: s.client, Grants: list, Sealer: box, Trouble: s.add, Now: now})
	ws, err := web.New(web.Config{Desk: s.desk, Hub: h, Version: "test", Formats: []report.Format{report.JSONL()}, Trouble: s.add,
		SignOn: func(g *web.Gate) web.Handler { s.Old, s.Begin = g.Secret, g.Begin; return s.SignOn },
		Pages: func(g *web.Gate) web.Handler {
			return pages.New(pages.Config{Hub: h, Desk: s.desk, SignOn: true, NoLocal: noLocal, Who: g.Who, Base: g.Base, Trouble: s.add})
		}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listen = l.Addr().String()
	l.Close()
	f, err := front.New(front.Config{Listen: s.listen, URL: host + sub, Trouble: s.add})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, do := range []func(context.Context) error{h.Work, s.Work, func(ctx context.Context) error { return f.Serve(ctx, ws) }} {
		wg.Go(func() {
			if err := do(ctx); err != nil {
				s.add(err.Error())
			}
		})
	}
	t.Cleanup(func() { cancel(); wg.Wait(); s.desk.Close(); st.Close() })
	return s
}

// browser is somebody's: it keeps cookies, and follows no redirect by itself.
type browser struct {
	t *testing.T
	http.Client
}

func (s *served) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context, network, at string) (net.Conn, error) {
		if strings.HasPrefix(at, "signet.corp.example:") {
			at = s.listen
		}
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}
	return &browser{t, http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is how a request was answered.
type page struct {
	at     *url.URL
	status int
	to     string // of a redirect
	text   string
	header http.Header
}

func (b *browser) do(method, at string, body io.Reader, kind string) *page {
	b.t.Helper()
	req, err := http.NewRequest(method, at, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &page{req.URL, res.StatusCode, "", string(text), res.Header}
	if to := res.Header.Get("Location"); to != "" {
		u, err := req.URL.Parse(to)
		if err != nil {
			b.t.Fatal(err)
		}
		p.to = u.String()
	}
	return p
}

func (b *browser) get(at string) *page { b.t.Helper(); return b.do("GET", at, nil, "") }

// call calls the API, and gives the status and what it says.
func (b *browser) call(method, path string, body any) (status int, v map[string]any) {
	b.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	p := b.do(method, host+sub+"/api/v1/"+path, strings.NewReader(string(text)), "application/json")
	json.Unmarshal([]byte(p.text), &v)
	return p.status, v
}

// follow goes where it is sent until something is shown, or until is next.
func (b *browser) follow(p *page, until string) *page {
	b.t.Helper()
	for range 20 {
		if p.to == "" || until != "" && strings.HasPrefix(p.to, until) {
			return p
		}
		p = b.get(p.to)
	}
	b.t.Fatalf("it is sent on and on, to %s", p.to)
	return nil
}

var (
	action = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	prompt = regexp.MustCompile(`name="prompt" value="([^"]+)"`)
)

// through logs on at the provider of testdata: whatever it asks is answered by name, until it sends the browser back. That last redirect is
// given, not followed.
func (b *browser) through(p *page, name string) *page {
	b.t.Helper()
	for range 6 {
		if p = b.follow(p, back); strings.HasPrefix(p.to, back) {
			return p
		}
		to, what := action.FindStringSubmatch(p.text), prompt.FindStringSubmatch(p.text)
		if to == nil || what == nil {
			b.t.Fatalf("%s: %d, and no form: %.500s", p.at, p.status, p.text)
		}
		u, err := p.at.Parse(html.UnescapeString(to[1]))
		if err != nil {
			b.t.Fatal(err)
		}
		p = b.do("POST", u.String(), strings.NewReader(url.Values{"prompt": {what[1]}, "login": {name}, "password": {"whatever"}}.Encode()), "application/x-www-form-urlencoded")
	}
	b.t.Fatal("it asks on and on")
	return nil
}

// logOn logs on as its user would, and gives where that leads.
func (b *browser) logOn(name, to string) *page {
	b.t.Helper()
	return b.get(b.through(b.get(host+sub+"/oidc/login?to="+url.QueryEscape(to)), name).to)
}

// provider is the one of testdata.
type provider struct {
	t      *testing.T
	issuer string
	in     io.Writer
	out    *bufio.Scanner
}

// provided starts one, whose access tokens hold for some seconds.
func provided(t *testing.T, seconds int, where string) *provider {
	t.Helper()
	modules := os.Getenv("SIGNET_NODE_MODULES")
	if modules == "" {
		reporttest.Missing(t, "SIGNET_NODE_MODULES is missing, a node_modules folder with oidc-provider 9.13.3")
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/provider.mjs", modules, back, fmt.Sprint(seconds), where)
	noise := &strings.Builder{}
	cmd.Stderr = noise
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p := &provider{t: t, in: in, out: bufio.NewScanner(out)}
	if !p.out.Scan() {
		t.Fatalf("the provider says nothing: %s", noise)
	}
	p.issuer = p.out.Text()
	return p
}

// tell gives it a command, and waits until it is done.
func (p *provider) tell(words string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, words); err != nil || !p.out.Scan() {
		p.t.Fatalf("%s: %v", words, err)
	}
}

// eventually waits for something to be so.
func eventually(t *testing.T, what string, within time.Duration, so func() bool) {
	t.Helper()
	for begin := time.Now(); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > within {
			t.Fatalf("after %v it is not so: %s", within, what)
		}
	}
}
