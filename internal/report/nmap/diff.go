package nmap

import (
	"io"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes the endpoints that changed as the new run has them, each with a script that says what changed.
type diff struct {
	document
	when time.Time
}

func newDiff(w io.Writer, _ *report.Options) report.DiffWriter {
	return &diff{document: newDocument(w)}
}

// Begin remembers the header.
func (d *diff) Begin(h *report.DiffHeader) error {
	d.when = h.Seen()
	d.tool, d.args, d.started = h.Tool, []string{"diff", h.Old, h.New}, h.NewStarted
	return nil
}

// Change files one change under its host.
func (d *diff) Change(c *compare.Change) error {
	at := report.Place(c)
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
	a.service = fromTable(serviceName(c.Check, at.Port, ""))
	s := script{id: "signet-diff"}
	s.say("change", c.Kind.String())
	s.say("host", c.Host)
	s.say("verdict", report.VerdictChange(c))
	if c.Moved() {
		s.say("was at", c.Old.Addr.String())
	}
	var words []string
	for _, e := range report.Effects(c) {
		if e.Finding != nil {
			words = append(words, e.Word(c))
		}
	}
	s.list("findings", words...)
	s.list("because", c.Because...)
	a.scripts = s.append(a.scripts)
	return nil
}

// End writes the document.
func (d *diff) End(*compare.Summary) error {
	n := uint64(len(d.hosts))
	return d.close(d.when, n, n)
}
