package opengraph

import (
	"io"

	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// diff writes the hosts and endpoints that changed, what they break now that they did not before, and as properties what they
// broke before.
type diff struct{ graph }

func newDiff(w io.Writer, o *report.Options) report.DiffWriter { return &diff{newGraph(w, o)} }

// Begin opens the document.
func (d *diff) Begin(*report.DiffHeader) error { return d.open() }

// Change adds one endpoint, its host the first time, and the rules it breaks anew.
func (d *diff) Change(c *compare.Change) error {
	at := c.Endpoint()
	about := properties{}
	if c.Moved() {
		about["was_at"] = c.Old.Addr.String()
	}
	host, err := d.host(at.Addr, text.Clean(c.Host), about)
	if err != nil {
		return err
	}
	p := properties{"change": c.Kind.String(), "verdict": c.Verdict().String()}
	if c.Old.Addr.IsValid() {
		p["old_verdict"] = c.OldVerdict.String()
	}
	if len(c.Because) > 0 {
		p["because"] = text.CleanAll(c.Because)
	}
	var gone []string
	for i := range c.Lost {
		gone = append(gone, text.Clean(c.Lost[i].Rule))
	}
	if gone != nil {
		p[text.Either(c.Closes(), "no_longer_breaks", "may_still_break")] = gone
	}
	id, err := d.endpoint(host, at, c.Check, p)
	if err != nil {
		return err
	}
	for _, e := range c.Effects() {
		if e.Finding == nil || e.Move == compare.Lost {
			continue
		}
		if err := d.breach(id, e.Finding, properties{"change": string(e.Move)}); err != nil {
			return err
		}
	}
	return nil
}

// End closes the document.
func (d *diff) End(*compare.Summary) error { return d.close() }
