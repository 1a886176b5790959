package compare

import (
	"iter"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
)

// Comparer compares runs under one policy.
type Comparer struct {
	Checks []check.Check
	// Judge is the policy's; it must be pure.
	Judge func(*signet.Observation) signet.Judgement
	// OnHost gives the judge of what stands at one address, where the policy rates by the whole host; nil where each
	// observation is judged alone.
	OnHost func([]*signet.Observation) func(*signet.Observation) signet.Judgement
	// Asked tells whether the new run asked the endpoint of an old observation. NotKnown counts as not asked.
	Asked func(*signet.Observation) signet.Answer
	// AskedBefore tells whether the old run asked the endpoint of a new observation; nil: it is not known of any.
	AskedBefore func(*signet.Observation) signet.Answer
}

// Summary counts what a comparison came to.
type Summary struct {
	Changes  [8]uint64 // by Kind; Same are the endpoints that did not change
	OldHosts uint64
	NewHosts uint64
	Moved    uint64 // hosts found again at another address: asked by a name that the user gave, which had another one
	Alike    uint64 // hosts that may be at another address: what they say of themselves is there too
	Replaced uint64 // addresses at which another host is now
	OldOpen  uint64 // endpoints where anything was there
	NewOpen  uint64
}

// Runs compares two runs, both ordered by address, and yields every change that matters: by address, then those of hosts
// that are at one address in one run only.
func (c *Comparer) Runs(before, after iter.Seq2[*signet.Observation, error], yield func(*Change) error) (*Summary, error) {
	m := &merge{Comparer: c, yield: yield, identify: map[string]func(signet.Facts) (check.Identity, error){}}
	for _, k := range c.Checks {
		m.identify[k.Name] = k.Identify
	}
	nextOld, stopOld := iter.Pull2(hosts(before))
	defer stopOld()
	nextNew, stopNew := iter.Pull2(hosts(after))
	defer stopNew()
	pull := func(next func() (*group, error, bool)) (*group, error) {
		g, err, ok := next()
		if err != nil || !ok {
			return nil, err
		}
		return g, nil
	}
	a, err := pull(nextOld)
	if err != nil {
		return nil, err
	}
	b, err := pull(nextNew)
	for err == nil && (a != nil || b != nil) {
		order := 0
		switch {
		case a == nil:
			order = 1
		case b == nil:
			order = -1
		default:
			order = a.addr.Compare(b.addr)
		}
		switch {
		case order < 0:
			m.gone(a)
		case order > 0:
			m.come(b)
		default:
			err = m.meet(a, b)
		}
		if err == nil && order <= 0 {
			a, err = pull(nextOld)
		}
		if err == nil && order >= 0 {
			b, err = pull(nextNew)
		}
	}
	if err != nil {
		return nil, err
	}
	return &m.sum, m.rest()
}

// group is a host's endpoints at one address.
type group struct {
	addr netip.Addr
	list []*signet.Observation
	id   *identity
	// judge is what OnHost made for it.
	judge func(*signet.Observation) signet.Judgement

	other    *group     // what was asked at its address in the other run, where nothing was
	alike    netip.Addr // where the other run has a host that says the same of itself; zero: nowhere
	more     bool       // the new run is known to have asked more of the host
	replaced bool       // another host has its address in the new run
}

// reached tells whether anything was there.
func (g *group) reached() bool {
	return slices.ContainsFunc(g.list, (*signet.Observation).Reached)
}

// hosts cuts a run into groups. Endpoints where nothing was there say nothing of a host, but that they were asked.
func hosts(run iter.Seq2[*signet.Observation, error]) iter.Seq2[*group, error] {
	return func(yield func(*group, error) bool) {
		var g *group
		for o, err := range run {
			if err != nil {
				yield(nil, err)
				return
			}
			if g == nil || g.addr != o.Addr {
				if g != nil && !yield(g, nil) {
					return
				}
				g = &group{addr: o.Addr}
			}
			g.list = append(g.list, o)
		}
		if g != nil {
			yield(g, nil)
		}
	}
}
