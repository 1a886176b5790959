package estate

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"time"

	"signet"
)

// Host is a host of an estate.
type Host struct {
	ID      ID
	Verdict signet.Verdict // of its worst endpoint
	signet.Host
	Excepted int       // breaches that somebody accepted
	Seen     time.Time // when it was asked last
	Sites    []string  // that speak of it; "" is none
	Runs     []string  // that its endpoints are known from
}

// HostFilter picks hosts. The zero value picks all.
type HostFilter struct {
	Q        string           // in a name or the address, whatever the case
	Verdicts []signet.Verdict // any of them
	Role     string           // that it is known for certain to play
	Rule     string           // that a finding of it breaks
	Within   netip.Prefix
}

// sort orders hosts: by verdict, then by their worst finding, then by address.
func (e *Estate) sort() {
	var first [mostRank + 2]uint32 // where those of a rank begin: there are few ranks, and spots come by address
	hosts := uint32(0)
	for i := range e.spots {
		if e.spots[i].flags&spotClient == 0 {
			first[e.rank(i)+1]++
			hosts++
		}
	}
	for r := range mostRank + 1 {
		first[r+1] += first[r]
	}
	e.order = make([]uint32, hosts)
	for i := range e.spots {
		if e.spots[i].flags&spotClient == 0 {
			at := &first[e.rank(i)]
			e.order[*at] = uint32(i)
			*at++
		}
	}
}

const mostRank = 15<<8 | 255

// rank is 0 for the worst.
func (e *Estate) rank(i int) uint32 {
	m := &e.marks[i]
	return uint32(m.verdict.Rank())<<8 | uint32(^m.severity)
}

// HostsPage gives hosts, the worst first: at most so many, MostPage of them in any case. after is the Next of the page before, or
// empty. The error is ErrCursor.
func (e *Estate) HostsPage(f *HostFilter, after string, n int) (*Page[Host], error) {
	from := 0
	if after != "" {
		c, err := parseCursor(after)
		if err != nil {
			return nil, err
		}
		from = sort.Search(len(e.order), func(n int) bool {
			i := int(e.order[n])
			return cmp.Or(cmp.Compare(e.rank(i), c.rank), e.addrOf(&e.spots[i]).Compare(c.addr)) > 0
		})
	}
	page := &Page[Host]{Items: []Host{}}
	n = most(n)
	last := -1
	e.matching(f, from, func(i int) bool {
		if len(page.Items) == n {
			c := cursor{rank: e.rank(last), place: place{addr: e.addrOf(&e.spots[last])}}
			page.Next = c.String()
			return false
		}
		page.Items = append(page.Items, e.expand(i))
		last = i
		return true
	})
	return page, nil
}

// CountHosts is how many hosts a filter picks.
func (e *Estate) CountHosts(f *HostFilter) (n int) {
	e.matching(f, 0, func(int) bool { n++; return true })
	return n
}

// matching goes through the hosts that a filter picks, from a place in the order.
func (e *Estate) matching(f *HostFilter, from int, yield func(i int) bool) {
	ok := e.picks(f)
	var hits []uint64
	if f.Q != "" {
		hits = e.search.hits(f.Q)
	}
	for _, i := range e.order[from:] {
		if (hits == nil || hits[i/64]&(1<<(i%64)) != 0) && ok(int(i)) && !yield(int(i)) {
			return
		}
	}
}

// picks is a filter without its words.
func (e *Estate) picks(f *HostFilter) func(i int) bool {
	type of struct {
		source uint16
		text   uint32
	}
	plays := map[of]bool{} // whether roles, as a reading writes them, hold the one
	return func(i int) bool {
		if len(f.Verdicts) > 0 && !slices.Contains(f.Verdicts, e.marks[i].verdict) {
			return false
		}
		if f.Within.IsValid() && !f.Within.Contains(e.addrOf(&e.spots[i])) {
			return false
		}
		if f.Role != "" && !e.anyAt(i, func(h found) bool {
			k := of{h.source, e.traitOf(h).roles}
			is, known := plays[k]
			if !known {
				is = slices.Contains(certain(e.sources[h.source].Reading.word(k.text)), f.Role)
				plays[k] = is
			}
			return is
		}) {
			return false
		}
		return f.Rule == "" || slices.ContainsFunc(e.rows[e.rowsAt[i]:e.rowsAt[i+1]], func(w row) bool {
			r := e.sources[w.source].Reading
			return w.flags&rowExcepted == 0 && r.word(r.flaw(&r.breaches[w.breach]).rule) == f.Rule
		})
	}
}

// Host is the host of an ID.
func (e *Estate) Host(id ID) (Host, bool) {
	i := e.spotOf(id)
	if i < 0 {
		return Host{}, false
	}
	return e.expand(i), true
}

// HostAt is the host at an address.
func (e *Estate) HostAt(addr netip.Addr) (Host, bool) {
	i := e.at(addr)
	if i < 0 || e.spots[i].flags&spotClient != 0 {
		return Host{}, false
	}
	return e.expand(i), true
}

// expand writes a host out. What is in the facts alone (who said a name, what proves a role) it does not say.
func (e *Estate) expand(i int) Host {
	r, h := e.host(i)
	t := r.trait(h)
	out := Host{ID: e.id(i), Verdict: e.marks[i].verdict, Sites: e.sitesAt(i)}
	out.Address, out.Name, out.Domain, out.Forest = h.addr(), e.title(i), r.word(t.domain), r.word(t.forest)
	out.SameAs, _ = netip.ParseAddr(r.word(t.sameAs)) // the zero address where it is none
	out.OS, out.OSVersion, out.Samba, out.GUID = r.word(t.os), r.word(t.version), h.flags&flagSamba != 0, h.guidText()
	out.Windows, _ = e.windows(i)
	out.Roles, out.Names = []signet.HostRole{}, []signet.HostName{}
	for f := range e.hostsAt(i) {
		r, h := e.sources[f.source].Reading, e.hostOf(f)
		for _, w := range strings.Fields(r.word(r.trait(h).roles)) {
			role, hint := strings.CutSuffix(w, "?")
			if !slices.ContainsFunc(out.Roles, func(x signet.HostRole) bool { return x.Role == role }) {
				out.Roles = append(out.Roles, signet.HostRole{Role: role, Certain: !hint})
			}
		}
		for _, n := range r.hostNames(h) {
			if !slices.ContainsFunc(out.Names, func(x signet.HostName) bool { return x.Kind == n.Kind && strings.EqualFold(x.Name, n.Name) }) {
				out.Names = append(out.Names, n)
			}
		}
	}
	out.Disagreements, out.Products = []string{}, []string{}
	out.Endpoints, out.Findings, out.Runs = []signet.HostEndpoint{}, []signet.HostFinding{}, []string{}
	e.doors(i, func(f foundDoor) {
		out.Endpoints = append(out.Endpoints, e.hostEndpoint(f))
		if at := e.observedOf(f); at.After(out.Seen) {
			out.Seen = at
		}
		if run := e.sources[f.source].Reading.Head.Run; !slices.Contains(out.Runs, run) {
			out.Runs = append(out.Runs, run)
		}
	})
	rows := e.rows[e.rowsAt[i]:e.rowsAt[i+1]]
	for k := range rows {
		if rows[k].flags&rowExcepted != 0 {
			out.Excepted++
			continue
		}
		out.Findings = append(out.Findings, e.hostFinding(&rows[k]))
	}
	slices.SortStableFunc(out.Findings, func(a, b signet.HostFinding) int { return cmp.Compare(b.Severity, a.Severity) })
	return out
}
