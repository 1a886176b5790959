package pages

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"signet"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/report"
	"signet/internal/text"
)

// trend is a bar for each run, the oldest first.
type trend struct {
	Width int
	Bars  []bar
	Words string // the same in a sentence
	Rows  []trendRow
	Other time.Time // runs before that asked something else are left out; the newest of them
}

// trendRow is a run in numbers.
type trendRow struct {
	Run      string
	At       time.Time
	Verdicts []uint64 // as signet.Verdicts lists them
	Change   int64    // of exposed endpoints, since the run before
	First    bool
}

// Verdicts are the heads of the columns.
func (*trend) Verdicts() (words []string) {
	for _, v := range signet.Verdicts() {
		words = append(words, v.String())
	}
	return words
}

// bar is a run: its endpoints by verdict, from below.
type bar struct {
	Run, Words string
	X          int
	Pieces     []piece
}

type piece struct {
	Class  string
	X, Y   int
	Height int
}

const (
	barWidth    = 12
	barStep     = 16
	trendHeight = 60
)

// newTrend draws runs, the newest of which comes first. nil: there is one alone, which tells no trend.
func newTrend(of hub.SiteTrend) *trend {
	runs := of.Runs
	if len(runs) < 2 {
		return nil
	}
	most := uint64(1)
	for i := range runs {
		sum := uint64(0)
		for _, n := range runs[i].Verdicts {
			sum += n
		}
		most = max(most, sum)
	}
	t := &trend{Width: len(runs) * barStep, Other: of.Other}
	var words []string
	for i := len(runs) - 1; i >= 0; i-- {
		r := &runs[i]
		c := report.CountsOf(r.Verdicts)
		b := bar{Run: r.ID, X: len(t.Bars) * barStep}
		left := trendHeight
		for _, v := range signet.Verdicts() {
			height := int(c[v] * trendHeight / most)
			if c[v] > 0 && height == 0 {
				height = 1
			}
			height = min(height, left)
			left -= height
			b.Pieces = append(b.Pieces, piece{v.String(), b.X, left, height})
		}
		b.Words = fmt.Sprintf("%s: %s exposed, %s undetermined, %s guarded, %s unseen", r.Started.UTC().Format("2 Jan 2006 15:04"),
			text.Grouped(c[signet.Exposed]), text.Grouped(c[signet.Undetermined]), text.Grouped(c[signet.Guarded]), text.Grouped(c[signet.Unseen]))
		t.Bars = append(t.Bars, b)
		row := trendRow{Run: r.ID, At: r.Started, First: i == len(runs)-1}
		for _, v := range signet.Verdicts() {
			row.Verdicts = append(row.Verdicts, c[v])
		}
		if !row.First {
			was := report.CountsOf(runs[i+1].Verdicts)
			row.Change = int64(c[signet.Exposed]) - int64(was[signet.Exposed])
		}
		t.Rows = append([]trendRow{row}, t.Rows...)
		words = append(words, text.Grouped(c[signet.Exposed]))
	}
	t.Words = "Exposed endpoints of runs that asked the same, the oldest first: " + strings.Join(words, ", ")
	return t
}

// pathsPage is a picture of paths, opened step by step, and the same as a table.
type pathsPage struct {
	Rule, Subnet  string
	Boxes         []box
	Lines         []curve
	Heads         []head
	Width, Height int
	Rows          []pathRow
	Left          uint64
}

func (*pathsPage) title() string { return "Paths" }

// box is a node in the picture.
type box struct {
	X, Y, TextX, TextY, SmallY int
	Kind, Label, Small         string
	Href                       string // below the base; "": it leads nowhere
	Open                       bool
	Severity                   string
	Clip                       string // what of Label fits into the box
}

// curve is an edge.
type curve struct{ D, State, Words string }

// head is what stands over a column.
type head struct {
	X    int
	Text string
}

