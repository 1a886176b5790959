package prose

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// digest files the endpoints of a run as they are read, each in one section and there under one finding, so that nobody reads of
// an endpoint twice.
type digest struct {
	report.Ignore
	h      report.Header
	rules  *report.Rulebook
	origin report.Origin
	by     *hostLists // nil: endpoints stand under findings
	flat   bool       // endpoints are listed by address alone, not under their reasons

	exposed, undetermined section
	weak                  section                  // no relay, and they break rules
	partly                bool                     // some of weak are exposed by what somebody accepted
	calm                  map[signet.Verdict]*calm // guarded, unseen
	risks                 report.Risks
	blind                 *report.Blind
	steps                 *report.Steps
	paths                 *signet.Paths
	shown                 map[netip.Addr]bool // of entries that may be listed
}

// section is endpoints of one standing, by the finding that each is listed under; "" is for those without one.
type section struct {
	total  int
	groups map[string]*group
}

// group is the endpoints of a section that are listed under one finding.
type group struct {
	finding signet.Finding // rule, title, and the worst severity
	list    listing
	also    map[string]*also // what else they break, by rule
}

// also is a rule that endpoints break besides the one that they are listed under.
type also struct {
	finding signet.Finding
	total   int
}

// calm is the endpoints of a verdict that asks nobody to act: counted, and those that break nothing listed with their reasons
// where that was asked for.
type calm struct {
	byCheck map[string]int
	total   int
	weak    int // of them
	list    listing
}

// How many endpoints of one list are kept; csv and JSON lines have them all.
const (
	mostEntries = 40   // under their reasons
	mostFlat    = 250  // by address alone
	mostRows    = 1000 // where a list was asked for
	mostReason  = 400  // columns of what is said of one
)

func newDigest(o *report.Options) digest {
	rules := report.NewRulebook(o.Checks)
	d := digest{rules: rules, origin: o.Origin, blind: report.NewBlind(o.Checks), steps: report.NewSteps(rules), calm: map[signet.Verdict]*calm{}, shown: map[netip.Addr]bool{}}
	if o.By == report.ByHost {
		d.by = &hostLists{under: map[netip.Addr]*hostList{}}
	}
	return d
}

// begin remembers the header.
func (d *digest) begin(h *report.Header) {
	d.h = *h
	if d.by != nil {
		d.by.all = h.All
	}
}

// Endpoint files one line.
func (d *digest) Endpoint(l *report.Line) error {
	d.blind.Note(l)
	if !l.Reached() {
		return nil
	}
	d.steps.Note(l)
	if d.risks.Note(l) {
		d.shown[l.Addr] = true
	}
	if d.by != nil {
		d.by.endpoint(l)
		return nil
	}
	e := entry{at: l.Endpoint, who: l.Who(), because: text.Cut(text.Clean(strings.Join(l.Because, "; ")), mostReason)}
	findings := l.Judgement.Findings
	switch l.Verdict {
	case signet.Undetermined:
		lead := slices.IndexFunc(findings, func(f signet.Finding) bool { return report.Counted(&f) })
		d.under(&d.undetermined, findings, lead, e)
	case signet.Guarded, signet.Unseen:
		d.rest(l, e)
	default:
		lead := slices.IndexFunc(findings, func(f signet.Finding) bool { return d.rules.Of(f.Rule).Rule.Relay() })
		switch {
		case lead >= 0:
			e.because = because(&findings[lead])
			d.under(&d.exposed, findings, lead, e)
		case l.Accepted || len(l.Excepted) > 0 && len(findings) == 0: // told among the accepted risks
		case len(l.Excepted) > 0:
			d.partly = true
			e.because = because(&findings[0])
			d.under(&d.weak, findings, 0, e)
		default:
			d.under(&d.exposed, findings, lead, e)
		}
	}
	return nil
}

// Host settles the place of a host.
func (d *digest) Host(h *signet.Host) error {
	if d.by != nil {
		d.by.host(h)
	}
	return nil
}

// Left settles it where hosts are not folded.
func (d *digest) Left(addr netip.Addr) error {
	if d.by != nil {
		d.by.left(addr)
	}
	return nil
}

// Paths keeps the sums of paths for the end.
func (d *digest) Paths(p *signet.Paths) error {
	d.paths = p
	d.steps.Weigh(p)
	return nil
}

// because is why a finding stands, with the part of the endpoint that breaks the rule.
func because(f *signet.Finding) string {
	why, where := text.Clean(strings.Join(f.Because, "; ")), text.Clean(f.Where)
	if where != "" && !strings.HasPrefix(why, where) {
		why = where + ": " + why
	}
	return text.Cut(why, mostReason)
}

