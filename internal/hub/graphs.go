package hub

import (
	"slices"
	"sync"

	"signet/internal/estate"
)

// graphs are pictures of paths of one estate: each goes through all that stands, and the same few are asked for again and again.
type graphs struct {
	of   *estate.Estate
	mu   sync.Mutex
	last []drawn // the one that was asked for last comes first
}

type drawn struct {
	opened estate.Opened
	graph  *estate.Graph
}

// mostGraphs is how many are kept: one holds some hundred nodes.
const mostGraphs = 64

func newGraphs(of *estate.Estate) *graphs { return &graphs{of: of} }

func (g *graphs) draw(opened estate.Opened) *estate.Graph {
	g.mu.Lock()
	defer g.mu.Unlock() // while it is drawn, too: whoever asks meanwhile mostly asks for the same
	i := slices.IndexFunc(g.last, func(d drawn) bool { return d.opened == opened })
	d := drawn{opened: opened}
	if i >= 0 {
		d = g.last[i]
		g.last = slices.Delete(g.last, i, i+1)
	} else {
		d.graph = g.of.Graph(opened)
		g.last = g.last[:min(len(g.last), mostGraphs-1)]
	}
	g.last = slices.Insert(g.last, 0, d)
	return d.graph
}

// Graph is a picture of the paths. It is shared: nobody changes it.
func (v *View) Graph(opened estate.Opened) *estate.Graph {
	if v.graphs == nil {
		return v.Estate.Graph(opened)
	}
	return v.graphs.draw(opened)
}
