package front

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace bounds how fast each address asks.
type pace struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu       sync.Mutex
	new, old map[netip.Addr]*rate.Limiter // those of old are forgotten at the next turn
	turned   time.Time
}

// mostPaced bounds how many addresses are remembered, half of them at once.
const mostPaced = 20_000

// take counts one request. wait is how long the next one is to wait, where this one came too soon.
func (p *pace) take(a netip.Addr) (wait time.Duration, ok bool) {
	a = group(a)
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.new == nil || now.Sub(p.turned) > time.Minute || len(p.new) >= mostPaced/2 {
		p.old, p.new, p.turned = p.new, map[netip.Addr]*rate.Limiter{}, now
	}
	l := p.new[a]
	if l == nil {
		if l = p.old[a]; l == nil {
			l = rate.NewLimiter(p.rate, p.burst)
		}
		p.new[a] = l
	}
	r := l.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}
