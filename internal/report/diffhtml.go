package report

import (
	"bufio"
	"cmp"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"signet"
	"signet/internal/compare"
	"signet/internal/text"
)

// DiffHTML writes one page of what changed, without a script: the worst first, what to do about what came.
type DiffHTML struct {
	w     io.Writer
	rules *Rulebook
	h     DiffHeader
	kinds map[compare.Kind]*diffKind
	came  map[string]*cameRule
}

// diffView is what the template shows.
type diffView struct {
	CSP                     string
	Style                   template.CSS
	Old, New, Period        string
	Policy, Tool, Lead, Sub string
	Notes                   []string
	Tiles                   []tile
	Todo                    []todo
	Kinds                   []*diffKind
}

// diffKind is a section of the page.
type diffKind struct {
	ID, Title, About, Count, Left string
	Gone                          string // instead of a verdict
	Rows                          []diffRow

	n    uint64
	room int // bytes of text left
}

type diffRow struct {
	Endpoint, Check, Host, Was, Now, Because string
	Parts                                    []diffPart
}

type diffPart struct{ Sign, Severity, Text string }

// cameRule sums the findings of a rule that came.
type cameRule struct {
	finding signet.Finding
	n       uint64
}

// diffRoom is how many bytes a kind of change may bring to the page: six of them stay below six megabytes.
const diffRoom = 800_000

// NewDiffHTML writes to w.
func NewDiffHTML(w io.Writer, rules *Rulebook) *DiffHTML {
	return &DiffHTML{w: w, rules: rules, kinds: map[compare.Kind]*diffKind{}, came: map[string]*cameRule{}}
}

// Begin remembers the header.
func (d *DiffHTML) Begin(h *DiffHeader) error { d.h = *h; return nil }

// Change files one row.
func (d *DiffHTML) Change(c *compare.Change) error {
	for i := range c.Gained {
		f := &c.Gained[i]
		r := d.came[f.Rule]
		if r == nil {
			r = &cameRule{finding: *f}
			d.came[f.Rule] = r
		}
		r.n++
		r.finding.Severity = max(r.finding.Severity, f.Severity)
	}
	k := d.kinds[c.Kind]
	if k == nil {
		k = &diffKind{ID: c.Kind.String(), room: diffRoom}
		k.Title, k.About = kindWords(c.Kind)
		if k.Gone = "gone"; c.Kind == compare.NotAsked {
			k.Gone = "not asked"
		}
		d.kinds[c.Kind] = k
	}
	k.n++
	k.room -= 250 // mark-up
	if len(k.Rows) >= mostChanges || k.room <= 0 {
		return nil
	}
	row := diffRow{Endpoint: place(c).String(), Check: text.Clean(c.Check), Host: text.Clean(c.Host), Because: strings.Join(text.CleanAll(c.Because), "; ")}
	if c.Old.Addr.IsValid() {
		row.Was = c.OldVerdict.String()
	}
	if c.New.Addr.IsValid() {
		row.Now = c.NewVerdict.String()
	}
	if row.Was == row.Now {
		row.Was = ""
	}
	for _, e := range effects(c) {
		if e.finding == nil {
			continue
		}
		p := diffPart{Severity: e.finding.Severity.String(), Text: text.Clean(e.finding.Rule)}
		if e.finding.Where != "" {
			p.Text += " at " + text.Clean(e.finding.Where)
		}
		switch {
		case e.what == "gained":
			p.Sign = "new"
		case e.what == "rated":
			p.Sign = "was " + e.was.String() + ", now"
		default:
			p.Sign = text.Either(fixed(c), "closed", "not known:")
		}
		row.Parts = append(row.Parts, p)
		k.room -= len(p.Text)
	}
	k.room -= len(row.Host) + len(row.Because)
	k.Rows = append(k.Rows, row)
	return nil
}

// End writes the page.
func (d *DiffHTML) End(s *compare.Summary) error {
	files, err := pageFiles("diff.tmpl", "page.css")
	if err != nil {
		return err
	}
	t, err := template.New("diff").Parse(files["diff.tmpl"])
	if err != nil {
		return err
	}
	v := &diffView{CSP: "default-src 'none'; style-src '" + cspHash(files["page.css"]) + "'; base-uri 'none'; form-action 'none'", Style: template.CSS(files["page.css"]),
		Old: text.Cut(text.Clean(d.h.Old), 200), New: text.Cut(text.Clean(d.h.New), 200), Period: d.h.period(), Policy: text.Clean(d.h.Policy), Tool: text.Clean(d.h.Tool), Notes: text.CleanAll(d.h.Warnings), Todo: d.todo()}
	v.Lead, v.Sub = diffLead(s)
	classes := map[compare.Kind]string{compare.Worsened: "exposed", compare.Appeared: "exposed", compare.NewlyAsked: "unseen", compare.Undetermined: "undetermined", compare.NotAsked: "undetermined", compare.Improved: "guarded"}
	for _, k := range compare.Kinds() {
		title, _ := kindWords(k)
		class := classes[k]
		if s.Changes[k] == 0 {
			class = ""
		}
		v.Tiles = append(v.Tiles, tile{class, text.Grouped(s.Changes[k]), strings.ToLower(title)})
		if kind := d.kinds[k]; kind != nil {
			kind.Count = text.CountGrouped(kind.n, "endpoint", "endpoints")
			if left := kind.n - uint64(len(kind.Rows)); left > 0 {
				kind.Left = "… and " + text.Grouped(left) + " more: -o csv, -o xlsx and -o jsonl have them all."
			}
			v.Kinds = append(v.Kinds, kind)
		}
	}
	b := bufio.NewWriterSize(d.w, 64<<10)
	if err := t.Execute(b, v); err != nil {
		return err
	}
	return b.Flush()
}

// diffLead is the sentence that who reads only one reads.
func diffLead(s *compare.Summary) (lead, sub string) {
	worse, better := s.Changes[compare.Worsened]+s.Changes[compare.Appeared], s.Changes[compare.Improved]
	newly := s.Changes[compare.NewlyAsked]
	lost := s.Changes[compare.Undetermined] + s.Changes[compare.NotAsked] + s.Changes[compare.Vanished]
	sub = text.Grouped(s.Changes[compare.Same]) + " unchanged. Hosts: " + hostCounts(s) + "."
	if lost > 0 {
		sub = text.CountGrouped(lost, "endpoint", "endpoints") + " no longer tell: that is no fix. " + sub
	}
	if newly > 0 {
		sub = text.CountGrouped(newly, "endpoint", "endpoints") + " told more, since more was asked. " + sub
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
func (d *DiffHTML) todo() []todo {
	var out []todo
	for _, r := range slices.SortedFunc(maps.Values(d.came), func(a, b *cameRule) int {
		return cmp.Or(cmp.Compare(b.finding.Severity, a.finding.Severity), cmp.Compare(b.n, a.n), strings.Compare(a.finding.Rule, b.finding.Rule))
	}) {
		fix := d.rules.fix(r.finding.Rule)
		if fix == "" || !counted(&r.finding) {
			continue
		}
		out = append(out, todo{text.Clean(r.finding.Rule), text.Clean(r.finding.Title), r.finding.Severity.String(), plain(fix), "Came at " + text.CountGrouped(r.n, "endpoint", "endpoints")})
		if len(out) == mostTodo {
			break
		}
	}
	return out
}
