package cli

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/store"
)

// mostCovered bounds the endpoints and addresses that are known again, at some twenty bytes each.
const mostCovered = 2 << 20

// coverage counts what several sources speak of, an endpoint of a check once however many of them do. Of a run it knows two
// sorts: endpoints that have a line, and silent or closed ones that stand in its summary as numbers alone.
type coverage struct {
	seed    maphash.Seed
	known   map[uint64]signet.Outcome // of an endpoint the best that was said; of an address nothing
	crowded bool                      // more came than are known again: those are counted each time

	outcomes  [8]uint64 // of what has lines
	addresses uint64    // that have lines
	silent    uint64    // further addresses, of which a source counted and said no more
	most      store.Progress
	estates   map[string]*estate
}

// estate is what the runs of one estate say of themselves: the same targets, asked by the same checks.
type estate struct {
	asked    uint64    // of the largest, which stands for all
	outcomes [8]uint64 // of that one
	lines    [8]uint64 // the most of any
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

// endpoint counts an observation, whose address is counted with it.
func (c *coverage) endpoint(o *signet.Observation) {
	if c.address(o.Addr) {
		c.addresses++
	}
	key := maphash.Comparable(c.seed, struct {
		at        netip.AddrPort
		transport signet.Transport
		check     string
	}{o.AddrPort(), o.Transport, o.Check})
	was, known := c.known[key]
	if known && rank(was) >= rank(o.Outcome) {
		return
	}
	if known {
		c.outcomes[was]--
	}
	c.outcomes[o.Outcome]++
	if known || c.room() {
		c.known[key] = o.Outcome
	}
}

// address tells whether an address is new.
func (c *coverage) address(addr netip.Addr) bool {
	key := maphash.Comparable(c.seed, addr)
	if _, known := c.known[key]; known {
		return false
	}
	if c.room() {
		c.known[key] = signet.Skipped
	}
	return true
}

func (c *coverage) room() bool {
	c.crowded = c.crowded || len(c.known) >= mostCovered
	return !c.crowded
}

// run counts what a run says that it asked, lines of which were counted already. Runs of the same targets by the same checks
// are looks at one estate: their numbers are those of the larger one.
func (c *coverage) run(targets, checks []string, said *store.Progress, lines *[8]uint64) {
	c.most.Addresses, c.most.Alive = max(c.most.Addresses, said.Addresses), max(c.most.Alive, said.Alive)
	key := strings.Join(slices.Sorted(slices.Values(targets)), " ") + "\n" + strings.Join(slices.Sorted(slices.Values(checks)), " ")
	e := c.estates[key]
	if e == nil {
		e = &estate{}
		c.estates[key] = e
	}
	if said.Asked >= e.asked {
		e.asked, e.outcomes = said.Asked, said.Outcomes
	}
	for i, n := range lines {
		e.lines[i] = max(e.lines[i], n)
	}
}

// uncounted adds addresses of which a source said no more than that they are there.
func (c *coverage) uncounted(said, lined uint64) { c.silent += said - min(said, lined) }

// progress is what was asked in all.
func (c *coverage) progress() store.Progress {
	p := store.Progress{Addresses: max(c.most.Addresses, c.addresses+c.silent), Alive: max(c.most.Alive, c.addresses+c.silent), Outcomes: c.outcomes}
	for _, e := range c.estates {
		for _, o := range []signet.Outcome{signet.Skipped, signet.Refused, signet.Silent} { // all others have a line
			p.Outcomes[o] += e.outcomes[o] - min(e.outcomes[o], e.lines[o])
		}
	}
	for _, n := range p.Outcomes {
		p.Asked += n
	}
	return p
}
