package path

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"

	"signet"
)

// Bounds: what a run keeps of its paths grows with its exposed endpoints alone, and only so far.
const (
	maxTargets = 1 << 17
	maxSample  = 3
)

// Estate collects the hosts of a run, one by one, and counts the paths between them. Only sums, a few addresses of
// sources and the exposed endpoints are kept.
type Estate struct {
	windows, others uint64                // hosts
	known           [4]uint64             // of Sources: hosts that were seen to be such
	sample          map[bool][]netip.Addr // of hosts that are Windows, and of the others
	seen            [4][]netip.Addr       // samples of known
	targets         []target
	more            uint64 // targets beyond maxTargets: counted in fixes
	fixes           map[string]*fix
}

// target is an endpoint and one rule that it breaks.
type target struct {
	at       signet.Endpoint
	check    string
	rule     string
	severity signet.Severity
	self     self
}

// self says in which numbers of sources a host is counted, which are then no sources of its own targets.
type self struct {
	windows, other bool
	known          [4]bool
}

// fix sums up the endpoints that break a rule.
type fix struct {
	severity    signet.Severity
	endpoints   uint64
	selfWindows uint64
	selfOther   uint64
	selfKnown   [4]uint64
}

// Add takes a host that is whole. known are the classes of source that it was seen to be, as in a capture.
func (e *Estate) Add(h *signet.Host, known ...Source) {
	if e.fixes == nil {
		e.fixes, e.sample = map[string]*fix{}, map[bool][]netip.Addr{}
	}
	var me self
	if !h.SameAs.IsValid() { // else it is counted under its other address
		me.windows, me.other = h.Windows == signet.Yes, h.Windows == signet.No
		for _, s := range known {
			if int(s) < len(me.known) {
				me.known[s] = true
			}
		}
	}
	e.count(h.Address, me)
	for i := range h.Findings {
		f := &h.Findings[i]
		w, ok := opens(f.Rule)
		if !ok || again(h.Findings[:i], f) {
			continue
		}
		switch verdict(h, f) {
		case signet.Guarded: // closed all the same
			continue
		case signet.Undetermined:
			// A rule that is broken opens a path only if NTLM is taken there, and that could not be told, or was
			// refuted for NTLM alone. Where the guard itself is what is unknown the model says so already.
			if w.guard != signet.Unknown {
				continue
			}
		}
		t := target{
			at:    signet.Endpoint{Target: signet.Target{Addr: h.Address, Name: h.Name}, Port: f.Port},
			check: f.Check, rule: f.Rule, severity: f.Severity, self: me,
		}
		e.sum(&t)
		if len(e.targets) < maxTargets {
			e.targets = append(e.targets, t)
		} else {
			e.more++
		}
	}
}

// verdict is that of the endpoint of a finding; exposed where the host tells none.
func verdict(h *signet.Host, f *signet.HostFinding) signet.Verdict {
	for _, p := range h.Endpoints {
		if p.Port == f.Port && p.Check == f.Check {
			return p.Verdict
		}
	}
	return signet.Exposed
}

// again tells whether a rule is broken in the same endpoint by another of its ways.
func again(before []signet.HostFinding, f *signet.HostFinding) bool {
	return slices.ContainsFunc(before, func(b signet.HostFinding) bool { return b.Rule == f.Rule && b.Port == f.Port })
}

func (e *Estate) count(addr netip.Addr, me self) {
	if me.windows {
		e.windows++
	}
	if me.other {
		e.others++
	}
	if me.windows || me.other {
		if s := e.sample[me.windows]; len(s) <= maxSample {
			e.sample[me.windows] = append(s, addr)
		}
	}
	for s := range me.known {
		if me.known[s] {
			e.known[s]++
			if len(e.seen[s]) <= maxSample {
				e.seen[s] = append(e.seen[s], addr)
			}
		}
	}
}

func (e *Estate) sum(t *target) {
	f := e.fixes[t.rule]
	if f == nil {
		f = &fix{}
		e.fixes[t.rule] = f
	}
	f.severity = max(f.severity, t.severity)
	f.endpoints++
	if t.self.windows {
		f.selfWindows++
	}
	if t.self.other {
		f.selfOther++
	}
	for s := range t.self.known {
		if t.self.known[s] {
			f.selfKnown[s]++
		}
	}
}

