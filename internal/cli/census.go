package cli

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/host"
	"signet/internal/judge"
	"signet/internal/relay"
	"signet/internal/report"
)

// census folds what a run says of each host and hands hosts, and at the end paths, to the outputs. A nil
// census does nothing: --quick learns nothing of hosts worth the time.
//
// Where the policy tells hosts apart, a line with a finding waits for its host: so every output, the host's own line and
// the exit code have the same severity of it.
type census struct {
	folder  *host.Folder
	estate  *relay.Estate
	judge   *judge.Judge
	out     report.Handler
	paths   bool // out wants paths
	waiting map[netip.Addr][]*report.Line
	emit    func(*report.Line) error      // counts a line and writes it
	seen    map[netip.Addr][]relay.Source // of clients whose host was not let go yet
}

func newCensus(checks []check.Check, j *judge.Judge, out report.Handler, emit func(*report.Line) error) *census {
	return &census{folder: host.New(checks), estate: relay.New(checks), judge: j, out: out, paths: out.Wants().Paths, emit: emit, waiting: map[netip.Addr][]*report.Line{}, seen: map[netip.Addr][]relay.Source{}}
}

// asksForHosts tells whether an output wants hosts or paths, or the policy has to know them.
func asksForHosts(j *judge.Judge, out report.Handler) bool {
	w := out.Wants()
	return j.TellsHosts() || w.Hosts || w.Paths
}

// put folds one line and hands it on, at once or with its host.
func (c *census) put(l *report.Line) error {
	c.folder.Fold(l.Observation, &l.Judgement)
	c.folder.Disagree(l.Addr, l.Disagreements)
	if l.Reached() && len(l.Findings) > 0 && c.judge.TellsHosts() {
		c.waiting[l.Addr] = append(c.waiting[l.Addr], l)
		return nil
	}
	return c.emit(l)
}

// client remembers which classes of source a client is seen to be.
func (c *census) client(o *signet.Client) {
	if c == nil {
		return
	}
	for _, s := range relay.Seen(o) {
		if !slices.Contains(c.seen[o.Address], s) {
			c.seen[o.Address] = append(c.seen[o.Address], s)
		}
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
	for _, addr := range slices.SortedFunc(maps.Keys(c.seen), netip.Addr.Compare) { // seen as clients alone
		c.estate.Include(&signet.Host{Address: addr}, c.seen[addr]...)
	}
	if !c.paths {
		return nil
	}
	paths := c.estate.Summary()
	if err := c.out.Paths(paths); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	for p := range c.estate.Lines() {
		if err := c.out.Path(p); err != nil {
			return fmt.Errorf("output: %w", err)
		}
	}
	return nil
}

// hand writes a host that is whole, after the lines that waited for it.
func (c *census) hand(h *signet.Host) error {
	if lines := c.waiting[h.Address]; lines != nil {
		delete(c.waiting, h.Address)
		h.Findings = h.Findings[:0]
		for _, l := range lines {
			l.Judgement = c.judge.OnHost(l.Observation, h)
			h.Findings = host.AppendFindings(h.Findings, l.Observation, &l.Judgement)
			if err := c.emit(l); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(h.Findings, func(a, b signet.HostFinding) int { return int(b.Severity) - int(a.Severity) })
	if c.paths {
		c.estate.Include(h, c.seen[h.Address]...)
	}
	delete(c.seen, h.Address)
	if err := c.out.Host(h); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}
