package host

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
)

// Folder takes observations as a run makes them and gives back hosts when they are whole. It belongs to one goroutine.
type Folder struct {
	identify map[string]func(signet.Facts) (check.Identity, error)
	wait     time.Duration
	open     map[netip.Addr]*draft
	order    []*draft // by when they were begun; those let go early are nil in open
	twins    map[likeness]netip.Addr
}

// likeness is what two addresses of one host have in common. The GUID alone is not enough: clones share it.
type likeness struct{ guid, name, domain string }

// maxTwins bounds how many hosts are remembered to recognise them under another address.
const maxTwins = 1 << 16

// New makes a folder over a list of checks. wait is the longest time that a host may take from its first observation
// to its last; 0 keeps every host until Rest, for observations that come in no order of time.
func New(checks []check.Check, wait time.Duration) *Folder {
	f := &Folder{
		identify: map[string]func(signet.Facts) (check.Identity, error){}, wait: wait,
		open: map[netip.Addr]*draft{}, twins: map[likeness]netip.Addr{},
	}
	for _, c := range checks {
		f.identify[c.Name] = c.Identify
	}
	return f
}

// Add folds an observation and what was thought of it. Endpoints where nothing was there say nothing of a host. A
// second visit to an address whose host was let go begins another one.
func (f *Folder) Add(o *signet.Observation, j *signet.Judgement) {
	if !o.Reached() {
		return
	}
	d := f.open[o.Addr]
	if d == nil {
		d = &draft{addr: o.Addr, begun: o.At}
		f.open[o.Addr] = d
		f.order = append(f.order, d)
	}
	var id check.Identity
	if identify := f.identify[o.Check]; identify != nil && o.Facts != nil {
		if said, err := identify(o.Facts); err == nil { // unreadable facts are the judge's to report
			id = said
		}
	}
	d.add(o, j, &id)
}

// Due gives back the hosts of which nothing more can come at a time.
func (f *Folder) Due(now time.Time) []signet.Host {
	if f.wait <= 0 {
		return nil
	}
	return f.take(func(d *draft) bool { return now.Sub(d.begun) > f.wait })
}

// Finish gives back the host of an address whose visit is over; ok is false when nothing was there.
func (f *Folder) Finish(addr netip.Addr) (h signet.Host, ok bool) {
	d := f.open[addr]
	if d == nil {
		return signet.Host{}, false
	}
	h = f.seal(d)
	if len(f.order) > 2*len(f.open)+64 { // forget those that were finished
		f.order = slices.DeleteFunc(f.order, func(d *draft) bool { return f.open[d.addr] != d })
	}
	return h, true
}

// Rest gives back every host that is left, at the end of a run.
func (f *Folder) Rest() []signet.Host { return f.take(func(*draft) bool { return true }) }

// Open is how many hosts are under way.
func (f *Folder) Open() int { return len(f.open) }

func (f *Folder) take(due func(*draft) bool) []signet.Host {
	var hosts []signet.Host
	n := 0
	for ; n < len(f.order); n++ {
		d := f.order[n]
		if f.open[d.addr] != d { // finished before
			continue
		}
		if !due(d) {
			break
		}
		hosts = append(hosts, f.seal(d))
	}
	f.order = append(f.order[:0], f.order[n:]...)
	clear(f.order[len(f.order):cap(f.order)])
	return hosts
}

// seal lets a host go.
func (f *Folder) seal(d *draft) signet.Host {
	delete(f.open, d.addr)
	h := d.host()
	like := likeness{h.GUID, strings.ToLower(h.Name), strings.ToLower(h.Domain)}
	if like.guid == "" || like.name == "" {
		return h
	}
	if first, ok := f.twins[like]; ok && first != h.Address {
		h.SameAs = first
	} else if len(f.twins) < maxTwins {
		f.twins[like] = h.Address
	}
	return h
}