// pathRow is an edge as a row.
type pathRow struct {
	From, To, FromHref, ToHref string
	State                      string
	Paths                      uint64
	Because                    string
}

const (
	boxWidth  = 236
	boxHeight = 40
	boxStep   = 50
	columnGap = 84
	topGap    = 28
)

func (p *Pages) paths(a *ask) (any, error) {
	open := estate.Opened{Rule: a.q.Get("rule")}
	if s := a.q.Get("subnet"); s != "" {
		var err error
		if open.Subnet, err = netip.ParsePrefix(s); err != nil {
			return nil, badQuery("subnet: that is no CIDR block.")
		}
	}
	g := p.Hub.View(a.who).Graph(open)
	out := &pathsPage{Rule: open.Rule, Subnet: a.q.Get("subnet"), Left: g.Left}
	out.lay(g, &open)
	return out, nil
}

// lay gives nodes their places: a column for each kind.
func (v *pathsPage) lay(g *estate.Graph, open *estate.Opened) {
	words := []string{"From", "By rule", "In subnet", "To host"}
	var in [estate.NodeHost + 1]int
	for i := range g.Nodes {
		n := &g.Nodes[i]
		kind := min(n.Kind, estate.NodeHost)
		b := box{X: int(kind) * (boxWidth + columnGap), Y: topGap + in[kind]*boxStep, Kind: n.Kind.String(), Label: text.Clean(n.Label)}
		b.TextX, b.TextY, b.SmallY = b.X+10, b.Y+17, b.Y+32
		in[kind]++
		b.Small = text.CountGrouped(n.Endpoints, "endpoint", "endpoints") + ", " + text.CountGrouped(n.Hosts, "host", "hosts")
		switch n.Kind {
		case estate.NodeSource:
			b.Small = text.CountGrouped(n.Hosts, "host", "hosts") + " could be it"
			if n.Name != "" {
				b.Label = text.Capital(n.Name)
			}
		case estate.NodeRule:
			b.Severity, b.Open = n.Severity.String(), n.Label == open.Rule
			b.Href = "/paths"
			if !b.Open {
				b.Href += "?" + url.Values{"rule": {n.Label}}.Encode()
			}
		case estate.NodeSubnet:
			b.Severity, b.Open = n.Severity.String(), n.Label == open.Subnet.String()
			q := url.Values{"rule": {open.Rule}}
			if !b.Open {
				q.Set("subnet", n.Label)
			}
			b.Href = "/paths?" + q.Encode()
		case estate.NodeHost:
			b.Severity, b.Href = n.Severity.String(), "/hosts/"+n.Host.String()
			if n.Name != "" {
				b.Small = b.Label + ", " + text.CountGrouped(n.Endpoints, "endpoint", "endpoints")
				b.Label = text.Clean(n.Name)
			}
		}
		b.Clip, b.Small = text.Cut(b.Label, 31), text.Cut(b.Small, 36)
		v.Boxes = append(v.Boxes, b)
		v.Width, v.Height = max(v.Width, b.X+boxWidth+2), max(v.Height, b.Y+boxHeight+8)
	}
	for kind, n := range in {
		if n > 0 {
			v.Heads = append(v.Heads, head{kind * (boxWidth + columnGap), words[kind]})
		}
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		from, to := &v.Boxes[e.From], &v.Boxes[e.To]
		x1, y1, x2, y2 := from.X+boxWidth, from.Y+boxHeight/2, to.X, to.Y+boxHeight/2
		mid := (x1 + x2) / 2
		state := e.State.String()
		v.Lines = append(v.Lines, curve{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, mid, y1, mid, y2, x2, y2), state,
			fmt.Sprintf("%s to %s: %s, %s", from.Label, to.Label, text.CountGrouped(e.Paths, "path", "paths"), state)})
		v.Rows = append(v.Rows, pathRow{from.Label, to.Label, from.Href, to.Href, state, e.Paths, text.Clean(e.Because)})
	}
}