// reach is how one class of source reaches a way in.
type reach struct {
	source  Source
	cell    Cell
	state   signet.PathState
	assumed bool
}

// reaches lists how a way in is reached, from what needs least of an attacker on, down to the first class that opens it
// or leaves it unknown. What the model closes is left out.
func (e *Estate) reaches(w way) []reach {
	var list []reach
	for _, s := range Sources() {
		cell := Evaluate(Case{Source: s, Target: w.target, Guard: w.guard})
		if cell.State == signet.PathClosed {
			continue
		}
		r := reach{source: s, cell: cell, state: cell.State}
		if s != SMB && e.known[s] == 0 && r.state == signet.PathOpen {
			r.state = signet.PathConditional
		}
		r.assumed = e.known[s] == 0
		list = append(list, r)
		if cell.State != signet.PathConditional {
			break
		}
	}
	return list
}

// sources is how many hosts are of a class. Where none was seen to be, all that could be are counted: Windows hosts,
// or for clients without bindings the others.
func (e *Estate) sources(r *reach) uint64 {
	switch {
	case !r.assumed:
		return e.known[r.source]
	case r.source == Unbound:
		return e.others
	}
	return e.windows
}

func (r *reach) own(me *self) bool {
	switch {
	case !r.assumed:
		return me.known[r.source]
	case r.source == Unbound:
		return me.other
	}
	return me.windows
}

// Summary says what was counted, the fix that removes most paths first.
func (e *Estate) Summary() *signet.Paths {
	p := &signet.Paths{Sources: e.windows}
	for rule, f := range e.fixes {
		w, _ := opens(rule)
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
				out.Because = sentence(r.source, where(w.target), r.cell, r.state)
			}
		}
		p.Fixes = append(p.Fixes, out)
	}
	slices.SortFunc(p.Fixes, func(a, b signet.PathFix) int {
		return cmp.Or(
			cmp.Compare(b.Open+b.Conditional, a.Open+a.Conditional),
			cmp.Compare(openable(b), openable(a)),
			int(b.Severity)-int(a.Severity),
			cmp.Compare(b.Unknown, a.Unknown),
			cmp.Compare(b.Endpoints, a.Endpoints),
			cmp.Compare(a.Finding, b.Finding))
	})
	return p
}

// openable ranks what is known to be open before what is not known, where no source was seen to count paths from.
func openable(f signet.PathFix) int {
	w, _ := opens(f.Finding)
	if w.guard == signet.Unknown {
		return 0
	}
	return 1
}

// Lines yields a path for each class of source that reaches each endpoint that was kept.
func (e *Estate) Lines() iter.Seq[*signet.Path] {
	return func(yield func(*signet.Path) bool) {
		byRule := map[string][]reach{}
		for i := range e.targets {
			t := &e.targets[i]
			w, _ := opens(t.rule)
			reaches, ok := byRule[t.rule]
			if !ok {
				reaches = e.reaches(w)
				byRule[t.rule] = reaches
			}
			for k := range reaches {
				if !yield(e.line(t, w, &reaches[k])) {
					return
				}
			}
		}
	}
}

// Left is how many endpoints Lines leaves out, though Summary counts them.
func (e *Estate) Left() uint64 { return e.more }

func (e *Estate) line(t *target, w way, r *reach) *signet.Path {
	p := &signet.Path{
		Rule: RuleID(r.source, w.target), Source: r.source.String(), Assumed: r.assumed, State: r.state,
		Target: t.at, Check: t.check, Finding: t.rule, Severity: t.severity, Sources: e.sources(r), Sample: []netip.Addr{},
	}
	if r.own(&t.self) {
		p.Sources--
	}
	from := e.sample[r.source != Unbound]
	if !r.assumed {
		from = e.seen[r.source]
	}
	for _, a := range from {
		if a != t.at.Addr && len(p.Sample) < maxSample {
			p.Sample = append(p.Sample, a)
		}
	}
	to := t.at.String()
	if t.at.Name != "" {
		to += " (" + t.at.Name + ")"
	}
	p.Because = sentence(r.source, to, r.cell, r.state)
	return p
}
