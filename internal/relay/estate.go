package relay

import (
	"cmp"
	"iter"
	"math"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
)

// Bounds on what is kept of a run: memory grows with its exposed endpoints, up to maxTargets of them.
const (
	maxTargets = 1 << 17
	maxSample  = 3
)

// Estate collects the hosts of a run, one by one, and counts the paths between them. Only sums, a few addresses of
// sources and the exposed endpoints are kept.
type Estate struct {
	opens           map[string]check.Way  // by rule; a rule that is not here opens none
	windows, others uint64                // hosts
	known           [4]uint64             // of Sources: hosts that were seen to be such
	sample          map[bool][]netip.Addr // of hosts that are Windows, and of the others
	seen            [4][]netip.Addr       // samples of known
	kinds           []kind
	kindOf          map[kind]uint16 // index in kinds
	hosts           leaves[exposed]
	targets         leaves[target]
	more            uint64 // targets beyond maxTargets: counted in fixes
	fixes           map[string]*fix
}

// New makes an empty estate; checks say which of their rules open which way.
func New(checks []check.Check) *Estate {
	e := &Estate{opens: map[string]check.Way{}, fixes: map[string]*fix{}, sample: map[bool][]netip.Addr{}, kindOf: map[kind]uint16{}}
	for _, c := range checks {
		for _, r := range c.Rules {
			if r.Opens.To != check.ToNothing {
				e.opens[r.ID] = r.Opens
			}
		}
	}
	return e
}

// exposed is a host with targets.
type exposed struct {
	addr netip.Addr
	name string
}

// target is an endpoint and one rule that it breaks. A run may have a hundred thousand.
type target struct {
	host     uint32 // index in Estate.hosts
	port     uint16
	kind     uint16 // index in Estate.kinds
	severity signet.Severity
	self     self
}

// kind is what many targets share.
type kind struct{ check, rule string }

// leaves is a list in pieces of equal size, so that nothing is copied as it grows.
type leaves[T any] [][]T

const leaf = 1024

func (l *leaves[T]) add(v T) {
	if n := len(*l); n == 0 || len((*l)[n-1]) == leaf {
		*l = append(*l, make([]T, 0, leaf))
	}
	last := &(*l)[len(*l)-1]
	*last = append(*last, v)
}

func (l leaves[T]) size() int {
	if len(l) == 0 {
		return 0
	}
	return (len(l)-1)*leaf + len(l[len(l)-1])
}

func (l leaves[T]) last() T { return l[len(l)-1][len(l[len(l)-1])-1] }

// keep files a target of a host.
func (e *Estate) keep(h *signet.Host, k kind, t target) {
	at, ok := e.kindOf[k]
	if e.targets.size() == maxTargets || !ok && len(e.kinds) > math.MaxUint16 {
		e.more++
		return
	}
	if !ok {
		at = uint16(len(e.kinds))
		e.kinds = append(e.kinds, k)
		e.kindOf[k] = at
	}
	if me := (exposed{h.Address, h.Name}); e.hosts.size() == 0 || e.hosts.last() != me {
		e.hosts.add(me)
	}
	t.kind, t.host = at, uint32(e.hosts.size()-1)
	e.targets.add(t)
}

// self says in which counts of sources a host is included. They have to be reduced by one for its own endpoints, since a
// host is no source against itself. The lower four bits are the classes that it was seen to be, the upper ones say whether
// it is Windows or another system.
type self uint8

const (
	selfWindows self = 1 << (4 + iota)
	selfOther
)

func selfKnown(s Source) self { return 1 << s }

func (m self) is(of self) bool { return m&of != 0 }

// fix sums up the endpoints that break a rule.
type fix struct {
	severity    signet.Severity
	endpoints   uint64
	selfWindows uint64
	selfOther   uint64
	selfKnown   [4]uint64
}

// Include counts a host that is whole. known are the classes of source that it was seen to be, as in a capture. It gives which of the
// host's findings are ways in, by index.
func (e *Estate) Include(h *signet.Host, known ...Source) (ways []int) {
	var me self
	switch h.Windows { // one that shows what another host showed (SameAs) is counted too: it may have copied that
	case signet.Yes:
		me |= selfWindows
	case signet.No:
		me |= selfOther
	}
	for _, s := range known {
		if int(s) < len(e.known) {
			me |= selfKnown(s)
		}
	}
	e.count(h.Address, me)
	for i := range h.Findings {
		f := &h.Findings[i]
		w, ok := e.opens[f.Rule]
		if !ok || again(h.Findings[:i], f) {
			continue
		}
		switch verdict(h, f) {
		case signet.Guarded, signet.Unseen: // closed all the same, or NTLM was nowhere seen
			continue
		case signet.Undetermined:
			// A broken rule opens a path only if NTLM is taken there, which is not known here. It is counted all the
			// same where what is unknown is the guard: the model says so of such a way.
			if w.Guard != signet.Unknown {
				continue
			}
		}
		e.sum(f.Rule, f.Severity, me)
		e.keep(h, kind{f.Check, f.Rule}, target{port: f.Port, severity: f.Severity, self: me})
		ways = append(ways, i)
	}
	return ways
}

