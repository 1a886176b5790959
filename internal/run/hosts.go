package run

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

// hosts folds what a run says of each host and hands hosts, and at the end paths, to the outputs. A nil *hosts does
// nothing: opening exchanges alone tell nothing of hosts worth the time.
//
// Where the policy tells hosts apart, a line with a finding, accepted or not, waits for its host: so every output, the host's own line and
// the exit code have the same severity of it.
type hosts struct {
	folder  *host.Folder
	estate  *relay.Estate
	judge   *judge.Judge
	out     report.Handler
	paths   bool // out wants paths
	waiting map[netip.Addr][]*report.Line
	emit    func(*report.Line) error      // counts a line and writes it
	seen    map[netip.Addr][]relay.Source // of clients whose host was not let go yet
}

func newHosts(checks []check.Check, j *judge.Judge, out report.Handler, emit func(*report.Line) error) *hosts {
	return &hosts{folder: host.New(checks), estate: relay.New(checks), judge: j, out: out, paths: out.Wants().Paths, emit: emit, waiting: map[netip.Addr][]*report.Line{}, seen: map[netip.Addr][]relay.Source{}}
}

// asksForHosts tells whether an output wants hosts or paths, or the policy has to know them.
func asksForHosts(j *judge.Judge, out report.Handler) bool {
	w := out.Wants()
	return j.TellsHosts() || w.Hosts || w.Paths
}

// pass folds one line and hands it on, at once or with its host.
func (hs *hosts) pass(l *report.Line) error {
	hs.folder.Fold(l.Observation, &l.Judgement)
	hs.folder.Disagree(l.Addr, l.Disagreements)
	if l.Reached() && len(l.Findings)+len(l.Excepted) > 0 && hs.judge.TellsHosts() {
		hs.waiting[l.Addr] = append(hs.waiting[l.Addr], l)
		return nil
	}
	return hs.emit(l)
}

// client remembers which classes of source a client is seen to be.
func (hs *hosts) client(o *signet.Client) {
	if hs == nil {
		return
	}
	for _, s := range relay.Seen(o) {
		if !slices.Contains(hs.seen[o.Address], s) {
			hs.seen[o.Address] = append(hs.seen[o.Address], s)
		}
	}
}

// left lets the host of an address go: nothing more comes of it.
func (hs *hosts) left(addr netip.Addr) error {
	if hs == nil {
		return nil
	}
	h, ok := hs.folder.Finish(addr)
	if !ok {
		return nil
	}
	return hs.hand(h)
}

// end lets every host go and says what paths there are.
func (hs *hosts) end() error {
	if hs == nil {
		return nil
	}
	for _, h := range hs.folder.Rest() {
		if err := hs.hand(h); err != nil {
			return err
		}
	}
	for _, addr := range slices.SortedFunc(maps.Keys(hs.seen), netip.Addr.Compare) { // seen as clients alone
		hs.estate.Include(&signet.Host{Address: addr}, hs.seen[addr]...)
	}
	if !hs.paths {
		return nil
	}
	paths := hs.estate.Summary()
	if err := hs.out.Paths(paths); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	for p := range hs.estate.Lines() {
		if err := hs.out.Path(p); err != nil {
			return fmt.Errorf("output: %w", err)
		}
	}
	return nil
}

// hand writes a host that is whole, after the lines that waited for it.
func (hs *hosts) hand(h *signet.Host) error {
	if lines := hs.waiting[h.Address]; lines != nil {
		delete(hs.waiting, h.Address)
		h.Findings = h.Findings[:0]
		for _, l := range lines {
			l.Judgement = hs.judge.OnHost(l.Observation, h)
			h.Findings = host.AppendFindings(h.Findings, l.Observation, &l.Judgement)
			if err := hs.emit(l); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(h.Findings, func(a, b signet.HostFinding) int { return int(b.Severity) - int(a.Severity) })
	if hs.paths {
		hs.estate.Include(h, hs.seen[h.Address]...)
	}
	delete(hs.seen, h.Address)
	if err := hs.out.Host(h); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}
