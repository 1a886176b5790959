package web

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzhttp"

	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/report"
	"signet/internal/web/front"
)

// Config is what a Server is made of.
type Config struct {
	Desk    *desk.Desk
	Hub     *hub.Hub
	Version string
	Formats []report.Format // of reports
	Grace   time.Duration   // for hosts under way when a job is stopped
	// Guest is whoever asks, without an account: nothing can be changed then, whatever it may. The zero value: people log on.
	Guest desk.Who
	// Pages answers what is neither the API nor metrics nor health. It is handed a way to know who asks.
	Pages func(*Gate) Handler
	// SignOn answers below /oidc/; nil: nobody logs on by an identity provider. It is handed a way to begin sessions.
	SignOn func(*Gate) Handler
	// Trouble hears of what went wrong inside, a line each.
	Trouble func(string)
}

// Handler answers requests. It has a name of ours for those who put a server together and speak no HTTP themselves.
type Handler = http.Handler

// Server answers what package front lets in.
type Server struct {
	c     Config
	gate  *Gate
	table map[string]route
	mux   *http.ServeMux
	api   huma.API
	pages http.Handler
	oidc  http.Handler
	calls http.Handler // of the API, by who may call

	streams streams
	metrics *metrics
}

// New makes a server.
func New(c Config) (*Server, error) {
	s := &Server{c: c, gate: &Gate{c.Desk, c.Guest, c.Trouble}, table: map[string]route{}, mux: http.NewServeMux(),
		streams: streams{most: mostStreams, each: eachStreams}}
	for _, r := range routes() {
		s.table[r.pattern] = r
	}
	s.api = newAPI(s.mux, c.Version)
	s.addSessions()
	s.addPeople()
	s.addSites()
	s.addPolicies()
	s.addSettings()
	s.addOwners()
	s.addTables()
	s.addSchedules()
	s.addChannels()
	s.addOverview()
	s.addFindings()
	s.addFixes()
	s.addHosts()
	s.addRuns()
	s.addSample()
	s.addChanges()
	s.addJobs()
	s.addEvents()
	s.metrics = newMetrics(s, c.Version)
	doc, err := s.OpenAPI()
	if err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET /api/v1/openapi.json", func(w http.ResponseWriter, r *http.Request) { serveOpenAPI(w, r, doc) })
	docs, err := s.docs()
	if err != nil {
		return nil, err
	}
	s.mux.Handle("GET /api/v1/docs", docs)
	s.calls = s.once(s.mux)
	if c.Pages != nil {
		if s.pages, err = packed(c.Pages(s.gate)); err != nil {
			return nil, err
		}
	}
	if c.SignOn != nil {
		s.oidc = c.SignOn(s.gate)
	}
	return s, nil
}

// leastPacked is how large a page is at least that is sent packed.
const leastPacked = 1 << 10

// packed sends pages and what they load by gzip to who takes it. A page holds no secret that its length could tell bit by bit; its length is
// blurred all the same.
func packed(h http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(leastPacked), gzhttp.EnableZstd(false), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		return nil, err
	}
	return wrap(h), nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pattern, begin := "", time.Now()
	noted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() { s.metrics.note(pattern, noted.status, time.Since(begin)) }()
	pattern = s.serve(noted, r)
}

// serve answers a request, and gives the pattern of its route.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) (pattern string) {
	switch {
	case s.gate.refused(w, r):
		return ""
	case front.IsHealth(r.URL.Path):
		s.health(w, r)
		return r.URL.Path
	case r.URL.Path == "/metrics":
		s.gate.pass(map[string]route{"GET /metrics": {action: desk.Look}}, "GET /metrics", w, r, s.metrics.handler(func(r *http.Request) desk.Who { return who(r.Context()) }))
		return "/metrics"
	case r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/"):
		_, pattern = s.mux.Handler(r)
		r = r.WithContext(context.WithValue(context.WithValue(r.Context(), secretKey{}, sessionOf(r)), askKey{}, asking{r, w}))
		s.gate.pass(s.table, pattern, w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.call(w, r, pattern) }))
		return pattern
	case s.oidc != nil && strings.HasPrefix(r.URL.Path, "/oidc/"):
		s.oidc.ServeHTTP(w, r)
		return "oidc"
	case s.pages != nil:
		s.pages.ServeHTTP(w, r)
		return "pages"
	}
	front.Problem(w, http.StatusNotFound, "there is no such page; the API is below "+base)
	return ""
}

// Metrics answers with the metrics alone, to whoever asks: for a port of its own.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler(func(*http.Request) desk.Who { return desk.System() }))
	return mux
}

// statusWriter notes with which status a request is answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type (
	secretKey struct{}
	askKey    struct{}
)

// asking is a request as it came, and where its answer goes.
type asking struct {
	r *http.Request
	w http.ResponseWriter
}

// patiently lets a call take long that has much to read before it answers: what it writes would else come too late.
func patiently(ctx context.Context, long time.Duration) {
	a, ok := ctx.Value(askKey{}).(asking)
	if !ok {
		return
	}
	// A connection that takes no deadline has none.
	_ = http.NewResponseController(a.w).SetWriteDeadline(time.Now().Add(long))
}

// refresh shows what somebody decided: policies, exceptions, sites and settings. What was decided stands, whether or not it can be shown yet.
func (s *Server) refresh(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	if err := s.c.Hub.Refresh(context.WithoutCancel(ctx)); err != nil {
		s.c.Trouble("what was changed cannot be shown yet: " + err.Error())
	}
	return nil
}

// again is who asks, as they stand now: a session or a token that has ended meanwhile is nobody's.
func (s *Server) again(ctx context.Context) (desk.Who, error) {
	a, _ := ctx.Value(askKey{}).(asking)
	return s.gate.Who(a.r)
}

// secretOf is the secret of the session of a request, for who begins or ends one.
func secretOf(ctx context.Context) string {
	secret, _ := ctx.Value(secretKey{}).(string)
	return secret
}

// call answers who may ask.
func (s *Server) call(w http.ResponseWriter, r *http.Request, pattern string) {
	if pattern != "" {
		s.calls.ServeHTTP(w, r)
		return
	}
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, p := s.mux.Handler(other); p != "" {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		front.Problem(w, http.StatusNotFound, "there is no such call; "+base+"/openapi.json lists them")
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	front.Problem(w, http.StatusMethodNotAllowed, "that cannot be done here: "+strings.Join(allow, ", "))
}

// readyTime is how long the store may take to answer a probe.
const readyTime = 2 * time.Second

// health answers probes: it lives as long as it answers, and is ready while it holds the desk and the store answers.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.URL.Path == "/readyz" {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		if err := s.c.Desk.Answers(ctx); err != nil {
			w.Header().Set("Retry-After", front.RetryAfter(5*time.Second))
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte("the store does not answer\n"))
			return
		}
	}
	w.Write([]byte("ok\n"))
}

// serveOpenAPI serves the document, which names the sub-path where there is one.
func serveOpenAPI(w http.ResponseWriter, r *http.Request, doc []byte) {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	if path := front.Of(r.Context()).Path; path != "" {
		doc = bytes.Replace(doc, []byte(`"url": "`+root+`"`), []byte(`"url": "`+path+`"`), 1)
	}
	w.Write(doc)
}
