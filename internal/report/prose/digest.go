package prose

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// digest files the endpoints of a run as they are read: under the rules they break, and under their verdicts.
type digest struct {
	report.Ignore
	h     report.Header
	rules *report.Rulebook
	flat  bool // endpoints are listed by address alone, not under their reasons

	groups       map[string]*group // by rule
	undetermined listing
	calm         map[signet.Verdict]*calm // guarded, unseen
	risks        report.Risks
	blind        *report.Blind
	shown        map[netip.Addr]bool // of entries that may be listed
}

// group is the endpoints that break one rule.
type group struct {
	finding signet.Finding // of the first endpoint: rule, severity, title
	exposed listing
	other   listing // guarded or undetermined endpoints that break it
}

// calm is the endpoints of a verdict that asks nobody to act: counted, and listed with their reasons where that was asked
// for.
type calm struct {
	byCheck map[string]int
	total   int
	list    listing
}

// How many endpoints of one list are shown; csv and JSON lines have them all.
const (
	mostEntries = 40   // under their reasons
	mostRows    = 1000 // of a table, or where a list was asked for
)

func newDigest(o *report.Options) digest {
	return digest{rules: report.NewRulebook(o.Checks), blind: report.NewBlind(o.Checks), groups: map[string]*group{}, calm: map[signet.Verdict]*calm{}, shown: map[netip.Addr]bool{}}
}

// Endpoint files one line.
func (d *digest) Endpoint(l *report.Line) error {
	d.blind.Note(l)
	if !l.Reached() {
		return nil
	}
	if d.risks.Note(l) {
		d.shown[l.Addr] = true
	}
	e := entry{at: l.Endpoint, who: l.Who(), because: text.Clean(strings.Join(l.Because, "; "))}
	switch l.Verdict {
	case signet.Undetermined:
		d.file(&d.undetermined, e, mostEntries)
	case signet.Guarded, signet.Unseen:
		d.rest(l, e)
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		g := d.groups[f.Rule]
		if g == nil {
			g = &group{finding: *f}
			d.groups[f.Rule] = g
		}
		e.because = text.Clean(strings.Join(f.Because, "; "))
		if f.Where != "" && !strings.HasPrefix(e.because, text.Clean(f.Where)) {
			e.because = text.Clean(f.Where) + ": " + e.because
		}
		if l.Verdict == signet.Exposed && d.rules.Of(f.Rule).Rule.Relay() {
			d.file(&g.exposed, e, mostEntries)
		} else {
			d.file(&g.other, e, mostEntries)
		}
		g.finding.Severity = max(g.finding.Severity, f.Severity)
	}
	return nil
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
	if d.h.All {
		d.file(&c.list, e, mostRows)
	}
}

// file puts an entry into a list that shows so many.
func (d *digest) file(l *listing, e entry, most int) {
	under := e.because
	if d.flat {
		most, under = mostRows, ""
	}
	if l.file(e, under, most) {
		d.shown[e.at.Addr] = true
	}
}

// sorted orders groups worst first, then by how many endpoints they open.
func (d *digest) sorted() []*group {
	return slices.SortedFunc(maps.Values(d.groups), func(a, b *group) int {
		return cmp.Or(
			int(b.finding.Severity)-int(a.finding.Severity),
			b.exposed.total-a.exposed.total,
			cmp.Compare(a.finding.Rule, b.finding.Rule))
	})
}
