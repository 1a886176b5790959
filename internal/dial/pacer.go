package dial

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// subnetRate is how many connections a second one /24 or /64 sees.
const subnetRate = 200

// maxSubnets bounds the memory of a pacer: subnets that are idle are forgotten once there are more.
const maxSubnets = 4096

// pacer limits new connections over the whole run and into any one subnet.
type pacer struct {
	run *rate.Limiter

	mu      sync.Mutex
	subnets map[netip.Prefix]*rate.Limiter
}

// NewPacer allows perSecond connections over the run and 200 a second into one /24 (IPv6: /64); 0 allows all.
func NewPacer(perSecond float64) Pacer {
	if perSecond == 0 {
		return nil
	}
	return &pacer{run: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/100))), subnets: map[netip.Prefix]*rate.Limiter{}}
}

func (p *pacer) Wait(ctx context.Context, to netip.Addr) error {
	if err := p.subnet(to).Wait(ctx); err != nil {
		return err
	}
	return p.run.Wait(ctx)
}

func (p *pacer) subnet(to netip.Addr) *rate.Limiter {
	bits := 64
	if to.Is4() {
		bits = 24
	}
	prefix, err := to.WithZone("").Prefix(bits)
	if err != nil {
		return p.run
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, ok := p.subnets[prefix]; ok {
		return l
	}
	if len(p.subnets) >= maxSubnets {
		for k, l := range p.subnets {
			if l.Tokens() >= float64(l.Burst()) {
				delete(p.subnets, k)
			}
		}
	}
	l := rate.NewLimiter(subnetRate, 4)
	p.subnets[prefix] = l
	return l
}
