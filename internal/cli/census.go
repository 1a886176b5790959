package cli

import (
	"fmt"
	"time"

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
	now     time.Time // the latest moment that an observation tells of
	looked  time.Time // when it was last asked which hosts are whole
}

// A host is let go this long after it can have been asked for the last time: the engine's own clock may be late.
const hostSlack = 5 * time.Second

// newCensus counts over observations as a run makes them, or with a wait of 0 in any order.
func newCensus(checks []check.Check, j *judge.Judge, tally *report.Tally, writers []report.Writer, wait time.Duration) *census {
	return &census{folder: host.New(checks, wait), judge: j, tally: tally, writers: writers}
}

// put folds one line, after its writers had it.
func (c *census) put(l *report.Line) error {
	if c == nil {
		return nil
	}
	c.folder.Add(l.Observation, &l.Judgement)
	if end := l.At.Add(l.Took); end.After(c.now) {
		c.now = end
	}
	if c.now.Sub(c.looked) < time.Second {
		return nil
	}
	c.looked = c.now
	return c.hand(c.folder.Due(c.now))
}

// end lets every host go and says what paths there are.
func (c *census) end() error {
	if c == nil {
		return nil
	}
	if err := c.hand(c.folder.Rest()); err != nil {
		return err
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

// hand rates hosts that are whole, counts them and writes them.
func (c *census) hand(hosts []signet.Host) error {
	for i := range hosts {
		h := &hosts[i]
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
	}
	return nil
}
