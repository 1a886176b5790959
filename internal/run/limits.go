package run

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/scope"
)

// Limits hold for every order of a process that takes orders from others. An order that leads beyond them is refused by
// Prepare, and no packet leaves for where they do not lead: the gate is asked, whatever an address was come by.
type Limits struct {
	// Allow is what may be asked; with none of it nothing may.
	Allow []string
	// Exclude and ExcludeFiles are left out of every order, besides what it leaves out itself.
	Exclude, ExcludeFiles []string

	Depth    signet.Depth // the deepest
	Rate     float64      // the most connections begun in a second; an order without a limit is refused
	InFlight int          // hosts or sockets open at once, at most; 0: fitted to the system

	allowed *scope.Scope
}

// NewLimits reads limits, and looks up the names in them. What is wrong with them is an *OrderError.
func (e *Env) NewLimits(ctx context.Context, l Limits) (*Limits, error) {
	if l.Rate <= 0 || l.Rate != l.Rate {
		return nil, refuse("max_rate", "{max_rate} %v: want a number of connections per second; no limit at all cannot be given", l.Rate)
	}
	if l.Depth == signet.Credential {
		return nil, refuse("max_depth", "{max_depth} credential: a server has no account; want handshake, anonymous or decoy")
	}
	var err error
	if l.allowed, err = scope.Build(ctx, scope.Config{Targets: l.Allow, Resolver: e.resolver()}); err != nil {
		return nil, refuse("allow", "{allow} %v", err)
	}
	for _, n := range l.allowed.Unresolved() { // who is meant by it tomorrow nobody knows today
		return nil, refuse("allow", "{allow} %s", n.Error())
	}
	// What is wrong with exclusions is told now, not at the first order.
	if _, err := scope.Build(ctx, scope.Config{Exclude: l.Exclude, ExcludeFiles: l.ExcludeFiles, Resolver: e.resolver()}); err != nil {
		return nil, refuse("exclude", "%v", err)
	}
	return &l, nil
}

// Extent is how much may be asked, before exclusions.
func (l *Limits) Extent() scope.Extent { return l.allowed.Extent() }

// Dangers says why so much is not to be allowed before a person has agreed, as Scan.Dangers does.
func (l *Limits) Dangers() []string {
	extent := l.Extent()
	return dangers(&extent)
}

// beyond is an *OrderError of what is right in itself and more than may be done here.
func beyond(field, text string, args ...any) error {
	err := refuse(field, text, args...).(*OrderError)
	err.Limit = true
	return err
}

// check refuses an order that leads beyond the limits, as far as it says so itself, and lowers what it leaves open.
func (l *Limits) check(o *Order) error {
	if l == nil {
		return nil
	}
	switch {
	case len(o.Files)+len(o.ExcludeFiles)+len(o.HTTPPaths) > 0:
		return beyond("files", "{files}, {exclude_files} and {http_paths} name files of the machine that asks, and cannot be ordered from elsewhere")
	case o.depth() > l.Depth:
		return beyond("depth", "{depth} %s: this server asks no deeper than %s ({max_depth})", o.Depth, l.Depth)
	case o.Rate == 0:
		return beyond("rate", "{rate} 0 lifts every limit; this server asks at %v connections a second at most ({max_rate})", l.Rate)
	case o.Rate > l.Rate:
		return beyond("rate", "{rate} %v: this server asks at %v connections a second at most ({max_rate})", o.Rate, l.Rate)
	case l.InFlight > 0 && (o.InFlight == 0 || o.InFlight > l.InFlight):
		o.InFlight = l.InFlight
	}
	return nil
}

// exclusions are those of an order, and those that hold for all of them.
func (l *Limits) exclusions(o *Order) (exclude, files []string) {
	if l == nil {
		return o.Exclude, o.ExcludeFiles
	}
	return slices.Concat(o.Exclude, l.Exclude), slices.Concat(o.ExcludeFiles, l.ExcludeFiles)
}

// within refuses a scope that leads outside what may be asked, and names the target that does.
func (l *Limits) within(s *scope.Scope, o *Order) error {
	if l == nil {
		return nil
	}
	outside, ok := l.allowed.Covers(s)
	if ok {
		return nil
	}
	if len(l.Allow) == 0 {
		return beyond("targets", "%s: nothing may be asked from here ({allow} says what may)", typedFor(outside, o))
	}
	return beyond("targets", "%s: %s lies outside what may be asked from here ({allow} %s)", typedFor(outside, o), outside.Range, strings.Join(l.Allow, ", "))
}

// typedFor is the target that led to an address, as it was typed.
func typedFor(b scope.Block, o *Order) string {
	if b.Name != "" {
		return b.Name
	}
	for _, t := range o.Targets {
		f, err := scope.Parse(t)
		if err != nil {
			continue
		}
		for _, r := range f.Ranges {
			if r.First.Compare(b.First) <= 0 && b.First.Compare(r.Last) <= 0 {
				return t
			}
		}
	}
	return b.First.String()
}

// excluded is what the gate leaves out: what the order does, and whatever lies outside the limits.
func (l *Limits) excluded(s *scope.Scope) func(netip.Addr, uint16) bool {
	if l == nil {
		return s.Excluded
	}
	return func(addr netip.Addr, port uint16) bool { return s.Excluded(addr, port) || !l.allowed.Holds(addr, port) }
}

// CheckTarget refuses a text that is no target: an address, a CIDR block, a range or a host name, with a port or without. Nothing is
// looked up.
func CheckTarget(text string) error {
	_, err := scope.Parse(text)
	return err
}
