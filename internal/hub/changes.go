package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/store"
)

// Documents of changes. All of a run are written at once, with the mark that it was compared: no end of a process lets a run be compared
// twice, or left out.
const (
	comparedKind    = "compared"     // by run
	changeSetKind   = "change-set"   // by number
	changePartKind  = "change"       // by number of the set, and of the part
	changeIndexKind = "change-index" // by number of the set
	changeHeadKind  = "change-head"  // the number of the newest set, so that none is given twice
)

func setID(seq uint64) string             { return fmt.Sprintf("%016x", seq) }
func changePart(seq uint64, n int) string { return fmt.Sprintf("%016x/%06d", seq, n) }

// mark is what is stored of a run that was compared.
type mark struct {
	Set uint64 `json:"set,omitempty"` // 0: there was no run before it
}

// changes is what is known of all comparisons. Sets are few hundred bytes each, and in memory.
type changes struct {
	mu       sync.Mutex
	sets     []*ChangeSet // by number
	compared map[string]bool
	last     uint64
	more     chan struct{} // closed and made anew when another run was compared
}

// load reads them.
func (c *changes) load(ctx context.Context, from store.Desk) error {
	var sets []*ChangeSet
	compared := map[string]bool{}
	last := uint64(0)
	for after := ""; ; {
		list, err := from.Documents(ctx, changeSetKind, "", after, 500)
		if err != nil {
			return err
		}
		for i := range list {
			after = list[i].ID
			s := &ChangeSet{}
			if err := json.Unmarshal(list[i].Body, s); err != nil {
				return fmt.Errorf("changes %s cannot be read: %w", list[i].ID, err)
			}
			sets, last = append(sets, s), s.Seq
		}
		if len(list) < 500 {
			break
		}
	}
	for after := ""; ; {
		list, err := from.Documents(ctx, comparedKind, "", after, 500)
		if err != nil {
			return err
		}
		for i := range list {
			after = list[i].ID
			compared[after] = true
		}
		if len(list) < 500 {
			break
		}
	}
	head, err := from.Document(ctx, changeHeadKind, "head")
	switch {
	case err == nil:
		var m mark
		if err := json.Unmarshal(head.Body, &m); err != nil {
			return err
		}
		last = max(last, m.Set)
	case !errors.Is(err, store.ErrUnknown):
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sets, c.compared, c.last = sets, compared, last
	if c.more == nil {
		c.more = make(chan struct{})
	}
	return nil
}

func (c *changes) knows(run string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.compared[run]
}

// keepChanges writes what came of comparing a run; no set: there was nothing to compare it with.
func (h *Hub) keepChanges(ctx context.Context, run string, s *ChangeSet, g *gathered) error {
	c := &h.changes
	m := mark{}
	var edits []store.Edit
	write := func(kind, id string, was uint64, v any) error {
		body, isBody := v.([]byte)
		if !isBody {
			var err error
			if body, err = json.Marshal(v); err != nil {
				return err
			}
		}
		edits = append(edits, store.Edit{Kind: kind, ID: id, Was: was, Body: body})
		return nil
	}
	if s != nil {
		parts, err := g.parts()
		if err != nil {
			return err
		}
		c.mu.Lock()
		s.Seq = c.last + 1
		c.mu.Unlock()
		m.Set = s.Seq
		s.Sums, s.Rows, s.Parts = g.sums, len(g.rows), len(parts)
		for i, p := range parts {
			if err := write(changePartKind, changePart(s.Seq, i), 0, p); err != nil {
				return err
			}
		}
		if len(parts) > 0 {
			if err := write(changeIndexKind, setID(s.Seq), 0, g.speaks()); err != nil {
				return err
			}
		}
		if err := errors.Join(write(changeSetKind, setID(s.Seq), 0, s), write(changeHeadKind, "head", store.AnyRev, m)); err != nil {
			return err
		}
	}
	if err := write(comparedKind, run, 0, m); err != nil {
		return err
	}
	if _, err := h.documents.Write(ctx, edits...); err != nil {
		return errors.Join(err, c.load(ctx, h.documents)) // whether it was written, the store knows
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.compared[run] = true
	if s != nil {
		c.sets, c.last = append(slices.Clip(c.sets), s), s.Seq
		close(c.more)
		c.more = make(chan struct{})
	}
	return nil
}

// forgetChanges takes away what came of comparing some runs, and that they were compared. Numbers of sets are not given again. The caller
// holds matching.
func (h *Hub) forgetChanges(ctx context.Context, runs []string) error {
	c := &h.changes
	var edits []store.Edit
	drop := func(kind, id string) { edits = append(edits, store.Edit{Kind: kind, ID: id, Was: store.AnyRev}) }
	for _, run := range runs {
		drop(comparedKind, run)
	}
	sets, _ := h.ChangeSets(system(), 0)
	for _, s := range sets {
		if !slices.Contains(runs, s.Run) {
			continue
		}
		drop(changeSetKind, setID(s.Seq))
		drop(changeIndexKind, setID(s.Seq))
		for n := range s.Parts {
			drop(changePartKind, changePart(s.Seq, n))
		}
	}
	_, err := h.documents.Write(ctx, edits...)
	return errors.Join(err, c.load(ctx, h.documents))
}

// ChangeSets gives what came of each comparison that somebody may see, in the order in which runs were compared: those behind a number.
// more is closed when another run was compared.
func (h *Hub) ChangeSets(who desk.Who, after uint64) (sets []*ChangeSet, more <-chan struct{}) {
	h.changes.mu.Lock()
	all, more := h.changes.sets, h.changes.more
	h.changes.mu.Unlock()
	from, _ := slices.BinarySearchFunc(all, after+1, func(s *ChangeSet, seq uint64) int { return cmp.Compare(s.Seq, seq) })
	for _, s := range all[from:] {
		if desk.Allow(who, desk.Look, s.Site) {
			sets = append(sets, s)
		}
	}
	return sets, more
}

// ChangeFilter picks changes. The zero value picks all.
type ChangeFilter struct {
	Kinds []compare.Kind // any of them
	Site  *string        // by ID; "" is of none
	Since time.Time      // of runs that ended then or later
	of    *hostWords     // of one host
}

// takes tells whether a set may have such a change.
func (f *ChangeFilter) takes(s *ChangeSet) bool {
	if f.Site != nil && *f.Site != s.Site || s.Ended.Before(f.Since) || s.Rows == 0 {
		return false
	}
	return len(f.Kinds) == 0 || slices.ContainsFunc(f.Kinds, func(k compare.Kind) bool { return s.Sums[k.String()] > 0 })
}

// ChangePage is a page of changes.
type ChangePage struct {
	Items []Change
	// Next is the cursor behind the page. Of changes in order it is never "": who keeps it goes on there with what comes later.
	Next string
}

// Changes gives changes that somebody may see, in the order in which runs were compared, and the worst of a run first: at most most of
// them, behind a cursor; "" is the beginning. A page without any is the end for now. The error of a cursor is ErrCursor.
func (h *Hub) Changes(ctx context.Context, who desk.Who, after string, most int) (*ChangePage, error) {
	seq, n := uint64(0), 0
	if after != "" {
		var err error
		if seq, n, err = parseChangeID(after); err != nil {
			return nil, err
		}
	}
	page := &ChangePage{Next: cmp.Or(after, changeID(0, 0))}
	sets, _ := h.ChangeSets(who, max(seq, 1)-1)
	for _, s := range sets {
		from := 0
		if s.Seq == seq {
			from = n
		}
		full, err := h.rowsOf(ctx, s, from, &ChangeFilter{}, most, page)
		if err != nil {
			return nil, err
		}
		if full {
			page.Next = page.Items[most-1].ID
			return page, nil
		}
		page.Next = changeID(s.Seq, s.Rows)
	}
	return page, nil
}

// History gives changes that somebody may see, the newest run first and the worst of a run first. The error of a cursor is ErrCursor.
func (h *Hub) History(ctx context.Context, who desk.Who, f *ChangeFilter, after string, most int) (*ChangePage, error) {
	seq, n := uint64(0), 0
	if after != "" {
		var err error
		if seq, n, err = parseChangeID(after); err != nil {
			return nil, err
		}
	}
	page := &ChangePage{}
	sets, _ := h.ChangeSets(who, 0)
	// By the time of the runs, since an import may bring an old one late.
	slices.SortStableFunc(sets, func(a, b *ChangeSet) int { return cmp.Or(b.Ended.Compare(a.Ended), cmp.Compare(b.Seq, a.Seq)) })
	if after != "" {
		at := slices.IndexFunc(sets, func(s *ChangeSet) bool { return s.Seq == seq })
		if at < 0 {
			return nil, ErrCursor
		}
		sets = sets[at:]
	}
	for _, s := range sets {
		from := 0
		if after != "" && s.Seq == seq {
			from = n
		}
		if !f.takes(s) || from >= s.Rows {
			continue
		}
		full, err := h.rowsOf(ctx, s, from, f, most, page)
		if err != nil {
			return nil, err
		}
		if full {
			page.Next = page.Items[most-1].ID
			return page, nil
		}
	}
	return page, nil
}

// rowsOf adds the rows of a set, from one on, to a page. full: there are more than the page holds.
func (h *Hub) rowsOf(ctx context.Context, s *ChangeSet, from int, f *ChangeFilter, most int, page *ChangePage) (full bool, err error) {
	if f.of != nil && s.Rows > 0 {
		doc, err := h.documents.Document(ctx, changeIndexKind, setID(s.Seq))
		if err != nil && !errors.Is(err, store.ErrUnknown) || err == nil && !spoken(doc.Body, f.of.sums) {
			return false, err
		}
	}
	for part := from / partRows; part < s.Parts; part++ {
		doc, err := h.documents.Document(ctx, changePartKind, changePart(s.Seq, part))
		if errors.Is(err, store.ErrUnknown) { // it was pruned meanwhile
			return false, nil
		}
		if err != nil {
			return false, err
		}
		rows, err := unpackRows(doc.Body)
		if err != nil {
			return false, fmt.Errorf("changes %s cannot be read: %w", doc.ID, err)
		}
		for i := range rows {
			n := part*partRows + i
			c := &rows[i]
			if n < from || len(f.Kinds) > 0 && !slices.Contains(f.Kinds, c.Kind) || f.of != nil && !f.of.are(c) {
				continue
			}
			if len(page.Items) == most {
				return true, nil
			}
			page.Items = append(page.Items, Change{*c, s, changeID(s.Seq, n+1)})
		}
	}
	return false, nil
}

// hostWords are what changes of a host are known by.
type hostWords struct {
	addr  string
	names map[string]bool // all of them
	moves map[string]bool // those that tell it at any address: what it calls itself, as long as nobody else does
	sums  []uint32
}

// HostChanges gives the changes of a host, as History does. A change belongs to it by the name that the host gives itself, so that it keeps
// its history at another address; else by its address, unless somebody of another name was there.
func (h *Hub) HostChanges(ctx context.Context, who desk.Who, of *estate.Host, most int) ([]Change, error) {
	w := &hostWords{addr: of.Address.String(), names: map[string]bool{}, moves: map[string]bool{}}
	w.sums = append(w.sums, shortSum(w.addr))
	for _, n := range of.Names {
		name := strings.ToLower(n.Name)
		w.names[name] = true
		if (n.Kind == "dns" || n.Kind == "netbios") && !w.moves[name] && h.alone(of, name) {
			w.moves[name] = true
			w.sums = append(w.sums, shortSum(name))
		}
	}
	page, err := h.History(ctx, who, &ChangeFilter{of: w}, "", most)
	if err != nil {
		return nil, err
	}
	return page.Items, nil
}

// alone tells whether no other host of the estate shows a name.
func (h *Hub) alone(of *estate.Host, name string) bool {
	page, err := h.View(system()).HostsPage(&estate.HostFilter{Q: name}, "", 20)
	if err != nil || page.Next != "" { // in the names of so many that it tells little
		return false
	}
	return !slices.ContainsFunc(page.Items, func(o estate.Host) bool {
		return o.ID != of.ID && slices.ContainsFunc(o.Names, func(n signet.HostName) bool { return strings.EqualFold(n.Name, name) })
	})
}

// are tells whether a change is the host's.
func (w *hostWords) are(c *compare.Change) bool {
	host := strings.ToLower(c.Host)
	if w.moves[host] {
		return true
	}
	if host != "" && len(w.names) > 0 && !w.names[host] {
		return false
	}
	at := func(e signet.Endpoint) bool { return e.Addr.IsValid() && e.Addr.String() == w.addr }
	return at(c.Old) || at(c.New)
}
