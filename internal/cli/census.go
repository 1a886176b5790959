package cli

import (
	"fmt"
	"net/netip"

	"signet"
	"signet/internal/check"
	"signet/internal/host"
	"signet/internal/judge"
	"signet/internal/path"
	"signet/internal/report"
)

// census folds what a run says of each host and hands hosts, and at the end paths, to the writers that take them. A nil
// census does nothing: --quick learns nothing of hosts worth the time.
type census struct {
	folder  *host.Folder
	estate  path.Estate
	judge   *judge.Judge
	tally   *report.Tally
	writers []report.Writer
}

func newCensus(checks []check.Check, j *judge.Judge, tally *report.Tally, writers []report.Writer) *census {
	return &census{folder: host.New(checks), judge: j, tally: tally, writers: writers}
}

// put folds one line, after its writers had it.
func (c *census) put(l *report.Line) {
	if c != nil {
		c.folder.Add(l.Observation, &l.Judgement)
	}
}

// left lets the host of an address go: nothing more comes of it.
func (c *census) left(addr netip.Addr) error {
	if c == nil {
		return nil
	}
	h, ok := c.folder.Finish(addr)
	if !ok {
		return nil
	}
	return c.hand(h)
}

// end lets every host go and says what paths there are.
func (c *census) end() error {
	if c == nil {
		return nil
	}
	for _, h := range c.folder.Rest() {
		if err := c.hand(h); err != nil {
			return err
		}
	}
	var takers []report.PathWriter
	for _, w := range c.writers {
		if t, ok := w.(report.PathWriter); ok {
			takers = append(takers, t)
		}
	}
	if len(takers) == 0 {
		return nil
	}
	paths := c.estate.Summary()
	for _, t := range takers {
		if err := t.Paths(paths); err != nil {
			return fmt.Errorf("output: %w", err)
		}
	}
	for p := range c.estate.Lines() {
		for _, t := range takers {
			if err := t.Path(p); err != nil {
				return fmt.Errorf("output: %w", err)
			}
		}
	}
	return nil
}

// hand rates a host that is whole, counts it and writes it.
func (c *census) hand(h *signet.Host) error {
	c.judge.Host(h)
	c.tally.Rate(h)
	c.estate.Add(h)
	for _, w := range c.writers {
		if t, ok := w.(report.HostWriter); ok {
			if err := t.Host(h); err != nil {
				return fmt.Errorf("output: %w", err)
			}
		}
	}
	return nil
}
