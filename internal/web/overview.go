package web

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/line"
	"signet/internal/report"
	"signet/internal/store"
)

// Overview is the estate in sums, by the words of a summary line.
type Overview struct {
	Coverage   map[string]uint64 `json:"coverage"`
	Verdicts   map[string]uint64 `json:"verdicts" doc:"of endpoints"`
	Findings   map[string]uint64 `json:"findings" doc:"endpoints by rule"`
	Unasked    []string          `json:"unasked,omitempty"`
	Severities map[string]uint64 `json:"severities"`
	Excepted   uint64            `json:"excepted" doc:"exposed endpoints that exceptions cover whole"`
	Hosts      map[string]uint64 `json:"hosts" doc:"by their worst endpoint"`
	Steps      []Step            `json:"steps" nullable:"false" doc:"what to do, the first thing first"`
	Sites      []SiteSum         `json:"sites" nullable:"false"`
	Trend      []Trend           `json:"trend" nullable:"false" doc:"of runs that asked the same, the newest first"`
	Since      *time.Time        `json:"since,omitempty" doc:"of the oldest observation that stands"`
	Until      *time.Time        `json:"until,omitempty" doc:"of the newest"`
	Sample     bool              `json:"sample,omitempty" doc:"it is the sample, and nothing in it is real"`
}

// Step is what to do about a rule.
type Step struct {
	Rule        string          `json:"rule"`
	Title       string          `json:"title"`
	Severity    signet.Severity `json:"severity"`
	Fix         string          `json:"fix" doc:"the setting, in a line of Markdown"`
	Exposed     uint64          `json:"exposed" doc:"endpoints that are exposed by it"`
	Other       uint64          `json:"other" doc:"endpoints that break it otherwise"`
	Open        uint64          `json:"paths_open" doc:"relay paths that the fix removes"`
	Conditional uint64          `json:"paths_conditional"`
	Unknown     uint64          `json:"paths_unknown"`
}

// SiteSum is what is known from runs of one site.
type SiteSum struct {
	Site     string            `json:"site,omitempty" doc:"ID; none: what belongs to no site"`
	Run      string            `json:"run" doc:"the newest"`
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended"`
	Verdicts map[string]uint64 `json:"verdicts"`
}

// Trend is what the runs of one scope came to.
type Trend struct {
	Site   string       `json:"site,omitempty"`
	Points []TrendPoint `json:"points" nullable:"false"`
	Other  *time.Time   `json:"other,omitempty" doc:"when the newest of the site's earlier runs began that asked something else, and so is left out"`
}

// TrendPoint is one of them, as it was judged when it was made.
type TrendPoint struct {
	Run      string            `json:"run"`
	Started  time.Time         `json:"started"`
	Verdicts map[string]uint64 `json:"verdicts"`
}

// mostTrend is how far a trend goes back.
const mostTrend = 30

// addOverview adds the routes of the overview and of paths.
func (s *Server) addOverview() {
	add(s, "GET /api/v1/overview", does{id: "read-overview", summary: "What stands open today, and what to do first"}, func(ctx context.Context, _ *struct{}) (*struct{ Body *Overview }, error) {
		o, err := s.overview(ctx, who(ctx))
		if err != nil {
			return nil, err
		}
		return &struct{ Body *Overview }{o}, nil
	})
	type opened struct {
		Rule   string `query:"rule" doc:"whose subnets are shown"`
		Subnet string `query:"subnet" doc:"of them, the one whose hosts are shown: a CIDR block"`
	}
	add(s, "GET /api/v1/paths", does{id: "read-paths", summary: "Relay paths: source, rule, subnet, host, opened step by step"}, func(ctx context.Context, in *opened) (*struct{ Body Graph }, error) {
		open := estate.Opened{Rule: in.Rule}
		if in.Subnet != "" {
			var err error
			if open.Subnet, err = netip.ParsePrefix(in.Subnet); err != nil {
				return nil, query("subnet", "that is no CIDR block")
			}
		}
		return &struct{ Body Graph }{shownGraph(s.c.Hub.View(who(ctx)).Graph(open))}, nil
	})
}

