package ocsf

import (
	"io"
	"strings"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes the life of findings: Create for one that came, Update for one rated anew or that cannot be told any more, Close
// for one that is gone. finding_info.uid is that of the run's own events.
type diff struct {
	lines
	when time.Time
}

func newDiff(w io.Writer, o *report.Options) report.DiffWriter { return &diff{lines: newLines(w, o)} }

// Begin remembers the header.
func (d *diff) Begin(h *report.DiffHeader) error {
	d.tool, d.run, d.policy, d.when = h.Tool, h.New, h.Policy, h.Seen()
	return nil
}

// Change writes the events of one change.
func (d *diff) Change(c *compare.Change) error {
	for _, e := range c.Effects() {
		if e.Finding != nil && !report.Counted(e.Finding) && e.Move != compare.Regraded {
			continue
		}
		about := &subject{at: e.At, host: text.Clean(c.Host), check: c.Check, verdict: c.Verdict(), when: d.when}
		var ev *event
		switch {
		case e.Move == compare.Lost && c.Closes():
			ev = d.finding(about, e.Finding, pass)
			ev.life(3, "Close", 4, "Resolved")
		case e.Move == compare.Lost:
			ev = d.finding(about, e.Finding, warning)
			ev.life(2, "Update", 2, "In Progress")
			ev.Compliance.Detail = report.KindTitle(c.Kind) + ": " + strings.Join(text.CleanAll(c.Because), "; ")
		case e.Move == compare.Regraded:
			ev = d.finding(about, e.Finding, fail)
			ev.life(2, "Update", 2, "In Progress")
			ev.Unmapped["was"] = e.Was.String()
		case e.Move == compare.Gained:
			ev = d.finding(about, e.Finding, fail)
		case c.Verdict() == signet.Unseen:
			ev = d.verdict(about, unknown, "No NTLM and no guard was seen", report.VerdictChange(c))
		case c.Verdict() == signet.Guarded:
			ev = d.verdict(about, pass, "No rule of the policy is broken", report.VerdictChange(c))
		default:
			ev = d.verdict(about, warning, report.KindTitle(c.Kind), report.VerdictChange(c))
		}
		ev.Unmapped["change"] = c.Kind.String()
		if err := d.write(ev); err != nil {
			return err
		}
	}
	return nil
}

// End flushes.
func (d *diff) End(*compare.Summary) error { return d.b.Flush() }
