package run

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

// Estimate says how long a scan will take, or nothing where it is short.
func (s *Scan) Estimate() string {
	var done uint64
	if s.resumed != nil {
		done = s.resumed.run.Progress.Addresses
	}
	extent := s.scope.Extent()
	return estimate(s.scope, &extent, s.plans, &s.order, done)
}

// estimate says it of a scope. done is how many addresses of a run that is gone on with are done with.
func estimate(s *scope.Scope, e *scope.Extent, plans []engine.Plan, o *Order, done uint64) string {
	if e.Addresses <= leastEstimated || done >= e.Addresses {
		return ""
	}
	w := workloadOf(s, plans, o.Retries)
	of, ports := float64(e.Addresses), w.least/float64(e.Addresses)
	head := fmt.Sprintf("%s in %s, %s each", HowMany(e.Addresses), several(float64(e.Subnets), "subnet"), several(ports, "port"))
	left := 1.0
	if done > 0 {
		left = 1 - float64(done)/of
		head += fmt.Sprintf(", %.0f %% done", 100*(1-left))
	}
	if o.Rate == 0 {
		return head + ": with --rate 0 the network alone decides how long it takes"
	}
	subnet := dial.SubnetRate(o.Rate)
	lasts := func(connections float64) time.Duration {
		seconds := connections * left / min(o.Rate, subnet*float64(e.Subnets))
		seconds = max(seconds, connections/of*float64(e.Fullest)*left/subnet)
		return time.Duration(min(seconds, math.MaxInt64/2/1e9) * 1e9)
	}
	return fmt.Sprintf("%s: about %s at %g connections a second, %g into one subnet; hosts that answer take longer", head,
		between(lasts(w.least), lasts(w.most)), o.Rate, subnet)
}

// between words a range of durations as roughly as it is known.
func between(low, high time.Duration) string {
	from, to := Roughly(low), Roughly(high)
	if from == to {
		return from
	}
	return from + " to " + to
}

// Roughly words a duration in one unit.
func Roughly(d time.Duration) string {
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

// What a scan may hold without being asked about: a /8, and of addresses that may be anybody's a few offices' worth.
const (
	mostUnasked       = 1 << 24
	mostPublicUnasked = 4096
)

// Dangers says why a scope is not to be asked before a person has agreed; nothing where nobody needs to. Each reason is to be
// read after the number of addresses.
func (s *Scan) Dangers() []string {
	extent := s.scope.Extent()
	return dangers(&extent)
}

func dangers(e *scope.Extent) []string {
	var why []string
	if e.Addresses > mostUnasked {
		why = append(why, fmt.Sprintf("more than %d", mostUnasked))
	}
	if e.Public > mostPublicUnasked {
		why = append(why, fmt.Sprintf("%d of them public, more than %d", e.Public, mostPublicUnasked))
	}
	if len(e.Short) > 0 && e.Addresses > 0 {
		why = append(why, fmt.Sprintf("%s is a prefix shorter than /8", e.Short[0]))
	}
	return why
}

// HowMany words how many there are; the maximum stands for what is more.
func HowMany(n uint64) string {
	switch n {
	case 1:
		return "1 address"
	case ^uint64(0):
		return "2^64 addresses or more"
	}
	return fmt.Sprintf("%d addresses", n)
}
