package relay

import (
	"signet"
	"signet/internal/check"
)

// reach is how one class of source reaches a way in.
type reach struct {
	source  Source
	cell    Cell
	state   signet.PathState
	assumed bool
}

// reaches lists the classes of source that reach a way in, beginning with what needs least of an attacker. It ends with
// the first class for which the way is open or unknown without a condition. Classes for which it is closed are left out.
func (e *Estate) reaches(w check.Way) []reach {
	var list []reach
	for _, s := range Sources() {
		cell := Evaluate(Case{Source: s, Target: w.To, Guard: w.Guard})
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

// sources is how many hosts are of a class. Where no host was seen to be, those that could be are counted: all Windows
// hosts, or for clients without bindings all others.
func (e *Estate) sources(r *reach) uint64 {
	switch {
	case !r.assumed:
		return e.known[r.source]
	case r.source == Unbound:
		return e.others
	}
	return e.windows
}

func (r *reach) own(me self) bool {
	switch {
	case !r.assumed:
		return me.is(selfKnown(r.source))
	case r.source == Unbound:
		return me.is(selfOther)
	}
	return me.is(selfWindows)
}

// Reach is how one class of source reaches whatever breaks a rule.
type Reach struct {
	Source  Source
	Rule    string // of the model: what RuleID gives
	State   signet.PathState
	Assumed bool   // no host was seen to be of the class: those that could be are counted
	Sources uint64 // hosts; of paths into one of them there is one less (Own)
	Because string
}

// Reaches lists how what breaks a rule is reached, by all hosts that were included, beginning with what needs least of an attacker.
func (e *Estate) Reaches(rule string) []Reach {
	w, ok := e.opens[rule]
	if !ok {
		return nil
	}
	var list []Reach
	for _, r := range e.reaches(w) {
		list = append(list, Reach{Source: r.source, Rule: RuleID(r.source, w.To), State: r.state, Assumed: r.assumed, Sources: e.sources(&r),
			Because: sentence(r.source, where(w.To), r.cell, r.state)})
	}
	return list
}

// Own tells whether a host is one of the sources itself: it is none against its own endpoints. seen: it was seen to be of the class.
func (r *Reach) Own(windows signet.Answer, seen bool) bool {
	switch {
	case !r.Assumed:
		return seen
	case r.Source == Unbound:
		return windows == signet.No
	}
	return windows == signet.Yes
}
