package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
)

// metrics are what a monitoring system is told. Labels are sites, verdicts, severities and patterns of routes: never an address, a host or a
// user.
type metrics struct {
	registry *prometheus.Registry // of the process: the same for everybody
	hub      *hub.Hub
	desk     *desk.Desk
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

func newMetrics(s *Server, version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), hub: s.c.Hub, desk: s.c.Desk,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "signet_http_requests_total", Help: "Requests by pattern of route and class of status: 2xx."}, []string{"route", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "signet_http_request_seconds", Help: "How long requests took, by pattern of route.",
			Buckets: []float64{.1, 1}}, []string{"route"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "signet_build_info", Help: "1, by version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.took, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// note counts a request that was answered.
func (m *metrics) note(pattern string, status int, took time.Duration) {
	if pattern == "" {
		pattern = "none"
	}
	if method, path, _ := strings.Cut(pattern, " "); strings.HasPrefix(path, base+"/tables/") { // one for all of them, as of what they do
		pattern = method + " " + base + "/tables/{kind}"
	}
	// Of each status a series, and a wall of dashboards would cost more of them than all sites.
	m.requests.WithLabelValues(pattern, strconv.Itoa(status/100)+"xx").Inc()
	m.took.WithLabelValues(pattern).Observe(took.Seconds())
}

// handler answers with all of them that whoever asks may see.
func (m *metrics) handler(of func(*http.Request) desk.Who) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		theirs := prometheus.NewRegistry()
		theirs.MustRegister(&estates{m.hub, m.desk, of(r)})
		promhttp.HandlerFor(prometheus.Gatherers{m.registry, theirs}, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
}

// estates collects what stands for somebody, at the moment it is asked for.
type estates struct {
	hub  *hub.Hub
	desk *desk.Desk
	who  desk.Who
}

func descriptions() (endpoints, findings, jobs, age, audit, backup *prometheus.Desc) {
	return prometheus.NewDesc("signet_endpoints", "Endpoints where something was there, by site and verdict.", []string{"site", "verdict"}, nil),
		prometheus.NewDesc("signet_findings", "Findings of the board that are not closed, by site and severity.", []string{"site", "severity"}, nil),
		prometheus.NewDesc("signet_jobs", "Jobs by state.", []string{"state"}, nil),
		prometheus.NewDesc("signet_run_timestamp_seconds", "When the newest run of a site began.", []string{"site"}, nil),
		prometheus.NewDesc("signet_audit_waiting", "Entries of the audit log that the syslog of --audit-syslog has not taken yet.", nil, nil),
		prometheus.NewDesc("signet_backup_timestamp_seconds", "When a schedule wrote the newest backup of the store.", nil, nil)
}

// Describe names them.
func (*estates) Describe(ch chan<- *prometheus.Desc) {
	a, b, c, d, f, g := descriptions()
	for _, x := range []*prometheus.Desc{a, b, c, d, f, g} {
		ch <- x
	}
}

// Collect counts them.
func (e *estates) Collect(ch chan<- prometheus.Metric) {
	endpoints, findings, jobs, age, audit, backup := descriptions()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if c := e.desk.Carrying(); c != nil && !e.who.Limited() {
		gauge(audit, float64(c.Waiting))
	}
	names := map[string]string{"": ""}
	for _, s := range e.desk.Sites(e.who) {
		names[s.ID] = s.Name
	}
	view := e.hub.View(e.who)
	o := view.Overview()
	var bySite [signet.Critical + 1]map[string]int // of each severity
	for v := signet.Info; v <= signet.Critical; v++ {
		bySite[v] = view.Board.BySite(&estate.RowFilter{Severities: []signet.Severity{v}, States: estate.NotClosed()})
	}
	for i := range o.Sites {
		s := &o.Sites[i]
		name, ok := names[s.Site]
		if !ok {
			continue
		}
		for _, v := range signet.Verdicts() {
			gauge(endpoints, float64(s.Verdicts[v]), name, v.String())
		}
		for v := signet.Info; v <= signet.Critical; v++ {
			gauge(findings, float64(bySite[v][s.Site]), name, v.String())
		}
		gauge(age, float64(s.Started.Unix()), name)
	}
	var copied time.Time
	for _, v := range e.desk.Schedules(e.who) {
		if v.Kind == desk.BackupKind && v.Done.After(copied) {
			copied = v.Done
		}
	}
	if !copied.IsZero() {
		gauge(backup, float64(copied.Unix()))
	}
	by := map[desk.JobState]int{}
	for _, j := range e.desk.Jobs(e.who) {
		by[j.State]++
	}
	for _, state := range []desk.JobState{desk.Queued, desk.Running, desk.Stopping, desk.Done, desk.Failed, desk.Stopped} {
		gauge(jobs, float64(by[state]), string(state))
	}
}
