package run

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/store"
)

// mostCovered bounds what is known again, at some twenty bytes each: addresses, endpoints, and endpoints of an estate.
const mostCovered = 2 << 20

// coverage counts what several sources speak of, an address and an endpoint of a check once however many of them do. What a
// run found silent or closed has no line: its summary says how many there were.
type coverage struct {
	seed    maphash.Seed
	known   map[uint64]signet.Outcome // of an endpoint the best that was said; of an address whether anything answered
	crowded bool                      // more came than are known again: those are counted each time
	last    struct {                  // address: sources speak of host after host
		addr  netip.Addr
		alive bool
	}

	outcomes         [8]uint64 // of endpoints that have a line
	addresses, alive uint64
	most             struct{ addresses, alive uint64 } // that any run says of itself
	estates          map[string]*estate
}

// estate is what was asked by the same checks at the same targets, in one run or several.
type estate struct {
	lined    uint64    // endpoints that have a line in any of them
	asked    uint64    // by the largest, which stands for all
	outcomes [8]uint64 // of that one
}

func newCoverage() *coverage {
	return &coverage{seed: maphash.MakeSeed(), known: map[uint64]signet.Outcome{}, estates: map[string]*estate{}}
}

// rank orders outcomes by how much they tell; of equals the first one heard stands.
func rank(o signet.Outcome) int {
	switch o {
	case signet.Skipped:
		return 0
	case signet.Silent:
		return 1
	case signet.Refused:
		return 2
	}
	return 3
}

// estate is the one that a run belongs to.
func (c *coverage) estate(targets, checks []string) *estate {
	key := strings.Join(slices.Sorted(slices.Values(targets)), " ") + "\n" + strings.Join(slices.Sorted(slices.Values(checks)), " ")
	e := c.estates[key]
	if e == nil {
		e = &estate{}
		c.estates[key] = e
	}
	return e
}

// endpoint counts an observation, of a run of that estate or of no run, and its address.
func (c *coverage) endpoint(o *signet.Observation, of *estate) {
	c.host(o.Addr, o.Open || rank(o.Outcome) >= rank(signet.Refused))
	key := maphash.Comparable(c.seed, struct {
		at        netip.AddrPort
		transport signet.Transport
		check     string
	}{o.AddrPort(), o.Transport, o.Check})
	if was, known, better := c.better(key, o.Outcome); better {
		if known {
			c.outcomes[was]--
		}
		c.outcomes[o.Outcome]++
	}
	if of == nil {
		return
	}
	key = maphash.Comparable(c.seed, struct {
		of       *estate
		endpoint uint64
	}{of, key})
	if _, _, first := c.better(key, signet.Answered); first {
		of.lined++
	}
}

// host counts an address. alive: something answered there.
func (c *coverage) host(addr netip.Addr, alive bool) {
	addr = addr.Unmap().WithZone("")
	if addr == c.last.addr && (c.last.alive || !alive) {
		return
	}
	c.last.addr, c.last.alive = addr, alive
	said := signet.Silent
	if alive {
		said = signet.Answered
	}
	_, known, better := c.better(maphash.Comparable(c.seed, addr), said)
	if !better {
		return
	}
	if !known {
		c.addresses++
	}
	if alive {
		c.alive++
	}
}

// better notes what is said of a key, and tells what was known of it and whether this is more.
func (c *coverage) better(key uint64, said signet.Outcome) (was signet.Outcome, known, better bool) {
	was, known = c.known[key]
	switch {
	case known && rank(was) >= rank(said):
		return was, known, false
	case !known && len(c.known) >= mostCovered:
		c.crowded = true
	default:
		c.known[key] = said
	}
	return was, known, true
}

// run counts what a run of an estate says of itself; its lines are counted one by one.
func (c *coverage) run(of *estate, said *store.Progress) {
	c.most.addresses, c.most.alive = max(c.most.addresses, said.Addresses), max(c.most.alive, said.Alive)
	if said.Asked >= of.asked {
		of.asked, of.outcomes = said.Asked, said.Outcomes
	}
}

// progress is what was asked in all.
func (c *coverage) progress() store.Progress {
	p := store.Progress{Addresses: max(c.most.addresses, c.addresses), Alive: max(c.most.alive, c.alive), Outcomes: c.outcomes}
	for _, e := range c.estates {
		rest := e.asked - min(e.asked, e.lined)
		for _, o := range []signet.Outcome{signet.Skipped, signet.Refused, signet.Silent} { // all others have a line
			n := min(rest, e.outcomes[o])
			p.Outcomes[o] += n
			rest -= n
		}
	}
	for _, n := range p.Outcomes {
		p.Asked += n
	}
	return p
}
