package report

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"signet"
	"signet/internal/text"
)

// Risks collects what exceptions of the policy take out of the findings of a run, for the section of a report. It does not
// grow with the run: it counts everything, and keeps so many exceptions and the first endpoints of each.
type Risks struct {
	Findings  uint64
	Endpoints uint64 // with at least one

	by map[riskKey]*Risk
}

// Risk is a rule that one exception covers, and where.
type Risk struct {
	Rule, Title          string
	Severity             signet.Severity // the worst that it would have
	Owner, Reason, Until string
	Total                uint64   // endpoints
	First                []RiskAt // of them, by address

	findings uint64
	last     signet.Endpoint // noted
}

// RiskAt is an endpoint whose risk is accepted, and what its host calls itself.
type RiskAt struct {
	At  signet.Endpoint
	Who string
}

type riskKey struct{ rule, owner, reason, until string }

// How much is kept: more exceptions than anybody reads, and of each the endpoints that a page shows.
const (
	mostRisks  = 1000
	mostRiskAt = 12
)

// Note files what is accepted of one endpoint, and tells whether it is among those that are kept.
func (r *Risks) Note(l *Line) (kept bool) {
	if len(l.Excepted) == 0 || !l.Reached() {
		return false
	}
	r.Endpoints++
	for i := range l.Excepted {
		e := &l.Excepted[i]
		r.Findings++
		key := riskKey{e.Rule, e.Owner, e.Reason, e.Until}
		risk := r.by[key]
		if risk == nil {
			if len(r.by) == mostRisks {
				continue
			}
			if r.by == nil {
				r.by = map[riskKey]*Risk{}
			}
			risk = &Risk{Rule: text.Clean(e.Rule), Title: text.Clean(e.Title), Owner: text.Clean(e.Owner), Reason: text.Clean(e.Reason), Until: text.Clean(e.Until)}
			r.by[key] = risk
		}
		risk.Severity = max(risk.Severity, e.Severity)
		risk.findings++
		kept = risk.note(RiskAt{l.Endpoint, l.Who()}) || kept
	}
	return kept
}

// note counts an endpoint once, and keeps it if it is one of the first.
func (r *Risk) note(at RiskAt) (kept bool) {
	if r.Total > 0 && r.last == at.At { // two pages of it
		return false
	}
	r.Total++
	r.last = at.At
	i, _ := slices.BinarySearchFunc(r.First, at, func(a, b RiskAt) int {
		return cmp.Or(a.At.Addr.Compare(b.At.Addr), cmp.Compare(a.At.Port, b.At.Port), cmp.Compare(a.At.Transport, b.At.Transport))
	})
	if i == mostRiskAt {
		return false
	}
	r.First = slices.Insert(r.First[:min(len(r.First), mostRiskAt-1)], i, at)
	return true
}

// Name gives endpoints the names that are known of their hosts.
func (r *Risks) Name(names map[netip.Addr]string) {
	for _, risk := range r.by {
		for i := range risk.First {
			if n := names[risk.First[i].At.Addr]; n != "" {
				risk.First[i].Who = n
			}
		}
	}
}

// Worst lists so many of them, the severest first, of those the one that ends first. left counts the accepted findings of the
// others.
func (r *Risks) Worst(most int) (list []*Risk, left uint64) {
	list = slices.SortedFunc(maps.Values(r.by), func(a, b *Risk) int {
		return cmp.Or(int(b.Severity)-int(a.Severity), strings.Compare(a.Until, b.Until), strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Owner, b.Owner), strings.Compare(a.Reason, b.Reason))
	})
	list = list[:min(len(list), most)]
	left = r.Findings
	for _, risk := range list {
		left -= risk.findings
	}
	return list, left
}

// Sum says how many findings are accepted, and where.
func (r *Risks) Sum() string {
	return text.Count(r.Findings, "finding", "findings") + " at " + text.Count(r.Endpoints, "endpoint", "endpoints")
}

// Beside says beside a count of findings how many are not in it, since they are excepted; empty for none.
func (r *Risks) Beside() string {
	if r.Findings == 0 {
		return ""
	}
	return "; " + strconv.FormatUint(r.Findings, 10) + " more excepted"
}

// Left says how many accepted findings a list leaves out, and where they are; empty for none.
func (r *Risks) Left(n uint64) string {
	if n == 0 {
		return ""
	}
	return "… and " + text.Count(n, "accepted finding", "accepted findings") + " more: -o xlsx has them all"
}

// Excepted says of a number of exposed endpoints how many of them are excepted; empty for none.
func Excepted(n uint64) string {
	if n == 0 {
		return ""
	}
	return " (" + text.Grouped(n) + " of them excepted)"
}
