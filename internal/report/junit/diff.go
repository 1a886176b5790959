package junit

import (
	"io"
	"strings"

	"signet"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes a test for each change: one that got worse or came with a weakness failed, one that cannot be told any more or was
// not asked in one of the runs was skipped, any other passed.
type diff struct {
	document
	h report.DiffHeader
}

func newDiff(w io.Writer, o *report.Options) report.DiffWriter {
	return &diff{document: newDocument(w, o)}
}

// Begin remembers the header.
func (d *diff) Begin(h *report.DiffHeader) error { d.h = *h; return nil }

// Change files one test.
func (d *diff) Change(c *compare.Change) error {
	s, place := d.suite(c.Check), c.Endpoint()
	one := newCase(c.Check, place.Addr, text.Clean(c.Host), place.String()+" "+c.Kind.String())
	message := report.KindTitle(c.Kind) + ": "
	said := append([]string{report.Sentence(c)}, c.Because...)
	switch {
	case c.Broke():
		worst := signet.Info
		for _, e := range c.Effects() {
			if e.Finding != nil && e.Move != compare.Lost {
				worst = max(worst, e.Finding.Severity)
			}
		}
		for i := range c.Gained {
			if fix := d.rules.Fix(c.Gained[i].Rule); fix != "" {
				said = append(said, "Fix: "+fix)
			}
		}
		return s.fail(one, worst.String(), message+said[0], said...)
	case c.Kind == compare.Undetermined || c.Kind == compare.NotAsked || c.Kind == compare.NewlyAsked:
		return s.skip(one, message+strings.Join(said, "; "))
	}
	return s.pass(one, said...)
}

// End writes the document.
func (d *diff) End(*compare.Summary) error {
	return d.close("signet diff "+d.h.Old+" "+d.h.New, d.h.Seen(), 0, property{"tool", d.h.Tool}, property{"policy", d.h.Policy}, property{"old", d.h.Old}, property{"new", d.h.New})
}
