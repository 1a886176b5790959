package cli

import (
	"fmt"
	"io"
	"time"

	"signet/internal/run"
)

// progress tells a person how far a run is: one line that stays in its place on a terminal, a line every ten seconds
// elsewhere.
type progress struct {
	w        io.Writer
	watch    func() run.Watch
	terminal bool
	drawn    bool

	start  time.Time
	from   uint64  // addresses that a resumed run was done with
	before []stood // where it stood, the oldest first, no more than paceOver ago
}

// stood is where a run stood at a moment.
type stood struct {
	at time.Time
	n  uint64
}

// The time that is left is told from the pace of the last minute, and not before that means something: the first addresses
// are done only when what keeps silent has run out of time, and then many at once.
const (
	paceOver   = time.Minute
	leastPaced = 15 * time.Second
	leastDone  = 0.02 // of what there was to do, or patience
	patience   = 2 * time.Minute
)

// show draws until done is closed.
func (p *progress) show(done <-chan struct{}) {
	every := 10 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	p.from = p.watch().Addresses
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			p.clear()
			return
		case <-tick.C:
			p.draw(p.line(time.Now()))
		}
	}
}

// line says where the run stands now.
func (p *progress) line(now time.Time) string {
	w := p.watch()
	n := w.Addresses
	if len(p.before) == 0 {
		p.before = append(p.before, stood{p.start, p.from})
	}
	for len(p.before) > 1 && now.Sub(p.before[1].at) >= paceOver {
		p.before = p.before[1:]
	}
	oldest := p.before[0]
	if last := p.before[len(p.before)-1]; now.Sub(last.at) >= time.Second {
		p.before = append(p.before, stood{now, n})
	}
	perSecond := float64(n-oldest.n) / max(now.Sub(oldest.at).Seconds(), 0.001)
	line := fmt.Sprintf("%d/%d addresses, %.0f/s, %d alive, %d findings", n, w.Total, perSecond, w.Alive, w.Findings)
	took := now.Sub(p.start)
	honest := took >= leastPaced && (took >= patience || float64(n-p.from) >= leastDone*float64(w.Total-p.from))
	if honest && n > oldest.n && n < w.Total {
		line += ", about " + run.Roughly(time.Duration(float64(w.Total-n)/perSecond*float64(time.Second))) + " left"
	}
	return line
}

func (p *progress) draw(line string) {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K"+line)
		p.drawn = true
		return
	}
	fmt.Fprintln(p.w, "signet: "+line)
}

func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
