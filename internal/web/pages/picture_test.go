package pages

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/report/html"
	"signet/internal/store"
)

// TestPathsLaidOut: boxes lie in the picture and over no other, and each line leads from the side of one to the side of another.
func TestPathsLaidOut(t *testing.T) {
	g := &estate.Graph{Nodes: []estate.Node{{Kind: estate.NodeSource, Label: "smb", Name: "a Windows host over SMB", Hosts: 1234}}}
	for i := range 40 {
		g.Nodes = append(g.Nodes, estate.Node{Kind: estate.NodeRule, Label: fmt.Sprintf("rule-%d", i), Severity: signet.High, Endpoints: 1, Hosts: 1})
		g.Edges = append(g.Edges, estate.Edge{From: 0, To: i + 1, State: signet.PathOpen, Paths: 3})
	}
	g.Nodes = append(g.Nodes, estate.Node{Kind: estate.NodeSubnet, Label: "10.0.0.0/24"}, estate.Node{Kind: estate.NodeHost, Label: "10.0.0.1", Name: "a\u202eb", Host: estate.ID{1}})
	g.Edges = append(g.Edges, estate.Edge{From: 1, To: 41, State: signet.PathConditional, Paths: 1}, estate.Edge{From: 41, To: 42, State: signet.PathUnknown, Paths: 1})
	var v pathsPage
	v.lay(g, &estate.Opened{Rule: "rule-0"})
	for i, b := range v.Boxes {
		if b.X < 0 || b.Y < 0 || b.X+boxWidth > v.Width || b.Y+boxHeight > v.Height {
			t.Errorf("box %d at %d,%d is out of %d×%d", i, b.X, b.Y, v.Width, v.Height)
		}
		for j, c := range v.Boxes[:i] {
			if b.X < c.X+boxWidth && c.X < b.X+boxWidth && b.Y < c.Y+boxHeight && c.Y < b.Y+boxHeight {
				t.Errorf("boxes %d and %d lie over each other", j, i)
			}
		}
	}
	for i, l := range v.Lines {
		var x1, y1, x2, y2, x3, y3, x4, y4 int
		if n, err := fmt.Sscanf(l.D, "M%d %dC%d %d %d %d %d %d", &x1, &y1, &x2, &y2, &x3, &y3, &x4, &y4); n != 8 {
			t.Fatalf("line %d: %s: %v", i, l.D, err)
		}
		from, to := v.Boxes[g.Edges[i].From], v.Boxes[g.Edges[i].To]
		if x1 != from.X+boxWidth || x4 != to.X || y1 < from.Y || y1 > from.Y+boxHeight || y4 < to.Y || y4 > to.Y+boxHeight || x4 <= x1 {
			t.Errorf("line %d leads from %d,%d to %d,%d", i, x1, y1, x4, y4)
		}
	}
	hrefs := []string{v.Boxes[0].Href, v.Boxes[1].Href, v.Boxes[2].Href, v.Boxes[41].Href, v.Boxes[42].Href}
	if got := strings.Join(hrefs, " "); got != " /paths /paths?rule=rule-1 /paths?rule=rule-0&subnet=10.0.0.0%2F24 /hosts/01000000000000000000000000000000" {
		t.Errorf("boxes lead to %s", got)
	}
	if v.Boxes[42].Label != `a\u202eb` || v.Boxes[0].Label != "A Windows host over SMB" || len(v.Rows) != len(g.Edges) || v.Rows[41].State != "unknown" || len(v.Heads) != 4 {
		t.Errorf("%q, %q, %d rows, %v, %d heads", v.Boxes[42].Label, v.Boxes[0].Label, len(v.Rows), v.Rows[41], len(v.Heads))
	}
}

// TestTrend: the oldest run comes first, the tallest bar fills the height, and what is there is seen however little it is.
func TestTrend(t *testing.T) {
	run := func(id string, verdicts ...uint64) store.Run {
		return store.Run{ID: id, Started: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Verdicts: verdicts}
	}
	if newTrend(hub.SiteTrend{Runs: []store.Run{run("a", 1, 1, 1, 1)}}) != nil {
		t.Error("one run has a trend")
	}
	got := newTrend(hub.SiteTrend{Runs: []store.Run{run("new", 0, 500, 1, 499), run("old", 0, 0, 500, 0)}}) // undetermined, guarded, exposed, unseen
	if len(got.Bars) != 2 || got.Bars[0].Run != "old" || got.Bars[1].X != barStep || got.Width != 2*barStep || !strings.HasSuffix(got.Words, ": 500, 1") {
		t.Errorf("%+v", got)
	}
	for _, b := range got.Bars {
		y := trendHeight
		for _, p := range b.Pieces {
			if p.Y+p.Height != y || p.Y < 0 {
				t.Errorf("%s: a piece from %d, %d high, below one at %d", b.Run, p.Y, p.Height, y)
			}
			y = p.Y
		}
	}
	if p := got.Bars[1].Pieces[0]; p.Class != "exposed" || p.Height != 1 {
		t.Errorf("one of a thousand endpoints: %+v", p)
	}
	if p := got.Bars[0].Pieces[0]; p.Height != 30 {
		t.Errorf("half of the tallest: %+v", p)
	}
}

// TestPalette: what the pages take from the report is its colours, for light and for dark, and nothing else.
func TestPalette(t *testing.T) {
	css := html.Palette()
	if strings.Count(css, "--exposed:") != 2 || strings.Count(css, "{") != 3 || strings.Count(css, "{") != strings.Count(css, "}") || !strings.Contains(css, "prefers-color-scheme:dark") {
		t.Errorf("%s", css)
	}
}