// verdict is that of the endpoint of a finding; exposed where the host lists no such endpoint.
func verdict(h *signet.Host, f *signet.HostFinding) signet.Verdict {
	for _, p := range h.Endpoints {
		if p.Port == f.Port && p.Check == f.Check {
			return p.Verdict
		}
	}
	return signet.Exposed
}

// again tells whether an earlier finding is of the same rule at the same port: it is one way in, and counted once.
func again(before []signet.HostFinding, f *signet.HostFinding) bool {
	return slices.ContainsFunc(before, func(b signet.HostFinding) bool { return b.Rule == f.Rule && b.Port == f.Port })
}

func (e *Estate) count(addr netip.Addr, me self) {
	if me.is(selfWindows) {
		e.windows++
	}
	if me.is(selfOther) {
		e.others++
	}
	if me.is(selfWindows | selfOther) {
		if s := e.sample[me.is(selfWindows)]; len(s) <= maxSample {
			e.sample[me.is(selfWindows)] = append(s, addr)
		}
	}
	for s := range e.known {
		if me.is(selfKnown(Source(s))) {
			e.known[s]++
			if len(e.seen[s]) <= maxSample {
				e.seen[s] = append(e.seen[s], addr)
			}
		}
	}
}

func (e *Estate) sum(rule string, severity signet.Severity, me self) {
	f := e.fixes[rule]
	if f == nil {
		f = &fix{}
		e.fixes[rule] = f
	}
	f.severity = max(f.severity, severity)
	f.endpoints++
	if me.is(selfWindows) {
		f.selfWindows++
	}
	if me.is(selfOther) {
		f.selfOther++
	}
	for s := range f.selfKnown {
		if me.is(selfKnown(Source(s))) {
			f.selfKnown[s]++
		}
	}
}

// Summary says what was counted, the fix that removes most paths first.
func (e *Estate) Summary() *signet.Paths {
	p := &signet.Paths{Sources: e.windows}
	for rule, f := range e.fixes {
		w := e.opens[rule]
		out := signet.PathFix{Finding: rule, Severity: f.severity, Endpoints: f.endpoints}
		for i, r := range e.reaches(w) {
			own := f.selfWindows
			switch {
			case !r.assumed:
				own = f.selfKnown[r.source]
			case r.source == Unbound:
				own = f.selfOther
			}
			n := e.sources(&r)*f.endpoints - own
			switch r.state {
			case signet.PathOpen:
				out.Open += n
			case signet.PathConditional:
				out.Conditional += n
			case signet.PathUnknown:
				out.Unknown += n
			}
			if i == 0 {
				out.Because = sentence(r.source, where(w.To), r.cell, r.state)
			}
		}
		p.Fixes = append(p.Fixes, out)
	}
	slices.SortFunc(p.Fixes, func(a, b signet.PathFix) int {
		return cmp.Or(
			cmp.Compare(b.Open+b.Conditional, a.Open+a.Conditional),
			cmp.Compare(e.openable(b), e.openable(a)),
			int(b.Severity)-int(a.Severity),
			cmp.Compare(b.Unknown, a.Unknown),
			cmp.Compare(b.Endpoints, a.Endpoints),
			cmp.Compare(a.Finding, b.Finding))
	})
	return p
}

// openable ranks fixes where no source was seen to count paths from: what is known to be open before what is not.
func (e *Estate) openable(f signet.PathFix) int {
	if e.opens[f.Finding].Guard == signet.Unknown {
		return 0
	}
	return 1
}

// Lines yields a path for each class of source that reaches each endpoint that was kept.
func (e *Estate) Lines() iter.Seq[*signet.Path] {
	return func(yield func(*signet.Path) bool) {
		byKind := make([][]reach, len(e.kinds))
		for i := range e.kinds {
			w := e.opens[e.kinds[i].rule]
			byKind[i] = e.reaches(w)
		}
		for _, list := range e.targets {
			for i := range list {
				t := &list[i]
				for k := range byKind[t.kind] {
					if !yield(e.line(t, &byKind[t.kind][k])) {
						return
					}
				}
			}
		}
	}
}

// Left is how many endpoints Lines leaves out, though Summary counts them.
func (e *Estate) Left() uint64 { return e.more }

func (e *Estate) line(t *target, r *reach) *signet.Path {
	k := &e.kinds[t.kind]
	w := e.opens[k.rule]
	h := &e.hosts[t.host/leaf][t.host%leaf]
	p := &signet.Path{
		Rule: RuleID(r.source, w.To), Source: r.source.String(), Assumed: r.assumed, State: r.state,
		Target: signet.Endpoint{Target: signet.Target{Addr: h.addr, Name: h.name}, Port: t.port}, Check: k.check, Finding: k.rule, Severity: t.severity, Sources: e.sources(r), Sample: []netip.Addr{},
	}
	if r.own(t.self) {
		p.Sources--
	}
	from := e.sample[r.source != Unbound]
	if !r.assumed {
		from = e.seen[r.source]
	}
	for _, a := range from {
		if a != h.addr && len(p.Sample) < maxSample {
			p.Sample = append(p.Sample, a)
		}
	}
	to := p.Target.String()
	if h.name != "" {
		to += " (" + h.name + ")"
	}
	p.Because = sentence(r.source, to, r.cell, r.state)
	return p
}
