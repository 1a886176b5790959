package html

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"signet"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes one page of what changed, without a script: the worst first, what to do about what came.
type diff struct {
	w     io.Writer
	rules *report.Rulebook
	h     report.DiffHeader
	kinds map[compare.Kind]*kind
	came  map[string]*came
}

// diffView is what diff.tmpl shows.
type diffView struct {
	document
	Old, New, Period string
	Kinds            []*kind
}

// came sums the findings of a rule that came.
type came struct {
	finding signet.Finding
	n       uint64
}

func newDiff(w io.Writer, o *report.Options) report.DiffWriter {
	return &diff{w: w, rules: report.NewRulebook(o.Checks), kinds: map[compare.Kind]*kind{}, came: map[string]*came{}}
}

// Begin remembers the header.
func (d *diff) Begin(h *report.DiffHeader) error { d.h = *h; return nil }

// Change files one row.
func (d *diff) Change(c *compare.Change) error {
	d.count(c)
	k := d.kinds[c.Kind]
	if k == nil {
		k = newKind(c.Kind)
		d.kinds[c.Kind] = k
	}
	k.file(c)
	return nil
}

// count adds the findings that came to the sums of their rules.
func (d *diff) count(c *compare.Change) {
	for i := range c.Gained {
		f := &c.Gained[i]
		r := d.came[f.Rule]
		if r == nil {
			r = &came{finding: *f}
			d.came[f.Rule] = r
		}
		r.n++
		r.finding.Severity = max(r.finding.Severity, f.Severity)
	}
}

// End writes the page.
func (d *diff) End(s *compare.Summary) error {
	v := &diffView{
		document: document{Policy: text.Clean(d.h.Policy), Tool: text.Clean(d.h.Tool), Notes: text.CleanAll(d.h.Warnings), Todo: d.todo()},
		Old:      text.Cut(text.Clean(d.h.Old), 200), New: text.Cut(text.Clean(d.h.New), 200), Period: d.h.Period(),
	}
	v.Heading = "changes, " + v.Old + " → " + v.New
	v.Lead, v.Sub = diffLead(s)
	classes := map[compare.Kind]string{compare.Worsened: "exposed", compare.Appeared: "exposed", compare.NewlyAsked: "unseen", compare.Undetermined: "undetermined", compare.NotAsked: "undetermined", compare.Improved: "guarded"}
	for _, k := range compare.Kinds() {
		class := classes[k]
		if s.Changes[k] == 0 {
			class = ""
		}
		v.Tiles = append(v.Tiles, tile{class, text.Grouped(s.Changes[k]), strings.ToLower(report.KindTitle(k))})
		if kind := d.kinds[k]; kind != nil {
			kind.Count = text.CountGrouped(kind.n, "endpoint", "endpoints")
			if left := kind.n - uint64(len(kind.Rows)); left > 0 {
				kind.Left = "… and " + text.Grouped(left) + " more: -o csv, -o xlsx and -o jsonl have them all."
			}
			v.Kinds = append(v.Kinds, kind)
		}
	}
	return v.write(d.w, "diff.tmpl", "", v)
}

// diffLead is the sentence that who reads only one reads.
func diffLead(s *compare.Summary) (lead, sub string) {
	worse, better := s.Changes[compare.Worsened]+s.Changes[compare.Appeared], s.Changes[compare.Improved]
	newly := s.Changes[compare.NewlyAsked]
	lost := s.Changes[compare.Undetermined] + s.Changes[compare.NotAsked] + s.Changes[compare.Vanished]
	sub = text.Grouped(s.Changes[compare.Same]) + " unchanged. Hosts: " + report.HostCounts(s) + "."
	if lost > 0 {
		sub = "Signet can no longer judge " + text.CountGrouped(lost, "endpoint", "endpoints") + ", which fixes none of them. " + sub
	}
	if newly > 0 {
		sub = "The new run asked more of " + text.CountGrouped(newly, "endpoint", "endpoints") + " than the old one. " + sub
	}
	switch {
	case worse+better+lost+newly == 0:
		return "Nothing changed.", sub
	case worse > 0:
		return fmt.Sprintf("%s got worse or are new; %s improved.", text.CountGrouped(worse, "endpoint", "endpoints"), text.Grouped(better)), sub
	case better > 0:
		return fmt.Sprintf("%s improved, none got worse.", text.CountGrouped(better, "endpoint", "endpoints")), sub
	}
	return "Nothing got worse, and nothing improved.", sub
}

// todo names the fixes of what came, worst first.
func (d *diff) todo() []todo {
	var out []todo
	for _, r := range slices.SortedFunc(maps.Values(d.came), func(a, b *came) int {
		return cmp.Or(cmp.Compare(b.finding.Severity, a.finding.Severity), cmp.Compare(b.n, a.n), strings.Compare(a.finding.Rule, b.finding.Rule))
	}) {
		fix := d.rules.Fix(r.finding.Rule)
		if fix == "" || !report.Counted(&r.finding) {
			continue
		}
		out = append(out, todo{text.Clean(r.finding.Rule), text.Clean(r.finding.Title), r.finding.Severity.String(), template.HTML(spans(fix)), "Came at " + text.CountGrouped(r.n, "endpoint", "endpoints")})
		if len(out) == mostTodo {
			break
		}
	}
	return out
}
