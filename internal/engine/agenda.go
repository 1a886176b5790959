package engine

import (
	"sync"

	"signet/internal/sweep"
)

// agenda is what is asked of an item: first in any case, and later where the host is alive.
type agenda struct {
	first, later []question

	swept   []uint16 // the ports of first that can be swept, in this order; question.bit is the index in it
	unswept bool     // first has questions besides those
}

// prepare finds out which questions can be swept.
func (a *agenda) prepare() {
	for i := range a.first {
		q := &a.first[i]
		q.bit = -1
		if q.opening.how == opensElsewhere || len(a.swept) == sweep.MostPorts {
			a.unswept = true
			continue
		}
		q.bit = int8(len(a.swept))
		a.swept = append(a.swept, q.port.Number)
	}
}

// agendas remembers agendas: most items of a scope share one.
type agendas struct {
	run    *Run
	mu     sync.Mutex
	known  map[typed]*agenda
	common *agenda // of items without ports
}

// typed tells agendas apart by the ports that were typed. The scope hands the same slice to every address that it was
// typed for, so that its address will do for a key.
type typed struct {
	first  *uint16
	count  int
	addAll bool
}

// mostAgendas bounds the memory of a scope in which every address has ports of its own.
const mostAgendas = 4096

func newAgendas(r *Run) *agendas {
	a := &agendas{run: r, known: map[typed]*agenda{}, common: &agenda{}}
	a.common.first, a.common.later = r.questions(Item{})
	a.common.prepare()
	return a
}

func (a *agendas) of(item *Item) *agenda {
	if len(item.Ports) == 0 {
		return a.common
	}
	k := typed{&item.Ports[0], len(item.Ports), item.Default}
	a.mu.Lock()
	defer a.mu.Unlock()
	if g, ok := a.known[k]; ok {
		return g
	}
	if len(a.known) >= mostAgendas {
		clear(a.known)
	}
	g := &agenda{}
	g.first, g.later = a.run.questions(*item)
	g.prepare()
	a.known[k] = g
	return g
}
