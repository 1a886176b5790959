package cli

import (
	"slices"
	"strconv"
	"strings"

	"signet/internal/check"
	"signet/internal/engine"
)

// plans turns --checks and --ports into what to ask.
func (a *app) plans(checks, ports string) ([]engine.Plan, error) {
	chosen, err := a.chosen(checks)
	if err != nil {
		return nil, err
	}
	named, err := parsePorts(ports)
	if err != nil {
		return nil, err
	}
	var plans []engine.Plan
	for _, c := range chosen {
		p := engine.Plan{Check: c, Ports: c.Ports}
		if list, ok := named[c.Name]; ok {
			p.Ports = nil
			for _, n := range list {
				port := check.Port{Number: n}
				if at := slices.IndexFunc(c.Ports, func(p check.Port) bool { return p.Number == n }); at >= 0 {
					port.Transport = c.Ports[at].Transport
				}
				p.Ports = append(p.Ports, port)
			}
			delete(named, c.Name)
		}
		plans = append(plans, p)
	}
	for name := range named {
		if slices.ContainsFunc(a.checks, func(c check.Check) bool { return c.Name == name }) {
			return nil, usage("--ports names the check %s, which --checks leaves out", name)
		}
		return nil, usage("--ports: there is no check %q (%s)", name, strings.Join(a.checkNames(), ", "))
	}
	return plans, nil
}

func (a *app) checkNames() []string {
	var names []string
	for _, c := range a.checks {
		names = append(names, c.Name)
	}
	return names
}

// chosen lists the checks of --checks in the order in which a host is asked; empty means all that are not optional.
func (a *app) chosen(list string) ([]check.Check, error) {
	if list == "" {
		return slices.DeleteFunc(slices.Clone(a.checks), func(c check.Check) bool { return c.Optional }), nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(a.checkNames(), name) {
			return nil, usage("--checks: there is no check %q (%s)", name, strings.Join(a.checkNames(), ", "))
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(slices.Clone(a.checks), func(c check.Check) bool { return !wanted[c.Name] }), nil
}

// parsePorts reads `smb=445,139,http=80,443,8530`: a check's name opens its list.
func parsePorts(s string) (map[string][]uint16, error) {
	out := map[string][]uint16{}
	if s == "" {
		return out, nil
	}
	current := ""
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if name, rest, ok := strings.Cut(part, "="); ok {
			current, part = name, rest
		}
		if current == "" {
			return nil, usage("--ports: %q belongs to no check; write smb=445,139,http=80", part)
		}
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || n == 0 {
			return nil, usage("--ports: %s=%q is not a port (1 to 65535)", current, part)
		}
		if !slices.Contains(out[current], uint16(n)) {
			out[current] = append(out[current], uint16(n))
		}
	}
	return out, nil
}
