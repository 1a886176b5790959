package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/engine"
	"signet/internal/scope"
)

// twoPorts is a plan of two ports and one that is asked where the host is alive.
func twoPorts() []engine.Plan {
	return []engine.Plan{{Check: all.Checks()[0], Ports: []check.Port{{Number: 1}, {Number: 2}, {Number: 3, WhenAlive: true}}}}
}

// The estimate follows the rate, the cap of a subnet, the ports and the retries, by hand-made sums.
func TestEstimate(t *testing.T) {
	for _, c := range []struct {
		targets, exclude string
		rate             float64
		retries          int
		done             uint64
		want             string
	}{
		{"10.0.0.0/24", "", 2000, 1, 0, ""},
		{"10.0.0.0/19 10.1.0.0/20", "10.1.0.0/20", 2000, 1, 0, ""},
		// 65,536 × 2 = 131,072 / 2,000 = 66 s at least; × 2 tries + 1 × 65,536 = 327,680 / 2,000 = 164 s at most
		{"10.0.0.0/16", "", 2000, 1, 0, "65536 addresses in 256 subnets, 2 ports each: about 66 seconds to 3 minutes at 2000 connections a second, 200 into one subnet"},
		{"10.0.0.0/16", "", 2000, 0, 0, "about 66 seconds to 2 minutes at"},
		{"10.0.0.0/16", "", 20, 1, 0, "about 2 hours to 5 hours at 20 connections"},
		{"10.0.0.0/16", "", 40000, 1, 0, "about 3 seconds to 8 seconds at 40000 connections a second, 400 into one subnet"},
		// one /64: 65,536 × 2 / 200 = 655 s whatever the rate
		{"fd00::/112", "", 2000, 1, 0, "65536 addresses in 1 subnet, 2 ports each: about 11 minutes to 27 minutes at"},
		{"10.0.0.0/16", "", 0, 1, 0, "65536 addresses in 256 subnets, 2 ports each: with --rate 0 the network alone decides how long it takes"},
		{"10.0.0.0/16", "", 2000, 1, 32768, "65536 addresses in 256 subnets, 2 ports each, 50 % done: about 33 seconds to 82 seconds at"},
		{"10.0.0.0/16", "", 2000, 1, 65536, ""},
		{"10.0.0.0/16:9", "", 2000, 0, 0, "1 port each: about 33 seconds at"},
		{"10.0.0.0/8", "", 2000, 1, 0, "16777216 addresses in 65536 subnets, 2 ports each: about 5 hours to 12 hours at"},
	} {
		s, err := scope.Build(context.Background(), scope.Config{Targets: strings.Fields(c.targets), Exclude: strings.Fields(c.exclude)})
		if err != nil {
			t.Fatal(err)
		}
		e := s.Extent()
		plans := twoPorts()
		if strings.Contains(c.targets, ":9") {
			plans[0].Ports = append(plans[0].Ports, check.Port{Number: 9})
		}
		got := estimate(s, &e, plans, &scanFlags{rate: c.rate, retries: c.retries}, c.done)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s at %g, %d done: %q, want %q", c.targets, c.rate, c.done, got, c.want)
		}
	}
}

// The time that is left is not told before there is a pace, and then from the pace of the last minute.
func TestProgressTellsNoTimeTooEarly(t *testing.T) {
	begun := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		from  uint64
		total uint64
		at    func(second int) uint64 // addresses done
		seen  int                     // the second from which time is told, 0: never
		says  string                  // then
	}{
		{"steady", 0, 10_000, func(s int) uint64 { return uint64(s) * 100 }, 15, "1500/10000 addresses, 100/s, 0 alive, 0 findings, about 85 seconds left"},
		{"a small part is no pace", 0, 1_000_000, func(s int) uint64 { return uint64(s) * 100 }, 120, "about 3 hours left"},
		{"nothing is done yet", 0, 10_000, func(int) uint64 { return 0 }, 0, ""},
		{"resumed: what was done before is no pace", 9_000, 10_000, func(s int) uint64 { return 9_000 + uint64(s) }, 20, "9020/10000 addresses, 1/s, 0 alive, 0 findings, about 16 minutes left"},
		{"it stands still", 0, 10_000, func(s int) uint64 { return 400 * uint64(min(s, 2)) }, 15, "800/10000"},
	} {
		s := &engine.Stats{}
		p := &progress{stats: s, total: c.total, findings: func() uint64 { return 0 }, start: begun, from: c.from}
		first, line := 0, ""
		for second := 1; second <= 180; second++ {
			s.Addresses.Store(min(c.at(second), c.total))
			got := p.line(begun.Add(time.Duration(second) * time.Second))
			if first == 0 && strings.Contains(got, "left") {
				first, line = second, got
			}
			if c.name == "it stands still" && second > 70 && strings.Contains(got, "left") {
				t.Errorf("%s: after %d s of which the last minute brought nothing: %s", c.name, second, got)
			}
		}
		if first != c.seen || !strings.Contains(line, c.says) {
			t.Errorf("%s: told in second %d, want %d: %s", c.name, first, c.seen, line)
		}
	}
}
