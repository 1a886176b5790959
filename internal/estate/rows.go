package estate

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"signet"
	"signet/internal/judge"
)

// RowFilter picks rows. The zero value picks all.
type RowFilter struct {
	Q          string // in the name or address of the host, the rule, the check or where it stands, whatever the case
	Rule       string
	Severities []signet.Severity // any of them
	States     []State           // any of them
	Owner      string            // as marks or rules of owners name it
	Host       ID                // the host that has the row; zero: any
	Sites      []string          // any of them; nil: all

	In func(judge.Place) bool // that the place of the row is in; nil: anywhere
}

// Group is the rows of one rule.
type Group struct {
	Rule     string
	Title    string
	Severity signet.Severity // the worst
	Rows     int
	States   [Closed + 1]int

	Severities [signet.Critical + 1]int
}

// Page gives rows, the severest first: at most so many, MostPage of them in any case. after is the Next of the page before, or empty.
// The error is ErrCursor.
func (b *Board) Page(f *RowFilter, after string, n int) (*Page[Row], error) {
	from := 0
	if after != "" {
		c, err := parseCursor(after)
		if err != nil {
			return nil, err
		}
		from = sort.Search(len(b.items), func(i int) bool { return b.behind(&b.items[i], &c) })
	}
	page := &Page[Row]{Items: []Row{}}
	n = most(n)
	last := -1
	b.matching(f, from, func(i int) bool {
		if len(page.Items) == n {
			x := &b.items[last]
			c := cursor{rank: uint32(x.severity), place: b.place(x), id: b.id(x)}
			page.Next = c.String()
			return false
		}
		page.Items = append(page.Items, b.expand(i))
		last = i
		return true
	})
	return page, nil
}

// behind tells whether an item comes behind a cursor.
func (b *Board) behind(x *item, c *cursor) bool {
	p := b.place(x)
	return cmp.Or(cmp.Compare(c.rank, uint32(x.severity)), strings.Compare(p.rule, c.rule), p.compare(c.place, b.id(x), c.id)) > 0
}

// Count is how many rows a filter picks.
func (b *Board) Count(f *RowFilter) (n int) {
	b.matching(f, 0, func(int) bool { n++; return true })
	return n
}

// Groups sums up the rows that a filter picks, by rule: the severest first, then the one with most rows.
func (b *Board) Groups(f *RowFilter) []Group {
	by := make([]Group, len(b.rules))
	b.matching(f, 0, func(i int) bool {
		x := &b.items[i]
		g := &by[x.rule]
		if g.Rows++; g.Rows == 1 {
			g.Rule, g.Title = b.rules[x.rule], b.expand(i).Title
		}
		g.Severity = max(g.Severity, x.severity)
		g.States[b.state(i)]++
		g.Severities[x.severity]++
		return true
	})
	by = slices.DeleteFunc(by, func(g Group) bool { return g.Rows == 0 })
	slices.SortFunc(by, func(x, y Group) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(y.Rows, x.Rows), strings.Compare(x.Rule, y.Rule))
	})
	return by
}

// BySite counts the rows that a filter picks by the site that they are known from, by ID; "" is none.
func (b *Board) BySite(f *RowFilter) map[string]int {
	words := map[uint32]int{}
	b.matching(f, 0, func(i int) bool { words[b.about(&b.items[i]).site]++; return true })
	by := map[string]int{}
	for w, n := range words {
		by[b.known.texts.word(w)] += n
	}
	return by
}

// ByOwner counts the rows that a filter picks by their owner, as marks or rules of owners name it; "" is nobody.
func (b *Board) ByOwner(f *RowFilter) map[string]int {
	by := map[string]int{}
	b.matching(f, 0, func(i int) bool { name, _ := b.ownerOf(i); by[name]++; return true })
	return by
}

// ByHost counts the rows that a filter picks of each of these hosts: what Count says where the filter names the host too.
func (b *Board) ByHost(f *RowFilter, hosts []ID) []int {
	at, by := make(map[int]int, len(hosts)), make([]int, len(hosts))
	for n, id := range hosts {
		at[b.e.spotOf(id)] = n
	}
	b.matching(f, 0, func(i int) bool {
		x := &b.items[i]
		var spot int
		if b.there(x) {
			spot = int(b.spot(x))
		} else {
			spot = b.e.at(b.addr(x))
		}
		if n, ok := at[spot]; ok && spot >= 0 && b.of(x, spot) {
			by[n]++
		}
		return true
	})
	return by
}

