package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/owner"
	"signet/internal/run"
	"signet/internal/store"
)

func system() desk.Who { return desk.System() }

// world is everything that pages show, at one moment. It is not changed any more, but for what is made of it on demand.
type world struct {
	runs    []store.Run // newest first
	sources []estate.Source
	memory  *estate.Memory
	sample  *sampled // nil: none is stored

	views views
}

// rebuild makes the world anew: of the runs that are stored, or, with observed unset, of the same readings under what people decided
// since.
func (h *Hub) rebuild(ctx context.Context, observed bool) error {
	h.building.Lock()
	defer h.building.Unlock()
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	heads, err := h.headed(ctx)
	if err != nil {
		return err
	}
	// A process that ended between a reading and what the board remembers of it left that to this one: a later run must not come between.
	unseen, err := h.documents.Documents(ctx, unseenKind, "", "", 10_000)
	if err != nil {
		return err
	}
	observed = observed || len(unseen) > 0
	w := &world{runs: runs}
	before := map[string]*estate.Reading{}
	old := h.world.Load()
	if w.sample, err = h.sampled(ctx, runs, heads); err != nil {
		return err
	}
	switch {
	case w.sample.isShown():
		w.memory = w.sample.memory // of its own, which is not kept
	case old != nil && !old.sample.isShown():
		w.memory = old.memory
	default:
		if w.memory, err = h.remembered(ctx); err != nil {
			return err
		}
	}
	if old != nil {
		for i := range old.sources {
			before[old.sources[i].Reading.Head.Run] = old.sources[i].Reading
		}
	}
	judges := h.judges()
	for _, k := range h.standing(runs, heads) {
		if w.sample.covers(k.run.ID) != w.sample.isShown() {
			continue
		}
		site := k.head.Site
		by, err := judges.of(h.PolicyOf(site), site, h.judge)
		if err != nil {
			return err
		}
		r := before[k.run.ID]
		if r == nil || !observed && r.Head.Run != k.run.ID {
			if r, err = h.load(ctx, k.run.ID, k.head); err != nil {
				h.Warn(fmt.Sprintf("run %s: its reading cannot be read, and is made again: %v", k.run.ID, err))
				if err := h.forget(ctx, k.run.ID); err != nil {
					return err
				}
				h.Look()
				continue
			}
		}
		s := estate.Source{Reading: r, Judge: by, Site: site, Asked: run.Asked(ctx, k.run)}
		if v := k.head.Verifies; v != nil {
			s.Verified = &estate.Verified{At: signet.Endpoint{Target: signet.Target{Addr: v.At.Addr()}, Transport: signet.TCP, Port: v.At.Port()}, Check: v.Check}
		}
		w.sources = append(w.sources, s)
	}
	var e *estate.Estate
	var board *estate.Board
	if old != nil { // its views are made with it, and stay
		before := old.views.whole()
		if e = before.Rerated(w.sources); e != nil && w.memory == old.memory {
			board, w.memory = before.Board.Rerated(e)
		}
	}
	if e == nil {
		e = estate.New(h.Env.Checks, w.sources)
	}
	if board == nil {
		board, w.memory = e.Board(w.memory) // which the board holds on to anyway
	}
	w.views.all = (&View{Estate: e, Board: board, Sample: w.sample.isShown()}).marked(h.marks(), h.Desk.Owners())
	h.world.Store(w) // first: the world before it need not stay while this is stored
	if observed && !w.sample.isShown() {
		if err := h.remember(ctx, w.memory, unseen); err != nil {
			h.Warn(fmt.Sprintf("what the board remembers is not kept: %v", err))
		}
	}
	return nil
}

// kept is a run whose reading stands.
type kept struct {
	run  *store.Run
	head *read
}

