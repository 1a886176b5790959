package dial

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Names is what a Resolver asks; *net.Resolver is one.
type Names interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// Resolver looks names up, each in a place of the gate's. Which server is asked is the system's choice: it is held to the
// run's rate, and neither to a subnet's nor to exclusions.
type Resolver struct {
	Gate  *Gate
	Names Names
	Limit time.Duration // of a lookup of addresses, without the wait for its place; 0: 10 s
}

const lookupLimit = 10 * time.Second

// LookupNetIP finds the addresses of a host; network is "ip", "ip4" or "ip6".
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if err := r.Gate.Wait(ctx, netip.Addr{}); err != nil {
		return nil, err
	}
	limit := r.Limit
	if limit <= 0 {
		limit = lookupLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return r.Names.LookupNetIP(ctx, network, host)
}

// LookupSRV finds the servers of a service (RFC 2782), as net.Resolver does.
func (r *Resolver) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if err := r.Gate.Wait(ctx, netip.Addr{}); err != nil {
		return "", nil, err
	}
	return r.Names.LookupSRV(ctx, service, proto, name)
}
