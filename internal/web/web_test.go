package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/judge"
	"signet/internal/notify"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/report/prose"
	"signet/internal/report/xlsx"
	"signet/internal/run"
	"signet/internal/seal"
	"signet/internal/store/sqlite"
	"signet/internal/web/front"
)

// served is a whole server on a free port, over a store of its own.
type served struct {
	*Server
	url   string
	token string // of set-up
	said  *heard
	stop  func()

	schemas *schemas
	office  *office
	backups string // the folder that schedules write to
}

// office takes the messages of a server.
type office struct {
	mu   sync.Mutex
	down bool
	took []notify.Channel
}

func (o *office) send(_ context.Context, c notify.Channel, _ *notify.Message) (notify.Result, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.took = append(o.took, c); o.down {
		return notify.Result{Status: "503 Service Unavailable"}, errors.New("503")
	}
	return notify.Result{Status: "204", Took: 5 * time.Millisecond}, nil
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

func formats() []report.Format {
	return []report.Format{prose.Text(), report.JSONL(), report.CSV(), html.Format(), xlsx.Format()}
}

// serve starts a server that may ask what allow says.
func serve(t *testing.T, allow ...string) *served {
	t.Helper()
	return serveAs(t, front.Config{Listen: "127.0.0.1:0"}, allow...)
}

// serveAs starts one that listens and is reached as at says.
func serveAs(t *testing.T, at front.Config, allow ...string) *served {
	return serveTimed(t, nil, at, allow...)
}

// serveTimed starts one with a clock of its own; nil: the system's.
func serveTimed(t *testing.T, now func() time.Time, at front.Config, allow ...string) *served {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	st, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{said: &heard{}, office: &office{}, backups: filepath.Join(t.TempDir(), "backups")}
	means := hub.Means{}
	if means.BackUp, err = run.Backups(st, "sqlite:"+path, s.backups, 2); err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if s.token, err = desk.NewSetupToken(t.Context(), st, desk.Config{}); err != nil {
		t.Fatal(err)
	}
	env := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	d, err := desk.Open(t.Context(), st, desk.Config{Policies: []string{"baseline", "strict"}, Rules: []string{nla}, Checks: []string{"rdp", "smb"}, CheckTarget: run.CheckTarget, CheckSchedule: means.CheckSchedule, CheckChannel: hub.CheckChannel, Sealer: box, Now: now,
		LintPolicy: func(yaml string) error { return lint(env, []byte(yaml)) },
		LintScope: func(scope []string) error {
			if len(scope) == 0 {
				return nil
			}
			yaml, err := judge.WithExceptions([]byte(judge.Source("baseline")), []judge.Exception{{Rule: nla, Scope: scope, Owner: "a", Reason: "b", Until: "2100-01-01"}})
			if err != nil {
				return err
			}
			return lint(env, yaml)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if env.Limits, err = env.NewLimits(t.Context(), run.Limits{Allow: allow, Depth: signet.Anonymous, Rate: 500}); err != nil {
		t.Fatal(err)
	}
	h, err := hub.Open(t.Context(), hub.Config{Env: env, Store: st, Desk: d, Grace: 100 * time.Millisecond, Warn: s.said.add, Now: now, Send: s.office.send, Means: means})
	if err != nil {
		t.Fatal(err)
	}
	if s.Server, err = New(Config{Desk: d, Hub: h, Version: "test", Formats: formats(), Grace: 100 * time.Millisecond, Trouble: s.said.add}); err != nil {
		t.Fatal(err)
	}
	at.Trouble = s.said.add
	doc, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	s.schemas = schemasOf(t, doc)
	f, err := front.New(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.url = strings.TrimSuffix(f.URL(), "/")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { h.Work(ctx) })
	wg.Go(func() {
		if err := f.Serve(ctx, s.Server); err != nil {
			s.said.add(err.Error())
		}
	})
	s.stop = sync.OnceFunc(func() { cancel(); wg.Wait(); d.Close(); st.Close() })
	t.Cleanup(s.stop)
	return s
}

// lint tells what is wrong with a policy, as the program has it told.
func lint(env *run.Env, yaml []byte) error {
	p, err := run.ParsePolicy(yaml)
	if err == nil {
		_, err = env.Judge(p)
	}
	return err
}

// caller is a browser or a program that calls a server.
type caller struct {
	t     *testing.T
	s     *served
	http  http.Client
	token string
}

func (s *served) nobody(t *testing.T) *caller {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, s: s, http: http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// reply is how a call was answered.
type reply struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	body   []byte
}

// do calls a route with a body that is JSON, nil, or bytes as they are. headers are "Name: value".
func (c *caller) do(method, path string, body any, headers ...string) *reply {
	c.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		r = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(text)
	}
	if !strings.HasPrefix(path, "/") {
		path = base + "/" + path
	}
	req, err := http.NewRequest(method, c.s.url+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
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
	if c.s.Server != nil {
		_, pattern := c.s.mux.Handler(req)
		c.s.schemas.hold(c.t, pattern, res.StatusCode, res.Header, b)
	}
	return &reply{c.t, method + " " + path, res.StatusCode, res.Header, b}
}

// is wants a status.
func (r *reply) is(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d %s, want %d", r.call, r.status, r.body, status)
	}
	return r
}

// into reads the answer.
func (r *reply) into(v any) *reply {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%s: %s: %v", r.call, r.body, err)
	}
	return r
}

// get is what the answer has at a path of names and indices: "items.0.id"; nil where it has nothing.
func (r *reply) get(path string) any {
	r.t.Helper()
	var v any
	r.into(&v)
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func (r *reply) text(path string) string {
	r.t.Helper()
	s, ok := r.get(path).(string)
	if !ok {
		r.t.Fatalf("%s: %s has no text at %s", r.call, r.body, path)
	}
	return s
}

type m map[string]any

const password = "correct horse battery staple"

// admin sets the server up and is its first user.
func (s *served) admin(t *testing.T) *caller {
	t.Helper()
	c := s.nobody(t)
	c.do("POST", "setup", m{"token": s.token, "name": "ada", "password": password}).is(201)
	return c
}

// user is another user, logged on.
func (c *caller) user(name, role string, sites ...string) *caller {
	c.t.Helper()
	c.do("POST", "users", m{"name": name, "password": password, "role": role, "sites": sites}).is(201)
	u := c.s.nobody(c.t)
	u.do("POST", "session", m{"name": name, "password": password}).is(200)
	return u
}

// ended waits for the end of a job.
func (c *caller) ended(id string) *reply {
	c.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		r := c.do("GET", "jobs/"+id, nil).is(200)
		switch state := r.text("state"); {
		case state == "done" || state == "failed" || state == "stopped":
			return r
		case time.Since(begin) > 30*time.Second:
			c.t.Fatalf("job %s is %s after 30 s", id, state)
		}
	}
}
