package prose

import (
	"fmt"
	"io"
	"strings"

	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diffText writes what changed as a ticket takes it, the worst first.
type diffText struct {
	canvas
	h     report.DiffHeader
	kinds map[compare.Kind]*page
	n     map[compare.Kind]int
}

func newDiffText(w io.Writer, o *report.Options) report.DiffWriter {
	return &diffText{canvas: newCanvas(w, o), kinds: map[compare.Kind]*page{}, n: map[compare.Kind]int{}}
}

// Begin remembers the header: what is worst stands first, and is known at the end.
func (d *diffText) Begin(h *report.DiffHeader) error { d.h = *h; return nil }

// Change lays one out under its kind.
func (d *diffText) Change(c *compare.Change) error {
	if d.n[c.Kind]++; d.n[c.Kind] > report.MostChanges {
		return nil
	}
	p := d.kinds[c.Kind]
	if p == nil {
		p = d.page()
		d.kinds[c.Kind] = p
	}
	left := text.Pad(c.Endpoint().String(), 24) + " " + text.Pad(text.Clean(c.Check), 5)
	list := c.Effects()
	for i := range list {
		what := d.effect(c, &list[i])
		if i == len(list)-1 && c.Host != "" {
			what += " " + d.style.faint("["+text.Cut(text.Clean(c.Host), 60)+"]")
		}
		p.hang(2, left, what)
		left = text.Pad("", text.Width(left))
	}
	if len(c.Because) > 0 {
		p.text(10, 10, strings.Join(text.CleanAll(c.Because), "; "))
	}
	return nil
}

// effect is one of them with its severity in colour.
func (d *diffText) effect(c *compare.Change, e *compare.Effect) string {
	word := report.EffectWords(c, e)
	if e.Finding == nil {
		return d.style.verdict(c.Verdict(), word)
	}
	severity := e.Finding.Severity.String()
	if i := strings.LastIndex(word, severity); i >= 0 {
		word = word[:i] + d.style.severity(e.Finding.Severity) + word[i+len(severity):]
	}
	return word
}

// End prints the comparison.
func (d *diffText) End(s *compare.Summary) error {
	p := d.page()
	p.field("Changes", text.Clean(d.h.Old)+" → "+text.Clean(d.h.New))
	p.field("", strings.TrimPrefix(d.h.Period()+", policy "+text.Clean(d.h.Policy), ", "))
	for _, w := range d.h.Warnings {
		p.field("", d.style.bold("warning: ")+text.Clean(w))
	}
	p.blank()
	p.field("Endpoints", counts(s))
	p.field("Hosts", report.HostCounts(s))
	for _, k := range compare.Kinds() {
		if s.Changes[k] == 0 {
			continue
		}
		title, about := report.KindWords(k)
		p.heading(strings.ToUpper(title), text.Count(s.Changes[k], "endpoint", "endpoints")+": "+about)
		if list := d.kinds[k]; list != nil {
			p.b.WriteString(list.b.String())
		}
		if n := d.n[k] - report.MostChanges; n > 0 {
			p.text(2, 2, d.style.faint(fmt.Sprintf("… and %d more: -o csv or -o jsonl has them all", n)))
		}
	}
	return d.print(p)
}

// counts says how many changes there are of each kind.
func counts(s *compare.Summary) string {
	var parts []string
	for _, k := range compare.Kinds() {
		parts = append(parts, fmt.Sprintf("%d %s", s.Changes[k], k))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(", %d unchanged", s.Changes[compare.Same])
}
