package cli

import (
	"fmt"
	"math"
	"time"

	"signet"
	"signet/internal/dial"
	"signet/internal/engine"
	"signet/internal/scope"
)

// leastEstimated is the number of addresses beyond which a scan says how long it will take.
const leastEstimated = 10_000

// workload is how many connections a scope takes at least, and at most while nobody answers: a port that is closed says so
// at once, one that is silent is tried again.
type workload struct{ least, most float64 }

// workloadOf counts what would be asked. It asks the engine once for each way in which addresses were typed.
func workloadOf(s *scope.Scope, plans []engine.Plan, retries int) workload {
	run := &engine.Run{Plans: plans}
	type each struct{ always, perhaps int }
	known := map[*scope.Ask]each{}
	var w workload
	for b := range s.Blocks() {
		n, ok := known[b.Ask]
		if !ok {
			for _, ask := range run.Preview(engine.Item{Target: signet.Target{Addr: b.First, Name: b.Name}, Ports: b.Ports, Default: b.Default}) {
				if ask.Condition == "" {
					n.always++
				} else {
					n.perhaps++
				}
			}
			known[b.Ask] = n
		}
		size := b.Size()
		w.least += size * float64(n.always)
		w.most += size * float64(n.always*(1+retries)+n.perhaps)
	}
	return w
}

// estimate says how long a scan will take, or nothing where it is short. done is how many addresses of a resumed run are
// done with.
func estimate(s *scope.Scope, e *scope.Extent, plans []engine.Plan, f *scanFlags, done uint64) string {
	if e.Addresses <= leastEstimated || done >= e.Addresses {
		return ""
	}
	w := workloadOf(s, plans, f.retries)
	of, ports := float64(e.Addresses), w.least/float64(e.Addresses)
	head := fmt.Sprintf("%s in %s, %s each", howMany(e.Addresses), several(float64(e.Subnets), "subnet"), several(ports, "port"))
	left := 1.0
	if done > 0 {
		left = 1 - float64(done)/of
		head += fmt.Sprintf(", %.0f %% done", 100*(1-left))
	}
	if f.rate == 0 {
		return head + ": with --rate 0 the network alone decides how long it takes"
	}
	subnet := dial.SubnetRate(f.rate)
	lasts := func(connections float64) time.Duration {
		seconds := connections * left / min(f.rate, subnet*float64(e.Subnets))
		seconds = max(seconds, connections/of*float64(e.Fullest)*left/subnet)
		return time.Duration(min(seconds, math.MaxInt64/2/1e9) * 1e9)
	}
	return fmt.Sprintf("%s: about %s at %g connections a second, %g into one subnet; hosts that answer take longer", head,
		between(lasts(w.least), lasts(w.most)), f.rate, subnet)
}

// between words a range of durations as roughly as it is known.
func between(low, high time.Duration) string {
	from, to := roughly(low), roughly(high)
	if from == to {
		return from
	}
	return from + " to " + to
}

func roughly(d time.Duration) string {
	count := func(unit time.Duration, word string) string {
		return several(math.Round(float64(d)/float64(unit)), word)
	}
	switch {
	case d < 90*time.Second:
		return count(time.Second, "second")
	case d < 90*time.Minute:
		return count(time.Minute, "minute")
	case d < 48*time.Hour:
		return count(time.Hour, "hour")
	}
	return count(24*time.Hour, "day")
}

// several words a number of things, three digits of what is no whole number.
func several(n float64, word string) string {
	switch {
	case n == 1:
		return "1 " + word
	case n == math.Trunc(n):
		return fmt.Sprintf("%.0f %ss", n, word)
	}
	return fmt.Sprintf("%.3g %ss", n, word)
}
