package cli

import (
	"slices"
	"strconv"
	"strings"

	"signet/internal/check"
	"signet/internal/engine"
)

// plans turns --checks and --ports into what to ask.
func (a *app) plans(checks, ports []string) ([]engine.Plan, error) {
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
func (a *app) chosen(names []string) ([]check.Check, error) {
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(a.checks), func(c check.Check) bool { return c.Optional }), nil
	}
	wanted := map[string]bool{}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if !slices.Contains(a.checkNames(), name) {
			return nil, usage("--checks: there is no check %q (%s)", name, strings.Join(a.checkNames(), ", "))
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(slices.Clone(a.checks), func(c check.Check) bool { return !wanted[c.Name] }), nil
}

// parsePorts reads `smb=445,139,http=80,8000-8010`, cut at its commas: a check's name opens its list.
func parsePorts(parts []string) (map[string][]uint16, error) {
	type ofCheck struct {
		name string
		port uint16
	}
	out, seen := map[string][]uint16{}, map[ofCheck]bool{}
	current := ""
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if name, rest, ok := strings.Cut(part, "="); ok {
			current, part = name, rest
		}
		if current == "" {
			return nil, usage("--ports: %q belongs to no check; write smb=445,139,http=80", part)
		}
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 16)
		last, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || first == 0 || last < first {
			return nil, usage("--ports: %s=%q is not a port (1 to 65535), nor a range of them", current, part)
		}
		for n := first; n <= last; n++ {
			if one := (ofCheck{current, uint16(n)}); !seen[one] {
				seen[one] = true
				out[current] = append(out[current], one.port)
			}
		}
	}
	return out, nil
}