// standing are the runs that the estate is made of: of each site the newest and the verifications since; of no site all, but those that a
// newer one of the same scope and checks replaces whole.
func (h *Hub) standing(runs []store.Run, heads map[string]*read) (list []kept) {
	sites := map[string]bool{}
	for _, s := range h.Desk.Sites(system()) {
		sites[s.ID] = true
	}
	have, whole := map[string]bool{}, map[string]bool{}
	for i := range runs { // newest first
		r, head := &runs[i], heads[runs[i].ID]
		if head == nil || !r.Finished() || !r.Stands() {
			continue
		}
		if head.Site != "" && !sites[head.Site] { // it was removed: its runs belong to none
			c := *head
			c.Site = ""
			head = &c
		}
		key := head.Site
		if head.Site == "" {
			key = "\x00" + r.Scope + "\x00" + strings.Join(slices.Sorted(slices.Values(r.Checks)), " ") + "\x00" + r.Depth.String()
		}
		switch {
		case head.Verifies != nil && have[head.Site]:
			continue // older than what stands of the site
		case head.Verifies != nil:
		case head.Site != "" && have[head.Site], head.Site == "" && r.Scope != "" && whole[key]:
			continue
		case head.Site != "":
			have[head.Site] = true
		default:
			whole[key] = true
		}
		list = append(list, kept{r, head})
	}
	return list
}

// Refresh shows what people decided since: policies, exceptions, sites, settings, states of rows.
func (h *Hub) Refresh(ctx context.Context) error { return h.rebuild(ctx, false) }

// remembersDays is for how long a row that was closed is remembered, until the next start: a year, and what a yearly audit may be late.
const remembersDays = 400

// memoryKind is the kind of the parts of what the board remembers.
const memoryKind = "board-memory"

func (h *Hub) remembered(ctx context.Context) (*estate.Memory, error) {
	list, err := h.documents.Documents(ctx, memoryKind, "", "", 100_000)
	if err != nil {
		return nil, err
	}
	var parts [][]byte
	for i := range list {
		parts = append(parts, list[i].Body)
	}
	m, err := estate.Remember(parts)
	if err != nil {
		return nil, fmt.Errorf("what the board remembers: %w", err)
	}
	return m.Forget(h.Now().AddDate(0, 0, -remembersDays)), nil
}

// remember stores it in place of what was, and that these readings are in it.
func (h *Hub) remember(ctx context.Context, m *estate.Memory, seen []store.Document) error {
	parts, err := m.Parts()
	if err != nil {
		return err
	}
	var edits []store.Edit
	for i, p := range parts {
		edits = append(edits, store.Edit{Kind: memoryKind, ID: fmt.Sprintf("%06d", i), Was: store.AnyRev, Body: p})
	}
	list, err := h.documents.Documents(ctx, memoryKind, "", fmt.Sprintf("%06d", len(parts)-1), 100_000)
	if err != nil {
		return err
	}
	for i := range list {
		edits = append(edits, store.Edit{Kind: memoryKind, ID: list[i].ID, Was: store.AnyRev})
	}
	for i := range seen {
		edits = append(edits, store.Edit{Kind: unseenKind, ID: seen[i].ID, Was: store.AnyRev})
	}
	_, err = h.documents.Write(ctx, edits...)
	return err
}

// View is what somebody sees of the estate.
type View struct {
	*estate.Estate
	Board  *estate.Board
	Sample bool // it is the sample's, and of no network

	owners uint64  // revision of the rules of owners that the board has; 0: none
	graphs *graphs // of the estate; nil: none is kept

	sums   sync.Once
	bySite map[string]int
}

// BySite counts the findings that are not closed by the site that they are known from, by ID; "" is none. It goes through all rows, once for a
// view.
func (v *View) BySite() map[string]int {
	v.sums.Do(func() {
		v.bySite = v.Board.BySite(&estate.RowFilter{States: estate.NotClosed()})
	})
	return v.bySite
}

// marked is the view with what people say of rows, and whose they are by rules.
func (v *View) marked(marks map[estate.ID]estate.Mark, owners desk.Owners) *View {
	board := v.Board
	if v.owners != owners.Rev {
		board = board.Given(owner.NewMatcher(owners.Rules))
	}
	graphs := v.graphs
	if graphs == nil {
		graphs = newGraphs(v.Estate)
	}
	return &View{Estate: v.Estate, Board: board.Marked(marks), Sample: v.Sample, owners: owners.Rev, graphs: graphs}
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
	v = v.marked(h.marks(), h.Desk.Owners()) // as of now: whatever was marked meanwhile was marked on the others alone
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
	marks, owners := h.marks(), h.Desk.Owners()
	v.all = v.all.marked(marks, owners)
	for i := range v.some {
		v.some[i].view = v.some[i].view.marked(marks, owners)
	}
}
