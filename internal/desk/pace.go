package desk

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// pace slows down whoever guesses: each attempt of an account, and each from an address, has a place behind the ones before it, further
// behind the more of them failed. Nobody is shut out: a place comes within slowest, whatever happened before.
type pace struct {
	mu    sync.Mutex
	lanes map[string]*lane
}

// lane is the attempts of one account or from one address.
type lane struct {
	failed int       // attempts that have not been found right
	next   time.Time // place of the next one
	last   time.Time
}

const (
	freeOfAccount = 4 // attempts that nobody waits for: people mistype
	freeOfAddress = 12
	firstStep     = 500 * time.Millisecond
	slowest       = 30 * time.Second
	longestWait   = 8 * time.Second // what is further off is refused, and told when to come again
	forgotten     = time.Hour
	mostLanes     = 20_000
)

func newPace() pace { return pace{lanes: map[string]*lane{}} }

// step is how long after an attempt the next one may be.
func step(failed, free int) time.Duration {
	if failed <= free {
		return 0
	}
	return min(firstStep<<min(failed-free-1, 20), slowest)
}

// key is a lane, and how many attempts of it are free.
type key struct {
	name string
	free int
}

// keysOf are the lanes of an attempt. At an address where the account is logged on, it has a lane of its own there, so that whoever guesses
// elsewhere does not slow it down.
func keysOf(account string, from netip.Addr, known bool) []key {
	address := network(from)
	if known {
		account += "@" + address
	}
	return []key{{"account " + account, freeOfAccount}, {"address " + address, freeOfAddress}}
}

// network is an address as far as one person has it: of IPv6 its /64.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// enter gives an attempt its place: how long from now. It counts as failed until passed. Where the place is too far off it has none, and
// ok is false.
func (p *pace) enter(now time.Time, keys []key) (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	for _, k := range keys {
		if l := p.lanes[k.name]; l != nil && l.next.After(at) {
			at = l.next
		}
	}
	wait = at.Sub(now)
	if wait > longestWait {
		return wait, false
	}
	for _, k := range keys {
		l := p.lanes[k.name]
		if l == nil || now.Sub(l.last) >= forgotten {
			p.room(now)
			l = &lane{}
			p.lanes[k.name] = l
		}
		l.failed++
		l.last = at
		l.next = at.Add(step(l.failed, k.free))
	}
	return wait, true
}

// passed takes back that an attempt failed. Of the account nothing is held against anybody any more; of the address the rest is, or one
// account of one's own would be enough to guess at others.
func (p *pace) passed(keys []key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, k := range keys {
		l := p.lanes[k.name]
		if l == nil {
			continue
		}
		if l.failed--; i == 0 || l.failed <= 0 {
			delete(p.lanes, k.name)
			continue
		}
		l.next = l.last.Add(step(l.failed, k.free))
	}
}

// room makes some for one more lane: those that are forgotten go, and of the others a quarter, the least bad.
func (p *pace) room(now time.Time) {
	if len(p.lanes) < mostLanes {
		return
	}
	maps.DeleteFunc(p.lanes, func(_ string, l *lane) bool { return now.Sub(l.last) >= forgotten })
	if len(p.lanes) < mostLanes*3/4 {
		return
	}
	names := slices.SortedFunc(maps.Keys(p.lanes), func(a, b string) int {
		x, y := p.lanes[a], p.lanes[b]
		return cmp.Or(cmp.Compare(x.failed, y.failed), x.last.Compare(y.last))
	})
	for _, name := range names[:len(names)-mostLanes*3/4] {
		delete(p.lanes, name)
	}
}
