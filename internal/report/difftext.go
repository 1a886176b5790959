package report

import (
	"fmt"
	"io"
	"strings"

	"signet/internal/compare"
	"signet/internal/text"
)

// MostChanges bounds what is listed of one kind of change; the rest is counted, and in csv and jsonl.
const MostChanges = 1000

// DiffText writes what changed as a ticket takes it, the worst first.
type DiffText struct {
	w     io.Writer
	style style
	width int
	h     DiffHeader
	kinds map[compare.Kind]*page
	n     map[compare.Kind]int
}

// NewDiffText writes to w, in lines of at most width columns where words allow.
func NewDiffText(w io.Writer, width int, color bool) *DiffText {
	return &DiffText{w: w, style: style(color), width: max(60, min(width, 240)), kinds: map[compare.Kind]*page{}, n: map[compare.Kind]int{}}
}

// Begin remembers the header: what is worst stands first, and is known at the end.
func (d *DiffText) Begin(h *DiffHeader) error { d.h = *h; return nil }

// Change lays one out under its kind.
func (d *DiffText) Change(c *compare.Change) error {
	if d.n[c.Kind]++; d.n[c.Kind] > MostChanges {
		return nil
	}
	p := d.kinds[c.Kind]
	if p == nil {
		p = &page{width: d.width, style: d.style}
		d.kinds[c.Kind] = p
	}
	left := text.Pad(Place(c).String(), 24) + " " + text.Pad(text.Clean(c.Check), 5)
	list := Effects(c)
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
func (d *DiffText) effect(c *compare.Change, e *Effect) string {
	word := e.Word(c)
	if e.Finding == nil {
		return d.style.verdict(Standing(c), word)
	}
	severity := e.Finding.Severity.String()
	if i := strings.LastIndex(word, severity); i >= 0 {
		word = word[:i] + d.style.severity(e.Finding.Severity) + word[i+len(severity):]
	}
	return word
}

// End prints the comparison.
func (d *DiffText) End(s *compare.Summary) error {
	p := &page{width: d.width, style: d.style}
	p.field("Changes", text.Clean(d.h.Old)+" → "+text.Clean(d.h.New))
	p.field("", strings.TrimPrefix(d.h.Period()+", policy "+text.Clean(d.h.Policy), ", "))
	for _, w := range d.h.Warnings {
		p.field("", d.style.bold("warning: ")+text.Clean(w))
	}
	p.blank()
	p.field("Endpoints", counts(s))
	p.field("Hosts", HostCounts(s))
	for _, k := range compare.Kinds() {
		if s.Changes[k] == 0 {
			continue
		}
		title, about := KindWords(k)
		p.heading(strings.ToUpper(title), text.Count(s.Changes[k], "endpoint", "endpoints")+": "+about)
		if list := d.kinds[k]; list != nil {
			p.b.WriteString(list.b.String())
		}
		if n := d.n[k] - MostChanges; n > 0 {
			p.text(2, 2, d.style.faint(fmt.Sprintf("… and %d more: -o csv or -o jsonl has them all", n)))
		}
	}
	_, err := io.WriteString(d.w, p.b.String())
	return err
}

// DiffMarkdown writes what changed for a wiki or a ticket, in GitHub's dialect.
type DiffMarkdown struct {
	w     io.Writer
	h     DiffHeader
	kinds map[compare.Kind][]string
	n     map[compare.Kind]int
}

// NewDiffMarkdown writes to w.
func NewDiffMarkdown(w io.Writer) *DiffMarkdown {
	return &DiffMarkdown{w: w, kinds: map[compare.Kind][]string{}, n: map[compare.Kind]int{}}
}

// Begin remembers the header.
func (d *DiffMarkdown) Begin(h *DiffHeader) error { d.h = *h; return nil }

// Change files one row.
func (d *DiffMarkdown) Change(c *compare.Change) error {
	if d.n[c.Kind]++; d.n[c.Kind] <= MostChanges {
		d.kinds[c.Kind] = append(d.kinds[c.Kind], fmt.Sprintf("| `%s` | %s | %s | %s | %s |", code(Place(c).String()), markdown(c.Host), markdown(c.Check), markdown(Sentence(c)), markdown(strings.Join(c.Because, "; "))))
	}
	return nil
}

// End writes the page.
func (d *DiffMarkdown) End(s *compare.Summary) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s → %s", markdown(d.h.Old), markdown(d.h.New))
	line("\n%s", strings.TrimPrefix(d.h.Period()+" · policy "+markdown(d.h.Policy), " · "))
	for _, w := range d.h.Warnings {
		line("\n> %s", markdown(w))
	}
	line("\nEndpoints: %s.\n\nHosts: %s.", markdown(counts(s)), markdown(HostCounts(s)))
	for _, k := range compare.Kinds() {
		if s.Changes[k] == 0 {
			continue
		}
		title, about := KindWords(k)
		line("\n## %s: %d\n\n%s.\n\n| endpoint | host | check | change | because |\n| --- | --- | --- | --- | --- |", title, s.Changes[k], text.Capital(about))
		for _, row := range d.kinds[k] {
			line("%s", row)
		}
		if n := d.n[k] - MostChanges; n > 0 {
			line("\n… and %d more: `-o csv` and `-o jsonl` have them all.", n)
		}
	}
	_, err := io.WriteString(d.w, b.String())
	return err
}
