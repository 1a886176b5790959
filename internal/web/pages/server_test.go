package pages_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/notify"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/prose"
	"signet/internal/run"
	"signet/internal/seal"
	"signet/internal/store/sqlite"
	"signet/internal/web"
	"signet/internal/web/front"
	"signet/internal/web/pages"
)

// served is a whole server on a free port, over a store of its own.
type served struct {
	*hub.Hub
	url    string // a browser knows it by
	listen string
	token  string // of set-up
	said   *heard
	stop   func()
}

// heard is what a server said went wrong.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (s *heard) add(line string) { s.mu.Lock(); defer s.mu.Unlock(); s.all = append(s.all, line) }
func (s *heard) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.all, "\n")
}

// serve starts a server that is reached by a URL ("": its address) and may ask what allow says.
func serve(t *testing.T, url string, allow ...string) *served { return serveTo(t, nil, url, allow...) }

// serveTo starts a server that sends its messages by somebody; nil: it sends none.
func serveTo(t *testing.T, sender *notify.Sender, url string, allow ...string) *served {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	st, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	s, means := &served{said: &heard{}}, hub.Means{Mail: true}
	if means.BackUp, err = run.Backups(st, "sqlite:"+path, t.TempDir(), 7); err != nil {
		t.Fatal(err)
	}
	if s.token, err = desk.NewSetupToken(t.Context(), st, desk.Config{}); err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	env := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	d, err := desk.Open(t.Context(), st, desk.Config{Policies: []string{"baseline", "strict"}, Rules: env.RuleNames(), Checks: []string{"rdp", "smb", "http", "ldap"}, CheckSchedule: means.CheckSchedule, CheckChannel: hub.CheckChannel, Sealer: box})
	if err != nil {
		t.Fatal(err)
	}
	if env.Limits, err = env.NewLimits(t.Context(), run.Limits{Allow: allow, Depth: signet.Anonymous, Rate: 500}); err != nil {
		t.Fatal(err)
	}
	var shown *pages.Pages
	means.Report = func(ctx context.Context, site string, since time.Time, format string) (*hub.Report, error) {
		return shown.Report(ctx, site, since, format)
	}
	c := hub.Config{Env: env, Store: st, Desk: d, Grace: 100 * time.Millisecond, Warn: s.said.add, Means: means}
	if sender != nil {
		c.Send = sender.Send
	}
	if s.Hub, err = hub.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	formats := []report.Format{prose.Text(), report.JSONL(), html.Format()}
	ws, err := web.New(web.Config{Desk: d, Hub: s.Hub, Version: "test", Formats: formats, Grace: 100 * time.Millisecond, Trouble: s.said.add,
		Pages: func(g *web.Gate) web.Handler {
			shown = pages.New(pages.Config{Hub: s.Hub, Desk: d, Formats: formats, Who: g.Who, Base: g.Base, Trouble: s.said.add})
			return shown
		}})
	if err != nil {
		t.Fatal(err)
	}
	s.listen = freePort(t)
	f, err := front.New(front.Config{Listen: s.listen, URL: url, Trouble: s.said.add, Limits: front.Limits{Rate: 10_000, Burst: 10_000}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.url = strings.TrimSuffix(f.URL(), "/")
	s.Hub.URL = s.url
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.Work(ctx) })
	wg.Go(func() {
		if err := f.Serve(ctx, ws); err != nil {
			s.said.add(err.Error())
		}
	})
	s.stop = sync.OnceFunc(func() { cancel(); wg.Wait(); d.Close(); st.Close() })
	t.Cleanup(s.stop)
	return s
}

// freePort is an address that nobody listens at: by its URL alone a server does not tell its port.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// caller is somebody with a browser, or without a session.
type caller struct {
	t    *testing.T
	s    *served
	http http.Client
}

func (s *served) nobody(t *testing.T) *caller {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.listen)
	}
	return &caller{t: t, s: s, http: http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{DialContext: dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// do sends a request, and gives how it is answered.
func (c *caller) do(method, path string, body any) (status int, header http.Header, text string) {
	c.t.Helper()
	var r io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		r, kind = bytes.NewReader(b), "application/x-ndjson"
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequest(method, c.s.url+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// call calls the API and wants it to do what it is asked.
func (c *caller) call(method, path string, body any) map[string]any {
	c.t.Helper()
	status, _, text := c.do(method, "/api/v1/"+path, body)
	if status >= 300 {
		c.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	out := map[string]any{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

// page is a page that is there.
func (c *caller) page(path string) string {
	c.t.Helper()
	status, _, text := c.do("GET", path, nil)
	if status != http.StatusOK {
		c.t.Fatalf("GET %s: %d %.300s", path, status, text)
	}
	return text
}

type m map[string]any

const password = "correct horse battery staple"

// admin sets the server up and is its first user.
func (s *served) admin(t *testing.T) *caller {
	t.Helper()
	c := s.nobody(t)
	c.call("POST", "setup", m{"token": s.token, "name": "ada", "password": password})
	return c
}

// user is another user, logged on.
func (c *caller) user(name, role string, sites ...string) *caller {
	c.t.Helper()
	c.call("POST", "users", m{"name": name, "password": password, "role": role, "sites": sites})
	u := c.s.nobody(c.t)
	u.call("POST", "session", m{"name": name, "password": password})
	return u
}

// scan has a job run to its end, and gives its run.
func (c *caller) scan(order m) string {
	c.t.Helper()
	id := c.call("POST", "jobs", order)["id"].(string)
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		j := c.call("GET", "jobs/"+id, nil)
		switch j["state"] {
		case "done":
			return j["run"].(string)
		case "failed", "stopped":
			c.t.Fatalf("the job: %v", j)
		}
		if time.Since(begin) > time.Minute {
			c.t.Fatalf("job %s is %v after a minute", id, j["state"])
		}
	}
}

// sample imports the network that signet demo shows, with some of its texts replaced, and waits until it is shown.
func (c *caller) sample(replace ...string) {
	c.t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "sample", "sample.jsonl.gz"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		c.t.Fatal(err)
	}
	hosts := c.s.View(desk.System()).Hosts()
	c.call("POST", "runs/import", []byte(strings.NewReplacer(replace...).Replace(string(b))))
	for begin := time.Now(); c.s.View(desk.System()).Hosts() <= hosts; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			c.t.Fatal("the import is not shown after a minute: " + c.s.said.text())
		}
	}
}
