package prose

import (
	"fmt"
	"slices"
	"strings"

	"signet/internal/text"
)

// How much of the lists of endpoints a text shows: a report of any estate is one that somebody reads to its end.
const (
	mostGroups = 12  // findings of a section
	mostLines  = 230 // of lists, in all sections together
	leastLines = 4   // of one list, however many there are
	mostAlso   = 5   // rules that endpoints break besides
)

// part is a piece of a list that is not torn.
type part struct {
	text      string
	lines     int
	endpoints int
}

// parts lays a list out: an endpoint beside its reason, or several under the reason that they share, the most common reason
// first.
func (t *textRun) parts(l *listing) []part {
	var out []part
	for _, r := range l.sorted() {
		p := t.page()
		cut := func(n int) {
			s := p.b.String()
			out = append(out, part{s, strings.Count(s, "\n"), n})
			p.b.Reset()
		}
		if len(r.first) == 1 {
			p.hang(10, label(r.first[0]), r.text)
			cut(1)
			continue
		}
		if r.text != "" {
			p.text(10, 10, r.text)
		}
		width, each := p.columns(12, r.first)
		for row := range slices.Chunk(r.first, each) { // the reason goes with the first
			p.row(12, width, row)
			cut(len(row))
		}
	}
	return out
}

// fitting is how many parts go into so many lines; there is always one.
func fitting(parts []part, most int) (n, lines int) {
	for n < len(parts) && (n == 0 || lines+parts[n].lines <= most) {
		lines += parts[n].lines
		n++
	}
	return n, lines
}

// share is how many lines of one list are shown, so that all lists together keep to their number.
func (t *textRun) share() int {
	var lists [][]part
	for _, s := range t.sections() {
		groups, _, _ := t.sorted(s, mostGroups)
		for _, g := range groups {
			lists = append(lists, t.parts(&g.list))
		}
	}
	for most := mostLines; most > leastLines; most-- {
		sum := 0
		for _, parts := range lists {
			_, lines := fitting(parts, most)
			sum += lines
		}
		if sum <= mostLines {
			return most
		}
	}
	return leastLines
}

// printSection prints the endpoints of a section under their findings, of each so many lines.
func (t *textRun) printSection(p *page, title, about string, s *section, most int) {
	if s.total == 0 {
		return
	}
	p.heading(title, about)
	groups, left, endpoints := t.sorted(s, mostGroups)
	for i, g := range groups {
		if i > 0 {
			p.blank()
		}
		count := text.Count(g.list.total, "endpoint", "endpoints")
		if f := &g.finding; f.Rule != "" {
			p.item(t.style.severity(f.Severity), text.Clean(f.Title)+" "+t.style.faint("("+text.Clean(f.Rule)+")")+", "+count)
		} else if len(groups) > 1 {
			p.item("", "No finding, "+count)
		}
		t.printAlso(p, g)
		t.printList(p, &g.list, most)
	}
	if words := t.leftOut(left, endpoints); words != "" {
		p.whole(2, t.style.faint(words))
	}
}

// printAlso says what else the endpoints of a group break.
func (t *textRun) printAlso(p *page, g *group) {
	if len(g.also) == 0 {
		return
	}
	list := g.sortedAlso()
	var parts []string
	for _, a := range list[:min(len(list), mostAlso)] {
		parts = append(parts, fmt.Sprintf("%s (%s) at %d", text.Clean(a.finding.Rule), t.style.severity(a.finding.Severity), a.total))
	}
	if more := len(list) - mostAlso; more > 0 {
		parts = append(parts, text.Count(more, "more rule", "more rules"))
	}
	p.text(10, 12, "also at these endpoints: "+strings.Join(parts, ", "))
}

// printList prints so many lines of a list; 0 is all that is kept.
func (t *textRun) printList(p *page, l *listing, most int) {
	parts := t.parts(l)
	n := len(parts)
	if most > 0 {
		n, _ = fitting(parts, most)
	}
	shown := 0
	for _, one := range parts[:n] {
		p.b.WriteString(one.text)
		shown += one.endpoints
	}
	if more := l.total - shown; more > 0 {
		p.whole(10, t.style.faint(t.more(more, "-o csv")))
	}
}

// weakAbout says which endpoints break rules without standing above. Some are exposed by what somebody accepted alone.
func (d *digest) weakAbout() string {
	return "no relay by themselves: " + text.Count(d.weak.total, "endpoint", "endpoints") + " that " +
		text.Noun(d.weak.total, "is", "are") + " guarded or unseen" + text.Either(d.partly, ", or exposed by an accepted risk alone", "")
}
