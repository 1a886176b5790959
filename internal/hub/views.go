package hub

import (
	"slices"
	"strings"
	"sync"

	"signet/internal/desk"
	"signet/internal/estate"
)

// View is what somebody sees of the estate.
type View struct {
	*estate.Estate
	Board  *estate.Board
	Sample bool // it is the sample's, and of no network
}

// marked is the view with what people say of rows.
func (v *View) marked(marks map[estate.ID]estate.Mark) *View {
	return &View{Estate: v.Estate, Board: v.Board.Marked(marks), Sample: v.Sample}
}

// views are what is seen of one world. Who may see some sites has an estate of those; the few that were asked for last are kept.
type views struct {
	mu     sync.Mutex
	all    *View      // of everything
	some   []limited  // the last one asked for first
	making sync.Mutex // one is made at a time
}

// limited is what is seen of some sites.
type limited struct {
	key  string
	view *View
}

// mostLimited bounds the memory that views take, however many sets of sites users are limited to.
const mostLimited = 3

// whole is the view of everything.
func (v *views) whole() *View {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.all
}

// find finds the view of some sites; nil: it is not kept. The caller holds mu.
func (v *views) find(key string) *View {
	i := slices.IndexFunc(v.some, func(l limited) bool { return l.key == key })
	if i < 0 {
		return nil
	}
	found := v.some[i]
	v.some = slices.Insert(slices.Delete(v.some, i, i+1), 0, found)
	return found.view
}

// View is what somebody sees of the estate now.
func (h *Hub) View(who desk.Who) *View {
	w := h.shown()
	sites := slices.Sorted(slices.Values(who.Sites))
	key := strings.Join(sites, " ")
	look := func() *View {
		w.views.mu.Lock()
		defer w.views.mu.Unlock()
		if !who.Limited() {
			return w.views.all
		}
		return w.views.find(key)
	}
	if v := look(); v != nil {
		return v
	}
	w.views.making.Lock()
	defer w.views.making.Unlock()
	if v := look(); v != nil { // somebody else made it meanwhile
		return v
	}
	sources := slices.DeleteFunc(slices.Clone(w.sources), func(s estate.Source) bool { return s.Site == "" || !slices.Contains(sites, s.Site) })
	e := estate.New(h.Env.Checks, sources)
	v := &View{Estate: e, Board: e.BoardAlone(w.memory)}
	w.views.mu.Lock()
	defer w.views.mu.Unlock()
	v = v.marked(h.marks()) // as of now: whatever was marked meanwhile was marked on the others alone
	w.views.some = slices.Insert(w.views.some, 0, limited{key, v})
	w.views.some = slices.Delete(w.views.some, min(len(w.views.some), mostLimited), len(w.views.some))
	return v
}

// marks are what people say of rows, as far as a board asks for it.
func (h *Hub) marks() map[estate.ID]estate.Mark {
	marks := map[estate.ID]estate.Mark{}
	for id, row := range h.Desk.Rows() {
		if at, ok := estate.ParseID(id); ok {
			m := estate.Mark{Owner: row.Owner, InWork: row.State == desk.RowInWork}
			if row.State == desk.RowToVerify {
				m.Mended = row.At
			}
			marks[at] = m
		}
	}
	return marks
}

// marked shows what people say of rows now, on the boards that there are.
func (h *Hub) marked() {
	v := &h.shown().views
	v.mu.Lock()
	defer v.mu.Unlock()
	marks := h.marks()
	v.all = v.all.marked(marks)
	for i := range v.some {
		v.some[i].view = v.some[i].view.marked(marks)
	}
}