// matching goes through the rows that a filter picks, from a place on.
func (b *Board) matching(f *RowFilter, from int, yield func(i int) bool) {
	word := b.speaks(f.Q)
	rule := -1
	if f.Rule != "" {
		at, ok := slices.BinarySearch(b.rules, f.Rule)
		if !ok {
			return
		}
		rule = at
	}
	host := -1
	if f.Host != (ID{}) {
		if host = b.e.spotOf(f.Host); host < 0 {
			return
		}
	}
	owned := 0 // among b.owned
	for i := from; i < len(b.items); i++ {
		if f.Owner != "" {
			for owned < len(b.owned) && b.owned[owned] < i {
				owned++
			}
			if owned == len(b.owned) {
				return
			}
			i = b.owned[owned]
		}
		x := &b.items[i]
		switch {
		case rule >= 0 && int(x.rule) != rule,
			len(f.Severities) > 0 && !slices.Contains(f.Severities, x.severity),
			len(f.States) > 0 && !slices.Contains(f.States, b.state(i)),
			f.Owner != "" && !b.owns(i, f.Owner),
			host >= 0 && !b.of(x, host),
			f.Sites != nil && !slices.Contains(f.Sites, b.site(x)),
			f.In != nil && !f.In(b.at(x)),
			f.Q != "" && !word(x):
			continue
		}
		if !yield(i) {
			return
		}
	}
}

// of tells whether a host has a row.
func (b *Board) of(x *item, spot int) bool {
	if b.there(x) {
		return int(b.spot(x)) == spot
	}
	return b.e.at(b.addr(x)) == spot && !another(b.e.shown(spot), b.known.texts.word(b.known.hosts[b.hostOf(x)].shown))
}

func (b *Board) site(x *item) string { return b.known.texts.word(b.about(x).site) }

// at is where a row stands, as a policy is told of it.
func (b *Board) at(x *item) judge.Place {
	if b.there(x) {
		return judge.Place{Addr: b.addr(x), Names: b.e.placeNames(int(b.spot(x)))}
	}
	return judge.Place{Addr: b.addr(x), Names: []string{b.known.texts.word(b.known.hosts[b.hostOf(x)].name)}}
}

// speaks answers whether a row speaks of a text. Hosts and rules are searched once, not row by row.
func (b *Board) speaks(q string) func(*item) bool {
	if q == "" {
		return nil
	}
	q = strings.ToLower(q)
	hosts := b.e.search.hits(q)
	rules := make([]bool, len(b.rules))
	for i, rule := range b.rules {
		rules[i] = strings.Contains(strings.ToLower(rule), q)
	}
	said := map[uint32]bool{} // texts that say it
	for _, w := range b.words {
		if strings.Contains(strings.ToLower(b.known.texts.word(w)), q) {
			said[w] = true
		}
	}
	return func(x *item) bool {
		if rules[x.rule] || b.there(x) && hosts[b.spot(x)/64]&(1<<(b.spot(x)%64)) != 0 {
			return true
		}
		if k := b.about(x); len(said) > 0 && (said[k.where] || said[k.check]) {
			return true
		}
		return !b.there(x) && strings.Contains(strings.ToLower(b.known.texts.word(b.known.hosts[b.hostOf(x)].name))+"\n"+b.addr(x).String(), q)
	}
}

// Broken is a place where a rule is broken, of which nobody accepts it.
type Broken struct {
	Endpoint signet.Endpoint
	Host     ID
	Name     string // that the host gives itself
	Where    string
	Severity signet.Severity
	Windows  signet.Answer
	Samba    bool
}

// Broken lists where a rule is broken, by address and port; site picks one that it is known from, by ID ("": any).
func (e *Estate) Broken(rule, site string) (list []Broken) {
	for k := range e.rows {
		w := &e.rows[k]
		src := &e.sources[w.source]
		b := &src.Reading.breaches[w.breach]
		if w.flags&rowExcepted != 0 || site != "" && src.Site != site || src.Reading.word(src.Reading.flaw(b).rule) != rule {
			continue
		}
		p := e.place(w)
		windows, _ := e.windows(int(w.spot))
		samba := e.anyAt(int(w.spot), func(f found) bool { return e.hostOf(f).flags&flagSamba != 0 })
		list = append(list, Broken{Endpoint: signet.Endpoint{Target: signet.Target{Addr: p.addr}, Port: p.port, Transport: p.transport}, Host: e.id(int(w.spot)),
			Name: e.title(int(w.spot)), Where: p.where, Severity: w.severity, Windows: windows, Samba: samba})
	}
	return list
}

// Known goes through everybody that is known, clients too, of one site or ("") of all: address and name.
func (e *Estate) Known(site string, yield func(addr netip.Addr, name string)) {
	for i := range e.spots {
		if site == "" || slices.Contains(e.sitesAt(i), site) {
			yield(e.addrOf(&e.spots[i]), e.title(i))
		}
	}
}

// Runs are those of which something stands, of one site or ("") of all.
func (e *Estate) Runs(site string) (list []string) {
	for i := range e.sources {
		if s := &e.sources[i]; (e.stands[i] || s.Verified != nil) && (site == "" || s.Site == site) {
			list = append(list, s.Reading.Head.Run)
		}
	}
	return list
}
