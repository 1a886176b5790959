package run

import (
	"bufio"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/text"
)

// plans turns the checks and ports of an order into what to ask.
func (e *Env) plans(o *Order) ([]engine.Plan, error) {
	chosen, err := e.chosen(o.Checks)
	if err != nil {
		return nil, err
	}
	named, err := parsePorts(o.Ports)
	if err != nil && len(o.Ports) > 0 && !strings.Contains(o.Ports[0], "=") {
		err = e.ofNoCheck(o.Ports)
	}
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
		if slices.ContainsFunc(e.Checks, func(c check.Check) bool { return c.Name == name }) {
			return nil, refuse("ports", "{ports} names the check %s, which {checks} leaves out", name)
		}
		return nil, refuse("ports", "{ports}: there is no check %q%s (%s)", name, text.DidYouMean(name, e.checkNames()), strings.Join(e.checkNames(), ", "))
	}
	return plans, nil
}

func (e *Env) checkNames() []string {
	var names []string
	for _, c := range e.Checks {
		names = append(names, c.Name)
	}
	return names
}

// chosen lists the named checks in the order in which a host is asked; empty means all that are not optional.
func (e *Env) chosen(names []string) ([]check.Check, error) {
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(e.Checks), func(c check.Check) bool { return c.Optional }), nil
	}
	wanted := map[string]bool{}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "all" && !slices.Contains(e.checkNames(), name) {
			return nil, refuse("checks", "{checks}: there is no check \"all\": without {checks} every check that needs no credential asks")
		}
		if !slices.Contains(e.checkNames(), name) {
			return nil, refuse("checks", "{checks}: there is no check %q%s (%s)", name, text.DidYouMean(name, e.checkNames()), strings.Join(e.checkNames(), ", "))
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(slices.Clone(e.Checks), func(c check.Check) bool { return !wanted[c.Name] }), nil
}

// ofNoCheck refuses ports that name no check, as nmap takes them, and says how they are asked.
func (e *Env) ofNoCheck(parts []string) error {
	owned := map[string][]string{}
	for _, part := range parts {
		part, _, _ = strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || n == 0 {
			return refuse("ports", "{ports}: %q belongs to no check; write smb=445,139,http=80", part)
		}
		at := slices.IndexFunc(e.Checks, func(c check.Check) bool {
			return slices.ContainsFunc(c.Ports, func(p check.Port) bool { return uint64(p.Number) == n })
		})
		if at < 0 {
			at = slices.IndexFunc(e.Checks, func(c check.Check) bool { return c.Fallback })
		}
		if at >= 0 {
			owned[e.Checks[at].Name] = append(owned[e.Checks[at].Name], part)
		}
	}
	var checks, ports []string
	for _, name := range e.checkNames() {
		if list := owned[name]; list != nil {
			checks, ports = append(checks, name), append(ports, name+"="+strings.Join(list, ","))
		}
	}
	return refuse("ports", "{ports}: %q belongs to no check; to ask nothing else, write {checks} %s {ports} %s", parts[0], strings.Join(checks, ","), strings.Join(ports, ","))
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
			return nil, refuse("ports", "{ports}: %q belongs to no check; write smb=445,139,http=80", part)
		}
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 16)
		last, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || first == 0 || last < first {
			return nil, refuse("ports", "{ports}: %s=%q is not a port (1 to 65535), nor a range of them", current, part)
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

// options is what an order says to checks.
func (e *Env) options(order *Order) (*check.Options, error) {
	o := &check.Options{
		Depth: order.depth(), Quick: order.Quick, Deep: order.Deep, NoSMB1: order.NoSMB1, HTTPThorough: order.HTTPThorough, CANames: order.CANames,
		Random: func(b []byte) { crand.Read(b) }, // never fails since Go 1.24
		Now:    e.clock(),
	}
	var b [7]byte
	crand.Read(b[:])
	o.DecoyName = "signet-" + hex.EncodeToString(b[:])[:13]
	for _, path := range order.HTTPPaths {
		paths, err := readPaths(path)
		if err != nil {
			return nil, refuse("http_paths", "{http_paths}: %v", err)
		}
		o.HTTPPaths = append(o.HTTPPaths, paths...)
	}
	return o, nil
}

// readPaths reads URL paths, one a line, # comments.
func readPaths(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var paths []string
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(sc.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !strings.HasPrefix(line, "/") || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("%s:%d: %q is not a path: it starts with / and is percent-encoded ASCII", file, n, line)
		}
		paths = append(paths, line)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return paths, nil
}

// limits are the time-outs of an order.
func limits(o *Order) dial.Limits {
	l := dial.Defaults()
	l.Host, l.Retries = time.Duration(o.HostTimeout), o.Retries
	if o.Timeout > 0 {
		l.Connect, l.Exchange = time.Duration(o.Timeout), time.Duration(o.Timeout)
	}
	return l
}

// discovery is the engine's word for an order's, which Validate has checked.
func discovery(word string) engine.Discover {
	switch word {
	case "syn":
		return engine.DiscoverSYN
	case "connect":
		return engine.DiscoverConnect
	}
	return engine.DiscoverAuto
}
