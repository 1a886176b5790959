package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// Markdown writes a page for a wiki or a ticket, in GitHub's dialect (tables): coverage, findings worst first with
// their endpoints and their fix, then what stayed undetermined.
type Markdown struct {
	Ignore
	w     io.Writer
	rules *Rulebook
	text  *Text // files lines into groups as the text report does
	b     *bufio.Writer
	odd   []string // endpoints that sources disagree about
	more  uint64   // of them
}

// mostRows is how many endpoints one table lists: more is not read on a page, and csv has them all.
const mostRows = 1000

// NewMarkdown writes to w.
func NewMarkdown(w io.Writer, checks []check.Check, rules *Rulebook) *Markdown {
	text := NewText(io.Discard, checks, 100, false)
	text.flat = true
	return &Markdown{w: w, rules: rules, text: text}
}

// Begin remembers the header.
func (m *Markdown) Begin(h *Header) error { return m.text.Begin(h) }

// Endpoint files one line.
func (m *Markdown) Endpoint(l *Line) error {
	for _, d := range l.Disagreements {
		if len(m.odd) < mostRows {
			m.odd = append(m.odd, fmt.Sprintf("| `%s` | %s |", code(l.Endpoint.String()), markdown(d)))
		} else {
			m.more++
		}
	}
	return m.text.Endpoint(l)
}

// End writes the page.
func (m *Markdown) End(s *Summary) error {
	m.b = bufio.NewWriter(m.w)
	h := &m.text.h
	m.line("# Signet: %s", markdown(strings.Join(h.Targets, ", ")))
	m.line("")
	m.line("%s, %s · policy %s · depth %s · checks %s · run %s · %s", h.Started.UTC().Format("2006-01-02 15:04 UTC"), s.Ended.Sub(h.Started).Round(100_000_000),
		markdown(h.Policy), h.Depth, markdown(strings.Join(h.Checks, " ")), markdown(h.Run), markdown(h.Tool))
	if s.Interrupted {
		m.line("\n**Interrupted:** what follows is what was learned until then.")
	}
	for _, w := range h.Warnings {
		m.line("\n> %s", markdown(w))
	}
	for i, lost := range s.Missing() {
		m.line("%s> %s%s", text.Either(i == 0, "\n", ""), markdown(lost), text.Either(i == len(s.Missing())-1, "", "  "))
	}
	m.coverage(s)
	if len(h.Trend) > 0 {
		m.line("\n## Earlier runs of the same scope\n\n| started | run | exposed | undetermined | guarded | unseen |\n|---|---|---:|---:|---:|---:|")
		for _, p := range h.Trend {
			m.line("| %s | `%s` | %d | %d | %d | %d |", p.Started.UTC().Format("2006-01-02 15:04 UTC"), code(p.Run),
				p.Verdicts[signet.Exposed], p.Verdicts[signet.Undetermined], p.Verdicts[signet.Guarded], p.Verdicts[signet.Unseen])
		}
	}
	groups := m.text.sorted()
	if len(groups) > 0 {
		m.line("\n## Findings\n\n| severity | finding | endpoints |\n|---|---|---:|")
		for _, g := range groups {
			m.line("| %s | %s (`%s`) | %d |", g.finding.Severity, markdown(g.finding.Title), code(g.finding.Rule), g.exposed.total+g.other.total)
		}
	}
	for _, g := range groups {
		m.group(g)
	}
	if n := m.text.undetermined.total; n > 0 {
		m.line("\n## Undetermined: %s that could not be told", text.Count(uint64(n), "endpoint", "endpoints"))
		m.table(&m.text.undetermined)
	}
	for _, v := range calmVerdicts() {
		if c := m.text.calm[v]; c != nil && h.All {
			m.line("\n## %s: %s", text.Capital(v.String()), text.Count(uint64(c.total), "endpoint", "endpoints"))
			m.line("\n%s.", text.Capital(calmWords(v)))
			m.table(&c.list)
		}
	}
	if len(m.odd) > 0 {
		m.line("\n## Sources disagree\n\n| endpoint | what another source says |\n|---|---|")
		for _, row := range m.odd {
			m.line("%s", row)
		}
		if m.more > 0 {
			m.line("\nand %d more: csv has them all", m.more)
		}
	}
	return m.b.Flush()
}

func (m *Markdown) line(format string, args ...any) { fmt.Fprintf(m.b, format+"\n", args...) }

func (m *Markdown) coverage(s *Summary) {
	c := &s.Coverage
	m.line("\n## Coverage\n\n| addresses | alive | endpoints asked | answered | undetermined | refused | silent |\n|---:|---:|---:|---:|---:|---:|---:|")
	m.line("| %d | %d | %d | %d | %d | %d | %d |", c.Addresses, c.Alive, c.Asked, c.Outcomes[signet.Answered], c.Undetermined, c.Outcomes[signet.Refused], c.Outcomes[signet.Silent])
	m.line("\n**%d exposed**, %d undetermined, %d guarded, %d unseen.", s.Verdicts[signet.Exposed], s.Verdicts[signet.Undetermined], s.Verdicts[signet.Guarded], s.Verdicts[signet.Unseen])
}

func (m *Markdown) group(g *group) {
	r := m.rules.Of(g.finding.Rule)
	m.line("\n### %s\n\n`%s` · %s", markdown(g.finding.Title), code(g.finding.Rule), g.finding.Severity)
	if r.Known {
		if requires := r.Rule.Requires; requires != "" {
			m.line("\nWanted: %s.", markdown(requires))
		}
		if fix := r.Advice.Setting; fix != "" {
			m.line("\n**Fix:** %s", fix) // advice is Markdown of our own
		}
	}
	if g.exposed.total > 0 {
		m.line("\nExposed:")
		m.table(&g.exposed)
	}
	if g.other.total > 0 {
		m.line("\nNo relay by itself, or not shown to be one:")
		m.table(&g.other)
	}
}

func (m *Markdown) table(list *listing) {
	m.line("\n| endpoint | host | because |\n|---|---|---|")
	shown := list.sorted()[0].first
	for _, e := range shown {
		m.line("| `%s` | %s | %s |", code(e.at.String()), markdown(e.who), markdown(e.because))
	}
	if more := list.total - len(shown); more > 0 {
		m.line("\n… and %d more: `-o csv` has them all.", more)
	}
}

// markdown makes text of the network stand for itself: no mark-up, no HTML, no link, no cell of its own.
func markdown(s string) string {
	s = text.Clean(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '|': // a backslash would do, were it not for readers that split cells first
			b.WriteString("&#124;")
		case r == ':' || r == '@': // "https://" and "a@b" would become links
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()#+!~=", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www&#46;")
}

// code is text for a span between single backticks, where no mark-up counts but the end of the span and of the cell.
func code(s string) string {
	return strings.NewReplacer("`", "'", "|", "¦").Replace(text.Clean(s))
}