// rest files an endpoint that is guarded or unseen.
func (d *digest) rest(l *report.Line, e entry) {
	c := d.calm[l.Verdict]
	if c == nil {
		c = &calm{byCheck: map[string]int{}}
		d.calm[l.Verdict] = c
	}
	c.byCheck[l.Check]++
	c.total++
	if len(l.Judgement.Findings) > 0 {
		c.weak++
		e.because = because(&l.Judgement.Findings[0])
		d.under(&d.weak, l.Judgement.Findings, 0, e)
	} else if d.h.All {
		d.file(&c.list, e, mostRows)
	}
}

// under files an entry under the finding that leads, or under none where lead is negative, and counts the other findings there.
func (d *digest) under(s *section, findings []signet.Finding, lead int, e entry) {
	var f signet.Finding
	if lead >= 0 {
		f = findings[lead]
	}
	s.total++
	g := s.groups[f.Rule]
	if g == nil {
		if s.groups == nil {
			s.groups = map[string]*group{}
		}
		g = &group{finding: signet.Finding{Rule: f.Rule, Title: f.Title}, also: map[string]*also{}}
		s.groups[f.Rule] = g
	}
	g.finding.Severity = max(g.finding.Severity, f.Severity)
	d.file(&g.list, e, mostEntries)
	for i := range findings {
		one := &findings[i]
		if one.Rule == f.Rule || slices.ContainsFunc(findings[:i], func(b signet.Finding) bool { return b.Rule == one.Rule }) {
			continue
		}
		a := g.also[one.Rule]
		if a == nil {
			a = &also{finding: signet.Finding{Rule: one.Rule, Title: one.Title}}
			g.also[one.Rule] = a
		}
		a.finding.Severity = max(a.finding.Severity, one.Severity)
		a.total++
	}
}

// file puts an entry into a list that keeps so many.
func (d *digest) file(l *listing, e entry, most int) {
	under := e.because
	if d.flat {
		most, under = max(most, mostFlat), ""
	}
	if l.file(e, under, most) {
		d.shown[e.at.Addr] = true
	}
}

// sections are those whose endpoints stand under findings.
func (d *digest) sections() []*section { return []*section{&d.exposed, &d.undetermined, &d.weak} }

// sorted orders the groups of a section as the work is ordered: worst first, and endpoints without a finding last. It gives so
// many findings and those without one, and how many endpoints the others have.
func (d *digest) sorted(s *section, most int) (list []*group, left, endpoints int) {
	rank := map[string]int{}
	steps := d.steps.Sorted()
	for i := range steps {
		rank[steps[i].Rule] = i - len(steps)
	}
	list = slices.SortedFunc(maps.Values(s.groups), func(a, b *group) int {
		if bare := a.finding.Rule == ""; bare != (b.finding.Rule == "") {
			if bare {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.finding.Severity, a.finding.Severity),
			rank[a.finding.Rule]-rank[b.finding.Rule], b.list.total-a.list.total, strings.Compare(a.finding.Rule, b.finding.Rule))
	})
	var bare []*group
	if n := len(list); n > 0 && list[n-1].finding.Rule == "" {
		list, bare = list[:n-1], list[n-1:]
	}
	for _, g := range list[min(most, len(list)):] {
		left++
		endpoints += g.list.total
	}
	return slices.Concat(list[:len(list)-left], bare), left, endpoints
}

// sortedAlso orders what else the endpoints of a group break, the worst first.
func (g *group) sortedAlso() []*also {
	return slices.SortedFunc(maps.Values(g.also), func(a, b *also) int {
		return cmp.Or(cmp.Compare(b.finding.Severity, a.finding.Severity), b.total-a.total, strings.Compare(a.finding.Rule, b.finding.Rule))
	})
}

// more says how many of a list are left out, and the command that shows them.
func (d *digest) more(n int, flags string) string {
	return fmt.Sprintf("… and %d more: %s", n, d.origin.Show(d.h.Run, flags))
}

// leftOut is more for whole findings with their endpoints; empty where none is left out.
func (d *digest) leftOut(findings, endpoints int) string {
	if findings == 0 {
		return ""
	}
	return fmt.Sprintf("… and %s at %s more: %s", text.Count(findings, "finding", "findings"), text.Count(endpoints, "endpoint", "endpoints"), d.origin.Show(d.h.Run, "-o csv"))
}
