package html

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// split is exposure by one way of sorting hosts.
type split struct {
	Caption, Head, Left string
	Rows                []splitRow
}

// splitRow is one of the sorts.
type splitRow struct {
	Name                                   string
	Exposed, Undetermined, Guarded, Unseen string
	Bars                                   []segment

	verdicts report.Counts
}

// show writes the numbers of a row.
func (r *splitRow) show(v report.Counts) {
	r.Exposed, r.Undetermined, r.Guarded, r.Unseen = text.Grouped(v[signet.Exposed]), text.Grouped(v[signet.Undetermined]), text.Grouped(v[signet.Guarded]), text.Grouped(v[signet.Unseen])
}

// mostSplit is how many rows of a split a page shows.
const mostSplit = 15

// splitOf sorts rows, the most exposed first.
func splitOf(m map[string]*splitRow, caption, head string) split {
	rows := slices.SortedFunc(maps.Values(m), func(a, b *splitRow) int {
		return cmp.Or(cmp.Compare(b.verdicts[signet.Exposed], a.verdicts[signet.Exposed]), cmp.Compare(b.verdicts[signet.Undetermined], a.verdicts[signet.Undetermined]), strings.Compare(a.Name, b.Name))
	})
	s := split{Caption: caption, Head: head}
	for _, r := range rows[:min(len(rows), mostSplit)] {
		r.show(r.verdicts)
		r.Bars = bars(r.verdicts, 100)
		s.Rows = append(s.Rows, *r)
	}
	if n := len(rows) - mostSplit; n > 0 {
		s.Left = "… and " + text.Grouped(uint64(n)) + " more with less exposure: -o csv and -o xlsx have every endpoint."
	}
	return s
}

// trend shows this run beside earlier ones of the same scope; nil where there are none.
func trend(h *report.Header, s *report.Summary) *split {
	if len(h.Trend) == 0 {
		return nil
	}
	out := &split{Caption: "Endpoints of this run and of earlier ones of the same scope, as they were judged then", Head: "Run"}
	for _, p := range append([]report.Point{{Run: h.Run, Started: h.Started, Verdicts: s.Verdicts}}, h.Trend...) {
		row := splitRow{Name: p.Started.UTC().Format("2006-01-02 15:04"), Bars: bars(p.Verdicts, 100)}
		row.show(p.Verdicts)
		out.Rows = append(out.Rows, row)
	}
	return out
}

// segment is a part of a bar, in its own units.
type segment struct {
	Class string
	X, W  string
}

// bars divides a width among verdicts.
func bars(v report.Counts, width float64) []segment {
	total := v.Total()
	if total == 0 {
		return nil
	}
	var out []segment
	x := 0.0
	for _, verdict := range signet.Verdicts() {
		w := width * float64(v[verdict]) / float64(total)
		if w > 0 {
			out = append(out, segment{verdict.String(), fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", w)})
		}
		x += w
	}
	return out
}
