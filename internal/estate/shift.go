package estate

import (
	"cmp"
	"slices"

	"signet"
	"signet/internal/report"
)

// Shift is what other policies make of an estate: findings that come, go, or are rated otherwise.
type Shift struct {
	Before, After                   report.Severities // of findings
	Excepted                        [2]int            // breaches that exceptions cover, before and after
	Opened, Closed, Raised, Lowered int               // findings
	Rules                           []RuleShift       // those of which anything moves: the one with most first
	Rows                            []Shifted         // the worst, as many as were wanted
}

// RuleShift is what moves of one rule.
type RuleShift struct {
	Rule                            string
	Opened, Closed, Raised, Lowered int
}

func (r *RuleShift) all() int { return r.Opened + r.Closed + r.Raised + r.Lowered }

// Shifted is one finding that moves.
type Shifted struct {
	Rule          string
	Endpoint      signet.Endpoint
	Name          string
	Host          ID
	Where         string
	Before, After *signet.Severity // nil: no finding, since the policy switches the rule off or an exception covers it
	Excepted      bool             // after
}

// worst is the severity that a list is ordered by.
func (s *Shifted) worst() int {
	at := -1
	for _, v := range []*signet.Severity{s.Before, s.After} {
		if v != nil {
			at = max(at, int(*v))
		}
	}
	return at
}

// Against tells what is different from an estate of the same readings under other judges, with as many rows as wanted.
func (e *Estate) Against(before *Estate, rows int) *Shift {
	out := &Shift{Before: before.sums.severities, After: e.sums.severities}
	rules := map[string]*RuleShift{}
	var moved []Shifted
	for i := range e.spots {
		was, is := before.rows[before.rowsAt[i]:before.rowsAt[i+1]], e.rows[e.rowsAt[i]:e.rowsAt[i+1]]
		for k := range was {
			at := slices.IndexFunc(is, func(w row) bool { return w.source == was[k].source && w.breach == was[k].breach })
			if was[k].flags&rowExcepted != 0 {
				out.Excepted[0]++
			}
			if at < 0 {
				moved = before.shifted(out, rules, moved, &was[k], nil, rows)
			} else {
				moved = e.shifted(out, rules, moved, &was[k], &is[at], rows)
			}
		}
		for k := range is {
			if is[k].flags&rowExcepted != 0 {
				out.Excepted[1]++
			}
			if !slices.ContainsFunc(was, func(w row) bool { return w.source == is[k].source && w.breach == is[k].breach }) {
				moved = e.shifted(out, rules, moved, nil, &is[k], rows)
			}
		}
	}
	for _, r := range rules {
		out.Rules = append(out.Rules, *r)
	}
	slices.SortFunc(out.Rules, func(a, b RuleShift) int { return cmp.Or(cmp.Compare(b.all(), a.all()), cmp.Compare(a.Rule, b.Rule)) })
	out.Rows = worstOf(moved, rows)
	return out
}

// shifted counts one breach as it was and is; nil: it is no row. It is kept in list where it moves.
func (e *Estate) shifted(out *Shift, rules map[string]*RuleShift, list []Shifted, was, is *row, most int) []Shifted {
	finding := func(w *row) *signet.Severity {
		if w == nil || w.flags&rowExcepted != 0 {
			return nil
		}
		return new(w.severity)
	}
	one := Shifted{Before: finding(was), After: finding(is), Excepted: is != nil && is.flags&rowExcepted != 0}
	if one.Before == nil && one.After == nil || one.Before != nil && one.After != nil && *one.Before == *one.After {
		return list
	}
	w := is
	if w == nil {
		w = was
	}
	p := e.place(w)
	rule := rules[p.rule]
	if rule == nil {
		rule = &RuleShift{Rule: p.rule}
		rules[p.rule] = rule
	}
	switch {
	case one.Before == nil:
		out.Opened, rule.Opened = out.Opened+1, rule.Opened+1
	case one.After == nil:
		out.Closed, rule.Closed = out.Closed+1, rule.Closed+1
	case *one.After > *one.Before:
		out.Raised, rule.Raised = out.Raised+1, rule.Raised+1
	default:
		out.Lowered, rule.Lowered = out.Lowered+1, rule.Lowered+1
	}
	if len(list) >= 4*most+100 { // the rest is counted
		list = worstOf(list, most)
	}
	one.Rule, one.Where, one.Name, one.Host = p.rule, p.where, e.title(int(w.spot)), e.id(int(w.spot))
	one.Endpoint = signet.Endpoint{Target: signet.Target{Addr: p.addr}, Port: p.port, Transport: p.transport}
	return append(list, one)
}

// worstOf keeps the worst of a list, in order.
func worstOf(list []Shifted, most int) []Shifted {
	slices.SortStableFunc(list, func(a, b Shifted) int {
		return cmp.Or(cmp.Compare(b.worst(), a.worst()), cmp.Compare(a.Rule, b.Rule), a.Endpoint.Addr.Compare(b.Endpoint.Addr), cmp.Compare(a.Endpoint.Port, b.Endpoint.Port))
	})
	return list[:min(len(list), most)]
}

// Worst is the severest finding that there is; false: there is none. It is the highest --fail-on that ends a run with code 3.
func Worst(s *report.Severities) (signet.Severity, bool) {
	for v := signet.Critical; ; v-- {
		if s[v] > 0 {
			return v, true
		}
		if v == signet.Info {
			return v, false
		}
	}
}
