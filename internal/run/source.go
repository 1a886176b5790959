package run

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/engine/capacity"
	"signet/internal/scope"
)

// scope reads the targets and exclusions of an order. Names are looked up through the gate.
func (e *Env) scope(ctx context.Context, gate *dial.Gate, o *Order, plans []engine.Plan) (*scope.Scope, error) {
	resolver := &dial.Resolver{Gate: gate, Names: e.resolver()}
	targets := o.Targets
	if o.Domain != "" {
		found, err := controllers(ctx, resolver, o.Domain)
		if err != nil {
			return nil, err
		}
		targets = append(targets[:len(targets):len(targets)], found...)
	}
	if len(targets) == 0 && len(o.Files) == 0 {
		return nil, refuse("targets", "no TARGET: give an address, a CIDR block, a range or a host name, or -f FILE")
	}
	exclude, excludeFiles := e.Limits.exclusions(o)
	s, err := scope.Build(ctx, scope.Config{
		Targets: targets, Files: o.Files, Exclude: exclude, ExcludeFiles: excludeFiles,
		Resolver: resolver, Stdin: e.stdin(),
		ScannedPort: func(port uint16) bool { return ownerOf(plans, port) },
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, refuse("targets", "%v", err)
	}
	return s, nil
}

// unresolved words a name without an address; where a file is called so, its list was meant.
func unresolved(n scope.NameError) string {
	if f, err := os.Stat(n.Name); err == nil && f.Mode().IsRegular() {
		return "not asked: " + n.Error() + "; it is a file too, whose targets -f " + n.Name + " reads"
	}
	return "not asked: " + n.Error()
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
	if host, _, _ := strings.Cut(domain, ":"); strings.Trim(host, "0123456789./") == "" {
		return nil, refuse("domain", "{domain} %s: want the name of a domain, like corp.example; an address is a target", domain)
	}
	_, records, err := resolver.LookupSRV(ctx, "", "", "_ldap._tcp.dc._msdcs."+domain)
	if err != nil {
		return nil, refuse("domain", "{domain} %s: %v", domain, err)
	}
	if len(records) == 0 {
		return nil, refuse("domain", "{domain} %s: %v", domain, errors.New("the SRV record names no domain controller"))
	}
	var names []string
	for _, r := range records {
		names = append(names, r.Target)
	}
	return names, nil
}

// order is a scope in the order in which a run visits it.
type order struct {
	engine.Fixed
	*scope.Order
}

// At gives the engine's view of a position.
func (o order) At(position uint64) engine.Item {
	it := o.Order.At(position)
	return engine.Item{Target: signet.Target{Addr: it.Addr, Name: it.Name}, Ports: it.Ports, Default: it.Default}
}

// warnings says what an order leaves out, and tells it.
func (s *Scan) warnings() []string {
	var w []string
	for _, n := range s.scope.Unresolved() {
		w = append(w, unresolved(n))
	}
	w = append(w, s.scope.Notes()...)
	w = append(w, unowned(s.scope, &s.engine)...)
	if s.order.Quick {
		w = append(w, "--quick: only opening exchanges; SMB 1 and everything that takes a follow-up was not asked")
	}
	if few := capacity.Warning(); few != "" {
		w = append(w, few)
	}
	if s.scope.Len() == 0 {
		w = append(w, "nothing is left to ask: every target is excluded or has no address")
	}
	for _, text := range w {
		s.env.warn(text)
	}
	return w
}

// Question is one that a scan would ask.
type Question struct {
	Endpoint  signet.Endpoint
	Check     string
	Name      string // under which the target was typed
	Condition string // without which it is not asked; empty: it is asked always
}

// Questions are all that a scan would ask at least, by address.
func (s *Scan) Questions() iter.Seq[Question] {
	return func(yield func(Question) bool) {
		sorted, err := s.scope.Sorted()
		if err != nil { // Prepare refuses such a scope
			return
		}
		for it := range sorted {
			item := engine.Item{Target: signet.Target{Addr: it.Addr, Name: it.Name}, Ports: it.Ports, Default: it.Default}
			for _, ask := range s.engine.Preview(item) {
				if !s.scope.Excluded(it.Addr, ask.Endpoint.Port) && !yield(Question{ask.Endpoint, ask.Check, it.Name, ask.Condition}) {
					return
				}
			}
		}
	}
}

// newID names a run so that names sort by time.
func newID(at time.Time) string {
	var b [3]byte
	crand.Read(b[:])
	return at.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}

func random64() uint64 {
	var b [8]byte
	crand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]) | 1
}
