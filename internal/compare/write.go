package compare

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"signet"
	"signet/internal/check"
)

// Header opens a comparison.
type Header struct {
	Old, New             string // runs
	OldStarted, NewEnded string // RFC 3339 or ""
	Policy               string
	Warnings             []string
}

// Writer writes a comparison. End is called once.
type Writer interface {
	Begin(*Header) error
	Change(*Change) error
	End(*Summary) error
}

// Formats lists the words of -o.
func Formats() []string { return []string{"text", "jsonl", "csv", "markdown"} }

// NewWriter makes the writer of a format; ok is false for a word that is none.
func NewWriter(format string, w io.Writer) (Writer, bool) {
	b := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case "text":
		return &text{w: b}, true
	case "jsonl":
		return &jsonl{w: b}, true
	case "csv":
		return &table{b: b, w: csv.NewWriter(b)}, true
	case "markdown":
		return &markdown{text{w: b}}, true
	}
	return nil, false
}

// clean makes text from the network fit for a terminal and a ticket.
func clean(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if check.Unseen(r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// sentence is what happened, in one line.
func (c *Change) sentence() string {
	var parts []string
	for _, f := range c.Gained {
		parts = append(parts, fmt.Sprintf("+ %s (%s)%s", f.Rule, f.Severity, where(f.Where)))
	}
	for _, r := range c.Rated {
		parts = append(parts, fmt.Sprintf("%s %s → %s%s", r.Rule, r.Was, r.Severity, where(r.Where)))
	}
	sign := "?"
	if c.Kind == Improved || c.Kind == Worsened {
		sign = "-"
	}
	for _, f := range c.Lost {
		parts = append(parts, fmt.Sprintf("%s %s (%s)%s", sign, f.Rule, f.Severity, where(f.Where)))
	}
	if len(parts) == 0 && c.OldVerdict != c.NewVerdict && c.Old.Addr.IsValid() && c.New.Addr.IsValid() {
		parts = append(parts, c.OldVerdict.String()+" → "+c.NewVerdict.String())
	}
	if len(parts) == 0 && c.Kind == Appeared {
		parts = append(parts, c.NewVerdict.String())
	}
	if len(parts) == 0 {
		parts = append(parts, "was "+c.OldVerdict.String())
	}
	return clean(strings.Join(parts, ", "))
}

func where(s string) string {
	if s == "" {
		return ""
	}
	return " at " + s
}

func (c *Change) endpoint() string {
	e := c.New
	if !e.Addr.IsValid() {
		e = c.Old
	}
	return e.String()
}

type text struct {
	w    *bufio.Writer
	byk  map[Kind][]string // lines are kept by kind: the worst are to stand first
	left map[Kind]uint64
}

// mostLines bounds what a text keeps of one kind; the rest is counted, and in csv and jsonl.
const mostLines = 1000

func (t *text) Begin(h *Header) error {
	t.byk, t.left = map[Kind][]string{}, map[Kind]uint64{}
	fmt.Fprintf(t.w, "%s → %s, policy %s\n", clean(h.Old), clean(h.New), clean(h.Policy))
	for _, w := range h.Warnings {
		fmt.Fprintf(t.w, "warning: %s\n", clean(w))
	}
	return nil
}

func (t *text) Change(c *Change) error {
	if len(t.byk[c.Kind]) >= mostLines {
		t.left[c.Kind]++
		return nil
	}
	line := fmt.Sprintf("  %-28s %-7s %s", c.endpoint(), c.Check, c.sentence())
	if c.Host != "" {
		line += "  [" + clean(c.Host) + "]"
	}
	if len(c.Because) > 0 {
		line += "\n      " + clean(strings.Join(c.Because, "; "))
	}
	t.byk[c.Kind] = append(t.byk[c.Kind], line)
	return nil
}

// title words a kind for a heading.
func title(k Kind) string {
	switch k {
	case Worsened:
		return "worsened"
	case Appeared:
		return "appeared"
	case Undetermined:
		return "cannot be told any more"
	case NotAsked:
		return "no longer asked (not a fix)"
	case Vanished:
		return "vanished (asked again, nothing is there)"
	case Improved:
		return "improved"
	}
	return k.String()
}

func (t *text) End(s *Summary) error {
	for _, k := range Kinds() {
		if s.Changes[k] == 0 {
			continue
		}
		fmt.Fprintf(t.w, "\n%s: %d\n", title(k), s.Changes[k])
		for _, l := range t.byk[k] {
			t.w.WriteString(l + "\n")
		}
		if n := t.left[k]; n > 0 {
			fmt.Fprintf(t.w, "  … and %d more, in -o csv and -o jsonl\n", n)
		}
	}
	fmt.Fprintf(t.w, "\n%s\n", s.sentence())
	return t.w.Flush()
}

func (s *Summary) sentence() string {
	var parts []string
	for _, k := range Kinds() {
		parts = append(parts, fmt.Sprintf("%d %s", s.Changes[k], k))
	}
	out := fmt.Sprintf("%s, %d unchanged; %d hosts before, %d now", strings.Join(parts, ", "), s.Changes[Same], s.OldHosts, s.NewHosts)
	if s.Moved > 0 {
		out += fmt.Sprintf(", %d found at another address", s.Moved)
	}
	if s.Replaced > 0 {
		out += fmt.Sprintf(", %d addresses with another host", s.Replaced)
	}
	return out
}

type markdown struct{ text }

func (m *markdown) Begin(h *Header) error {
	m.byk, m.left = map[Kind][]string{}, map[Kind]uint64{}
	fmt.Fprintf(m.w, "# %s → %s\n\nPolicy %s.\n", cell(h.Old), cell(h.New), cell(h.Policy))
	for _, w := range h.Warnings {
		fmt.Fprintf(m.w, "\n> %s\n", cell(w))
	}
	return nil
}

func (m *markdown) Change(c *Change) error {
	if len(m.byk[c.Kind]) >= mostLines {
		m.left[c.Kind]++
		return nil
	}
	m.byk[c.Kind] = append(m.byk[c.Kind], fmt.Sprintf("| %s | %s | %s | %s | %s |", cell(c.endpoint()), cell(c.Host), cell(c.Check), cell(c.sentence()), cell(strings.Join(c.Because, "; "))))
	return nil
}

func (m *markdown) End(s *Summary) error {
	for _, k := range Kinds() {
		if s.Changes[k] == 0 {
			continue
		}
		fmt.Fprintf(m.w, "\n## %s: %d\n\n| endpoint | host | check | change | because |\n| --- | --- | --- | --- | --- |\n", title(k), s.Changes[k])
		for _, l := range m.byk[k] {
			m.w.WriteString(l + "\n")
		}
		if n := m.left[k]; n > 0 {
			fmt.Fprintf(m.w, "\n… and %d more, in `-o csv` and `-o jsonl`.\n", n)
		}
	}
	fmt.Fprintf(m.w, "\n%s.\n", cell(s.sentence()))
	return m.w.Flush()
}

// cell makes text fit for a cell of a Markdown table.
func cell(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;").Replace(clean(s))
}

type jsonl struct {
	w *bufio.Writer
	b []byte
}

func (j *jsonl) line(b []byte) error {
	j.b = append(b, '}', '\n')
	_, err := j.w.Write(j.b)
	return err
}

func (j *jsonl) Begin(h *Header) error {
	b := append(j.b[:0], `{"kind":"diff","schema":"signet/1","old":`...)
	b = check.AppendString(b, h.Old)
	b = append(b, `,"new":`...)
	b = check.AppendString(b, h.New)
	b = append(b, `,"policy":`...)
	b = check.AppendString(b, h.Policy)
	b = append(b, `,"warnings":`...)
	return j.line(appendStrings(b, h.Warnings))
}

func (j *jsonl) Change(c *Change) error {
	b := append(j.b[:0], `{"kind":"change","change":"`...)
	b = append(b, c.Kind.String()...)
	b = append(b, '"')
	end := func(name string, e signet.Endpoint, v signet.Verdict) {
		if !e.Addr.IsValid() {
			return
		}
		b = append(b, `,"`...)
		b = append(b, name...)
		b = append(b, `":{"address":"`...)
		b = e.Addr.AppendTo(b)
		b = append(b, `","port":`...)
		b = strconv.AppendUint(b, uint64(e.Port), 10)
		b = append(b, `,"transport":"`...)
		b = append(b, e.Transport.String()...)
		b = append(b, `","verdict":"`...)
		b = append(b, v.String()...)
		b = append(b, `"}`...)
	}
	end("old", c.Old, c.OldVerdict)
	end("new", c.New, c.NewVerdict)
	b = append(b, `,"host":`...)
	b = check.AppendString(b, c.Host)
	b = append(b, `,"check":`...)
	b = check.AppendString(b, c.Check)
	findings := func(name string, list []signet.Finding) {
		b = append(b, `,"`...)
		b = append(b, name...)
		b = append(b, `":[`...)
		for i := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendRule(b, &list[i])
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	findings("gained", c.Gained)
	findings("lost", c.Lost)
	b = append(b, `,"rated":[`...)
	for i := range c.Rated {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRule(b, &c.Rated[i].Finding)
		b = append(b, `,"was":"`...)
		b = append(b, c.Rated[i].Was.String()...)
		b = append(b, `"}`...)
	}
	b = append(b, `],"because":`...)
	return j.line(appendStrings(b, c.Because))
}

func appendRule(b []byte, f *signet.Finding) []byte {
	b = append(b, `{"rule":`...)
	b = check.AppendString(b, f.Rule)
	b = append(b, `,"severity":"`...)
	b = append(b, f.Severity.String()...)
	b = append(b, `","where":`...)
	return check.AppendString(b, f.Where)
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = check.AppendString(b, s)
	}
	return append(b, ']')
}

func (j *jsonl) End(s *Summary) error {
	b := append(j.b[:0], `{"kind":"summary","changes":{`...)
	for i, k := range Kinds() {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "%q:%d", k, s.Changes[k])
	}
	b = fmt.Appendf(b, `,"same":%d},"old_hosts":%d,"new_hosts":%d,"moved":%d,"replaced":%d,"old_endpoints":%d,"new_endpoints":%d`,
		s.Changes[Same], s.OldHosts, s.NewHosts, s.Moved, s.Replaced, s.OldOpen, s.NewOpen)
	if err := j.line(b); err != nil {
		return err
	}
	return j.w.Flush()
}

// table is CSV: a row per finding that came, went or was rated anew, and one per change without any.
type table struct {
	b *bufio.Writer
	w *csv.Writer
}

func (t *table) Begin(*Header) error {
	return t.w.Write([]string{"change", "host", "old_address", "new_address", "port", "transport", "check", "old_verdict", "new_verdict", "finding", "rule", "severity", "was_severity", "where", "because"})
}

func (t *table) Change(c *Change) error {
	e, old, now, oldVerdict, newVerdict := c.New, "", "", "", ""
	if c.Old.Addr.IsValid() {
		e, old, oldVerdict = c.Old, c.Old.Addr.String(), c.OldVerdict.String()
	}
	if c.New.Addr.IsValid() {
		e, now, newVerdict = c.New, c.New.Addr.String(), c.NewVerdict.String()
	}
	row := func(what string, f *signet.Finding, was string) error {
		severity := ""
		if f.Rule != "" {
			severity = f.Severity.String()
		}
		return t.w.Write([]string{c.Kind.String(), inert(c.Host), old, now, e.PortString(), e.Transport.String(), inert(c.Check), oldVerdict, newVerdict,
			what, f.Rule, severity, was, inert(f.Where), inert(strings.Join(c.Because, "; "))})
	}
	for i := range c.Gained {
		if err := row("gained", &c.Gained[i], ""); err != nil {
			return err
		}
	}
	for i := range c.Lost {
		if err := row("lost", &c.Lost[i], ""); err != nil {
			return err
		}
	}
	for i := range c.Rated {
		if err := row("rated", &c.Rated[i].Finding, c.Rated[i].Was.String()); err != nil {
			return err
		}
	}
	if len(c.Gained)+len(c.Lost)+len(c.Rated) == 0 {
		return row("", &signet.Finding{}, "")
	}
	return nil
}

// inert keeps a spreadsheet from taking text for a formula.
func inert(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (t *table) End(*Summary) error {
	t.w.Flush()
	if err := t.w.Error(); err != nil {
		return err
	}
	return t.b.Flush()
}
