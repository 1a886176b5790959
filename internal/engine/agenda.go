package engine

import "sync"

// agenda is what is asked of an item: first in any case, later where the host is alive.
type agenda struct{ first, later []question }

// agendas remembers agendas: most items of a scope share one.
type agendas struct {
	run    *Run
	mu     sync.Mutex
	known  map[typed]*agenda
	common *agenda // of items without ports
}

// typed tells apart what was typed about items. The scope hands the same list of ports to every address it holds for.
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
	a.known[k] = g
	return g
}
