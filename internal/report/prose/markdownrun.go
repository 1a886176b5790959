package prose

import (
	"fmt"
	"io"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// markdownRun writes coverage, what to do first, and the endpoints in the order of the text report, as tables.
type markdownRun struct {
	digest
	markdownPage
	w       io.Writer
	odd     []string // endpoints that sources disagree about
	oddMore int      // of them
}

func newMarkdown(w io.Writer, o *report.Options) report.Handler {
	m := &markdownRun{digest: newDigest(o), w: w}
	m.flat = true
	return m
}

// mostOddRows is how many endpoints that sources disagree about are listed.
const mostOddRows = 30

// Wants the sums of paths.
func (m *markdownRun) Wants() report.Wants { return report.Wants{Hosts: m.by != nil, Paths: true} }

// Begin remembers the header.
func (m *markdownRun) Begin(h *report.Header) error {
	m.begin(h)
	return nil
}

// Endpoint files one line.
func (m *markdownRun) Endpoint(l *report.Line) error {
	for _, d := range l.Disagreements {
		if len(m.odd) < mostOddRows {
			m.odd = append(m.odd, fmt.Sprintf("| `%s` | %s |", code(l.Endpoint.String()), markdown(d)))
		} else {
			m.oddMore++
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
	m.stepsTable()
	if m.by != nil {
		m.by.end()
		m.hostTable()
		m.blindList(s)
		return m.print(m.w)
	}
	m.section("Exposed", text.Count(m.exposed.total, "endpoint", "endpoints")+" where a relay of NTLM from at least one kind of client is possible", &m.exposed)
	m.section("Undetermined", text.Count(m.undetermined.total, "endpoint", "endpoints")+" without a verdict", &m.undetermined)
	m.section("Other findings", m.weakAbout(), &m.weak)
	m.risksTable()
	m.calmTables()
	if len(m.odd) > 0 {
		m.line("\n## Sources disagree\n\n| endpoint | what another source says |\n|---|---|")
		for _, row := range m.odd {
			m.line("%s", row)
		}
		if m.oddMore > 0 {
			m.line("\n%s.", m.more(m.oddMore, "-o csv"))
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
