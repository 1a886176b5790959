package nmap

import (
	"io"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes the endpoints that changed as the new run has them, each with a script that says what changed.
type diff struct {
	document
	when time.Time
}

func newDiff(w io.Writer, o *report.Options) report.DiffWriter {
	return &diff{document: newDocument(w, o.Checks)}
}

// Begin remembers the header.
func (d *diff) Begin(h *report.DiffHeader) error {
	d.when = h.Seen()
	d.tool, d.args, d.started = h.Tool, []string{"diff", h.Old, h.New}, h.NewStarted
	return nil
}

// Change files one change under its host.
func (d *diff) Change(c *compare.Change) error {
	at := c.Endpoint()
	h, a := d.at(at, d.when, d.when)
	switch {
	case c.New.Addr.IsValid():
		h.up = true
		a.be("open", text.Either(at.Transport == signet.UDP, "udp-response", "syn-ack"))
	case c.Kind == compare.Vanished:
		a.be("closed|filtered", "no-response")
	default:
		a.be("unknown", "unknown-response")
	}
	a.service = fromTable(d.words(c.Check, at.Port, nil).Service)
	s := check.Script{ID: "signet-diff"}
	s.Add("change", c.Kind.String())
	s.Add("host", c.Host)
	s.Add("verdict", report.VerdictChange(c))
	if c.Moved() {
		s.Add("was at", c.Old.Addr.String())
	}
	var words []string
	for _, e := range c.Effects() {
		if e.Finding != nil {
			words = append(words, report.EffectWords(c, &e))
		}
	}
	s.AddList("findings", words...)
	s.AddList("because", c.Because...)
	a.scripts = appendScript(a.scripts, &s)
	return nil
}

// End writes the document.
func (d *diff) End(*compare.Summary) error {
	n := uint64(len(d.hosts))
	return d.close(d.when, n, n)
}
