package report

import (
	"strings"
	"time"

	"signet/internal/compare"
)

// DiffHeader opens a comparison of two runs.
type DiffHeader struct {
	Old, New   string // runs
	OldStarted time.Time
	NewStarted time.Time
	NewEnded   time.Time // of the new run: when a change was seen; zero where it did not end
	Tool       string    // signet/VERSION
	Policy     string
	Warnings   []string
}

// Seen is when a change is known since.
func (h *DiffHeader) Seen() time.Time {
	if h.NewEnded.IsZero() {
		return h.NewStarted
	}
	return h.NewEnded
}

// Period says between what and what, for people.
func (h *DiffHeader) Period() string {
	const minute = "2006-01-02 15:04 UTC"
	if h.OldStarted.IsZero() || h.NewStarted.IsZero() {
		return ""
	}
	return h.OldStarted.UTC().Format(minute) + " → " + h.NewStarted.UTC().Format(minute)
}

// DiffWriter handles what changed between two runs. End is called once.
type DiffWriter interface {
	Begin(*DiffHeader) error
	Change(*compare.Change) error
	End(*compare.Summary) error
}

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
