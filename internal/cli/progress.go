package cli

import (
	"fmt"
	"io"
	"time"

	"signet/internal/engine"
)

// progress tells a person how far a run is: one line that stays in its place on a terminal, a line every ten seconds
// elsewhere.
type progress struct {
	w        io.Writer
	stats    *engine.Stats
	total    uint64
	terminal bool
	findings func() uint64
	start    time.Time
	drawn    bool
}

// watch draws until done is closed.
func (p *progress) watch(done <-chan struct{}) {
	every := 10 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			p.clear()
			return
		case <-tick.C:
			p.draw()
		}
	}
}

func (p *progress) draw() {
	n := p.stats.Addresses.Load()
	took := time.Since(p.start)
	perSecond := float64(n) / took.Seconds()
	line := fmt.Sprintf("%d/%d addresses, %.0f/s, %d alive, %d findings", n, p.total, perSecond, p.stats.Alive.Load(), p.findings())
	if n > 0 && n < p.total {
		left := time.Duration(float64(p.total-n) / perSecond * float64(time.Second))
		line += ", " + left.Round(time.Second).String() + " left"
	}
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
