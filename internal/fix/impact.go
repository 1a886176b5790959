package fix

import (
	"cmp"
	"net/netip"

	"signet"
	"signet/internal/check"
)

// Impact is what a fix would do to one host.
type Impact struct {
	Addr    netip.Addr
	Name    string
	State   check.Standing
	Because string
}

// Witness gathers what a run says of who would break by the fix of one rule. What hosts do as clients is not seen by
// asking them as servers: only what a server cannot do says something, and the rest is not known unless a capture
// showed it.
type Witness struct {
	check *check.Check
	rule  *check.Rule
	hosts map[netip.Addr]*witnessed
}

// witnessed is what is known of one host.
type witnessed struct {
	traits   check.Traits   // as a server
	standing check.Standing // as a client, where client says why
	client   string
}

// NewWitness makes one for a rule of a check.
func NewWitness(c *check.Check, r *check.Rule) *Witness {
	return &Witness{check: c, rule: r, hosts: map[netip.Addr]*witnessed{}}
}

func (w *Witness) host(addr netip.Addr) *witnessed {
	h := w.hosts[addr]
	if h == nil {
		h = &witnessed{}
		w.hosts[addr] = h
	}
	return h
}

// Hear takes an observation. Facts that cannot be read say nothing.
func (w *Witness) Hear(o *signet.Observation) {
	if !o.Reached() {
		return
	}
	h := w.host(o.Addr)
	if o.Check != w.check.Name || w.check.Traits == nil || o.Facts == nil || o.Outcome != signet.Answered && o.Outcome != signet.Withheld {
		return
	}
	if t, err := w.check.Traits(o.Facts); err == nil {
		h.traits |= t
	}
}

// HearClient takes a logon of a host that was overheard. It counts before anything that the host does as a server; of several
// the worst counts.
func (w *Witness) HearClient(c *signet.Client) {
	h := w.host(c.Address)
	if w.rule.Breaks.Client == nil {
		return
	}
	state, because := w.rule.Breaks.Client(c)
	if because == "" || h.client != "" && rank(state) <= rank(h.standing) {
		return
	}
	h.standing, h.client = state, because
}

// rank orders standings: the worst is the highest.
func rank(s check.Standing) int {
	switch s {
	case check.WouldFail:
		return 2
	case check.NotKnown:
		return 1
	}
	return 0
}

// Judge says what is known of a host under the fix, and why; there is a reason also where nothing is known.
func (w *Witness) Judge(addr netip.Addr, name string) Impact {
	out := Impact{Addr: addr, Name: name}
	h := w.hosts[addr]
	switch {
	case h == nil:
	case h.client != "":
		out.State, out.Because = h.standing, h.client
	case w.rule.Breaks.Server != nil:
		out.State, out.Because = w.rule.Breaks.Server(h.traits)
	}
	out.Because = cmp.Or(out.Because, "what it does as a client was not seen")
	return out
}