func (s *Server) overview(ctx context.Context, w desk.Who) (*Overview, error) {
	v := s.c.Hub.View(w)
	o := v.Overview()
	out := &Overview{Sample: v.Sample, Severities: map[string]uint64{}, Excepted: o.Excepted, Hosts: counts(&o.Hosts), Steps: []Step{}, Sites: []SiteSum{}, Trend: []Trend{},
		Since: unlessZero(o.Since), Until: unlessZero(o.Until)}
	// The words are those of a summary line because it is one.
	coverage := line.Coverage(o.Coverage)
	sum := line.AppendSummary(nil, &line.Summary{Coverage: &coverage, Verdicts: line.Verdicts(o.Verdicts), Findings: o.Findings, Unasked: o.Unasked})
	if err := json.Unmarshal(sum, out); err != nil {
		return nil, err
	}
	for v := signet.Info; v <= signet.Critical; v++ {
		out.Severities[v.String()] = o.Severities[v]
	}
	for i := range o.Steps {
		t := &o.Steps[i]
		out.Steps = append(out.Steps, shownStep(t))
	}
	runs, err := s.c.Hub.Runs(ctx, w)
	if err != nil {
		return nil, err
	}
	trends, err := s.c.Hub.Trends(ctx, runs)
	if err != nil {
		return nil, err
	}
	for i := range o.Sites {
		t := &o.Sites[i]
		trend := trends(t.Site, t.Run, mostTrend)
		out.Sites = append(out.Sites, SiteSum{t.Site, t.Run, t.Started, t.Ended, counts(&t.Verdicts)})
		out.Trend = append(out.Trend, Trend{t.Site, points(trend.Runs), unlessZero(trend.Other)})
	}
	return out, nil
}

func counts(c *report.Counts) map[string]uint64 {
	out := map[string]uint64{}
	for _, v := range signet.Verdicts() {
		out[v.String()] = c[v]
	}
	return out
}

// points are what runs came to.
func points(runs []store.Run) []TrendPoint {
	out := []TrendPoint{}
	for i := range runs {
		r := &runs[i]
		c := report.CountsOf(r.Verdicts)
		out = append(out, TrendPoint{r.ID, r.Started, counts(&c)})
	}
	return out
}

// Graph is a picture of paths, and what it leaves out.
type Graph struct {
	Nodes []Node `json:"nodes" nullable:"false"`
	Edges []Edge `json:"edges" nullable:"false"`
	Left  uint64 `json:"left" doc:"nodes beyond what a step shows"`
}

// Node is one place in it.
type Node struct {
	Kind      string           `json:"kind" enum:"source,rule,subnet,host"`
	Label     string           `json:"label" doc:"the class of source, the rule, the subnet, the address"`
	Name      string           `json:"name,omitempty"`
	Host      string           `json:"host,omitempty" doc:"ID"`
	Severity  *signet.Severity `json:"severity,omitempty" doc:"the worst of its endpoints"`
	Hosts     uint64           `json:"hosts"`
	Endpoints uint64           `json:"endpoints"`
}

// Edge is the paths between two nodes, by index.
type Edge struct {
	From    int              `json:"from"`
	To      int              `json:"to"`
	State   signet.PathState `json:"state"`
	Paths   uint64           `json:"paths"`
	Because string           `json:"because,omitempty"`
}

func shownGraph(g *estate.Graph) Graph {
	out := Graph{Nodes: []Node{}, Edges: []Edge{}, Left: g.Left}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		v := Node{Kind: n.Kind.String(), Label: n.Label, Name: n.Name, Hosts: n.Hosts, Endpoints: n.Endpoints}
		if n.Host != (estate.ID{}) {
			v.Host = n.Host.String()
		}
		if n.Kind != estate.NodeSource {
			v.Severity = new(n.Severity)
		}
		out.Nodes = append(out.Nodes, v)
	}
	for _, e := range g.Edges {
		out.Edges = append(out.Edges, Edge(e))
	}
	return out
}
