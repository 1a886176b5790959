package scope

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
)

// Resolver looks names up, each in a time that is its own to bound: dial.Resolver does. Network is always "ip": both
// families.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// NameError is a name without an address, and why.
type NameError struct {
	Name string
	Err  error
}

func (e NameError) Error() string { return fmt.Sprintf("%s: %v", e.Name, e.Err) }

// Unwrap gives the resolver's own error.
func (e NameError) Unwrap() error { return e.Err }

// answer is what came of one lookup.
type answer struct {
	addrs []netip.Addr
	err   error
}

// lookupAll asks for every host, a few at a time. The
// answers stand where the hosts stand. It returns only when every lookup has ended.
func lookupAll(ctx context.Context, r Resolver, hosts []string, atOnce int) []answer {
	answers := make([]answer, len(hosts))
	var group sync.WaitGroup
	next := make(chan int)
	for range min(atOnce, len(hosts)) {
		group.Go(func() {
			for i := range next {
				answers[i].addrs, answers[i].err = lookup(ctx, r, hosts[i])
			}
		})
	}
	for i := range hosts {
		next <- i
	}
	close(next)
	group.Wait()
	return answers
}

func lookup(ctx context.Context, r Resolver, host string) ([]netip.Addr, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errors.New("no resolver")
	}
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	usable := addrs[:0:0]
	for _, a := range addrs {
		// A link-local answer means nothing without its interface, and 0.0.0.0 is how a
		// filtering resolver says no.
		if a.IsValid() && a.Zone() == "" && !a.Unmap().IsUnspecified() {
			usable = append(usable, a.Unmap())
		}
	}
	if len(usable) == 0 {
		return nil, errors.New("the name has no address")
	}
	return usable, nil
}

// each makes a range of every address.
func each(addrs []netip.Addr) []Range {
	out := make([]Range, len(addrs))
	for i, a := range addrs {
		out[i] = Range{a, a}
	}
	return out
}
