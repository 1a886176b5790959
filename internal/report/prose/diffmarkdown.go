package prose

import (
	"fmt"
	"io"
	"strings"

	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diffMarkdown writes a table for each kind of change, the worst first.
type diffMarkdown struct {
	markdownPage
	w     io.Writer
	h     report.DiffHeader
	kinds map[compare.Kind][]string
	n     map[compare.Kind]int
}

func newDiffMarkdown(w io.Writer, _ *report.Options) report.DiffWriter {
	return &diffMarkdown{w: w, kinds: map[compare.Kind][]string{}, n: map[compare.Kind]int{}}
}

// Begin remembers the header.
func (d *diffMarkdown) Begin(h *report.DiffHeader) error { d.h = *h; return nil }

// Change files one row.
func (d *diffMarkdown) Change(c *compare.Change) error {
	if d.n[c.Kind]++; d.n[c.Kind] <= report.MostChanges {
		d.kinds[c.Kind] = append(d.kinds[c.Kind], fmt.Sprintf("| `%s` | %s | %s | %s | %s |", code(c.Endpoint().String()), markdown(c.Host), markdown(c.Check), markdown(report.Sentence(c)), markdown(strings.Join(c.Because, "; "))))
	}
	return nil
}

// End writes the page.
func (d *diffMarkdown) End(s *compare.Summary) error {
	d.line("# %s → %s", markdown(d.h.Old), markdown(d.h.New))
	d.line("\n%s", strings.TrimPrefix(d.h.Period()+" · policy "+markdown(d.h.Policy), " · "))
	d.notes(d.h.Warnings)
	d.line("\nEndpoints: %s.\n\nHosts: %s.", markdown(counts(s)), markdown(report.HostCounts(s)))
	for _, k := range compare.Kinds() {
		if s.Changes[k] == 0 {
			continue
		}
		title, about := report.KindWords(k)
		d.line("\n## %s: %d\n\n%s.\n\n| endpoint | host | check | change | because |\n| --- | --- | --- | --- | --- |", title, s.Changes[k], text.Capital(about))
		for _, row := range d.kinds[k] {
			d.line("%s", row)
		}
		if n := d.n[k] - report.MostChanges; n > 0 {
			d.line("\n… and %d more: `-o csv` and `-o jsonl` have them all.", n)
		}
	}
	return d.print(d.w)
}
