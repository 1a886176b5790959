package cli

import (
	"context"
	"errors"
	"fmt"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/scope"
)

// scope reads targets and exclusions of a command line. Names are looked up through the gate.
func (a *app) scope(ctx context.Context, gate *dial.Gate, f *scanFlags, targets []string, plans []engine.Plan) (*scope.Scope, error) {
	resolver := &dial.Resolver{Gate: gate, Names: a.Resolver}
	if f.domain != "" {
		found, err := controllers(ctx, resolver, f.domain)
		if err != nil {
			return nil, err
		}
		targets = append(targets[:len(targets):len(targets)], found...)
	}
	if len(targets) == 0 && len(f.files) == 0 {
		return nil, usage("no TARGET: give an address, a CIDR block, a range or a host name, or -f FILE")
	}
	s, err := scope.Build(ctx, scope.Config{
		Targets: targets, Files: f.files, Exclude: f.exclude, ExcludeFiles: f.excludeFiles,
		Resolver: resolver, Stdin: a.Stdin,
		ScannedPort: func(port uint16) bool { return ownerOf(plans, port) },
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, &exitError{code: exitInterrupted}
		}
		return nil, usage("%v", err)
	}
	return s, nil
}

// unowned words the ports that were typed with an address and that no chosen check asks, a few of them.
func unowned(s *scope.Scope, run *engine.Run) []string {
	const most = 5
	var notes []string
	for b := range s.Blocks() {
		for _, port := range b.Ports {
			if run.Owned(port) {
				continue
			}
			if len(notes) == most {
				return append(notes, "… and more ports that no chosen check asks")
			}
			notes = append(notes, fmt.Sprintf("%s: no chosen check asks port %d (http would: --checks)", b.Range, port))
		}
	}
	return notes
}

func ownerOf(plans []engine.Plan, port uint16) bool {
	has := func(ports []check.Port) bool {
		for _, p := range ports {
			if p.Number == port {
				return true
			}
		}
		return false
	}
	for _, p := range plans {
		if has(p.Ports) || has(p.Check.Ports) {
			return true
		}
	}
	return false
}

// controllers finds the domain controllers of a domain by the SRV record that each registers ([MS-ADTS] §6.3.2.3).
func controllers(ctx context.Context, resolver *dial.Resolver, domain string) ([]string, error) {
	_, records, err := resolver.LookupSRV(ctx, "", "", "_ldap._tcp.dc._msdcs."+domain)
	if err != nil {
		return nil, usage("--domain %s: %v", domain, err)
	}
	if len(records) == 0 {
		return nil, usage("--domain %s: %v", domain, errors.New("the SRV record names no domain controller"))
	}
	var names []string
	for _, r := range records {
		names = append(names, r.Target)
	}
	return names, nil
}

// order is a scope in the order in which a run visits it.
type order struct{ *scope.Order }

// At gives the engine's view of a position.
func (o order) At(position uint64) engine.Item {
	it := o.Order.At(position)
	return engine.Item{Target: signet.Target{Addr: it.Addr, Name: it.Name}, Ports: it.Ports, Default: it.Default}
}
