package prose

import (
	"strings"

	"signet/internal/report"
)

// printBlind ends a report with what it could not see.
func (t *textRun) printBlind(p *page, s *report.Summary) {
	p.heading(strings.ToUpper(report.BlindTitle), "true for this run")
	for _, sentence := range t.blind.Sentences(&t.h, s) {
		p.text(2, 4, sentence)
	}
}

// blindList is the same for Markdown.
func (m *markdownRun) blindList(s *report.Summary) {
	m.line("\n## %s\n", report.BlindTitle)
	for _, sentence := range m.blind.Sentences(&m.h, s) {
		m.line("- %s", markdown(sentence))
	}
}
