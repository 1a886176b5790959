package prose

import (
	"fmt"
	"io"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// markdownRun writes coverage, findings worst first with their endpoints and their fix, then what stayed undetermined.
type markdownRun struct {
	digest
	markdownPage
	w    io.Writer
	odd  []string // endpoints that sources disagree about
	more uint64   // of them
}

func newMarkdown(w io.Writer, o *report.Options) report.Handler {
	m := &markdownRun{digest: newDigest(o), w: w}
	m.flat = true
	return m
}

// Begin remembers the header.
func (m *markdownRun) Begin(h *report.Header) error { m.h = *h; return nil }

// Endpoint files one line.
func (m *markdownRun) Endpoint(l *report.Line) error {
	for _, d := range l.Disagreements {
		if len(m.odd) < mostRows {
			m.odd = append(m.odd, fmt.Sprintf("| `%s` | %s |", code(l.Endpoint.String()), markdown(d)))
		} else {
			m.more++
		}
	}
	return m.digest.Endpoint(l)
}

// End writes the page.
func (m *markdownRun) End(s *report.Summary) error {
	h := &m.h
	m.line("# Signet: %s", markdown(strings.Join(h.Targets, ", ")))
	m.line("")
	m.line("%s, %s · policy %s · depth %s · checks %s · run %s · %s", h.Started.UTC().Format("2006-01-02 15:04 UTC"), s.Ended.Sub(h.Started).Round(100_000_000),
		markdown(h.Policy), h.Depth, markdown(strings.Join(h.Checks, " ")), markdown(h.Run), markdown(h.Tool))
	if s.Interrupted {
		m.line("\n**Interrupted:** what follows is what was learned until then.")
	}
	m.notes(h.Warnings)
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
	groups := m.sorted()
	if len(groups) > 0 {
		m.line("\n## Findings\n\n| severity | finding | endpoints |\n|---|---|---:|")
		for _, g := range groups {
			m.line("| %s | %s (`%s`) | %d |", g.finding.Severity, markdown(g.finding.Title), code(g.finding.Rule), g.exposed.total+g.other.total)
		}
	}
	for _, g := range groups {
		m.group(g)
	}
	if n := m.undetermined.total; n > 0 {
		m.line("\n## Undetermined: %s that could not be told", text.Count(uint64(n), "endpoint", "endpoints"))
		m.table(&m.undetermined)
	}
	m.risksTable()
	for _, v := range calmVerdicts() {
		if c := m.calm[v]; c != nil && h.All {
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
			m.line("\n… and %d more: `-o csv` has them all.", m.more)
		}
	}
	m.blindList(s)
	return m.print(m.w)
}

func (m *markdownRun) coverage(s *report.Summary) {
	c := &s.Coverage
	m.line("\n## Coverage\n\n| addresses | alive | endpoints asked | answered | undetermined | refused | silent |\n|---:|---:|---:|---:|---:|---:|---:|")
	m.line("| %d | %d | %d | %d | %d | %d | %d |", c.Addresses, c.Alive, c.Asked, c.Outcomes[signet.Answered], c.Undetermined, c.Outcomes[signet.Refused], c.Outcomes[signet.Silent])
	m.line("\n**Findings:** %s%s.", s.Severities.Words(signet.Severity.String), m.risks.Beside())
	m.line("\n**%d exposed**%s, %d undetermined, %d guarded, %d unseen.", s.Verdicts[signet.Exposed], report.Excepted(s.Excepted), s.Verdicts[signet.Undetermined], s.Verdicts[signet.Guarded], s.Verdicts[signet.Unseen])
}

func (m *markdownRun) group(g *group) {
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

func (m *markdownRun) table(list *listing) {
	m.line("\n| endpoint | host | because |\n|---|---|---|")
	shown := list.sorted()[0].first
	for _, e := range shown {
		m.line("| `%s` | %s | %s |", code(e.at.String()), markdown(e.who), markdown(e.because))
	}
	if more := list.total - len(shown); more > 0 {
		m.line("\n… and %d more: `-o csv` has them all.", more)
	}
}
