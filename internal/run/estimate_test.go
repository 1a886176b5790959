package run

import (
	"context"
	"strings"
	"testing"

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
		got := estimate(s, &e, plans, &Order{Rate: c.rate, Retries: c.retries}, c.done)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s at %g, %d done: %q, want %q", c.targets, c.rate, c.done, got, c.want)
		}
	}
}
