package report

import (
	"strings"

	"signet/internal/compare"
)

// DiffColumns are the headings of DiffRows.
func DiffColumns() []string {
	return []string{"change", "host", "old_address", "new_address", "port", "transport", "check", "old_verdict", "new_verdict", "finding", "rule", "severity", "was_severity", "where", "because"}
}

// DiffRows are a change as cells: a row for each finding that came, went or was rated anew, one where no finding moved.
func DiffRows(c *compare.Change) [][]string {
	old, now, oldVerdict, newVerdict := "", "", "", ""
	if c.Old.Addr.IsValid() {
		old, oldVerdict = c.Old.Addr.String(), c.OldVerdict.String()
	}
	if c.New.Addr.IsValid() {
		now, newVerdict = c.New.Addr.String(), c.NewVerdict.String()
	}
	at := c.Endpoint()
	var rows [][]string
	for _, e := range c.Effects() {
		rule, severity, was, where := "", "", "", ""
		if e.Finding != nil {
			rule, severity, where = e.Finding.Rule, e.Finding.Severity.String(), e.Finding.Where
		}
		if e.Move == compare.Regraded {
			was = e.Was.String()
		}
		rows = append(rows, []string{c.Kind.String(), Cell(c.Host), old, now, at.PortString(), at.Transport.String(), Cell(c.Check), oldVerdict, newVerdict,
			string(e.Move), Cell(rule), severity, was, Cell(where), Cell(strings.Join(c.Because, "; "))})
	}
	return rows
}
