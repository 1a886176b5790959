package host

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// Folder takes observations as a run makes them, and gives back each host when nothing more comes of it. It belongs to one
// goroutine.
type Folder struct {
	checks []check.Check // in the order in which their words count
	open   map[netip.Addr]*draft
	twins  map[likeness]uint32 // index in firsts
	firsts []netip.Addr        // where a host was met first
}

// likeness is a hash of what two addresses of one host have in common. The GUID alone is not enough: clones share it.
type likeness uint64

func like(h *signet.Host) likeness {
	sum := sha256.Sum256([]byte(h.GUID + "\x00" + strings.ToLower(h.Name) + "\x00" + strings.ToLower(h.Domain)))
	return likeness(binary.LittleEndian.Uint64(sum[:]))
}

// maxTwins bounds how many hosts are remembered to recognise them under another address.
const maxTwins = 1 << 16

// New makes a folder over a list of checks.
func New(checks []check.Check) *Folder {
	return &Folder{checks: checks, open: map[netip.Addr]*draft{}, twins: map[likeness]uint32{}}
}

// Fold takes an observation and its judgement. Endpoints where nothing was there are left out: they say nothing of a host.
// After Finish an observation of the same address begins another host.
func (f *Folder) Fold(o *signet.Observation, j *signet.Judgement) {
	if !o.Reached() {
		return
	}
	d := f.open[o.Addr]
	if d == nil {
		d = &draft{addr: o.Addr}
		f.open[o.Addr] = d
	}
	rank := f.rank(o.Check)
	var id check.Identity
	if rank < len(f.checks) && f.checks[rank].Identify != nil && o.Facts != nil {
		if said, err := f.checks[rank].Identify(o.Facts); err == nil { // unreadable facts are the judge's to report
			id = said
		}
	}
	d.add(rank, o, j, id)
}

// rank is the place of a check in the list; one of another version, of which nothing is understood, comes last.
func (f *Folder) rank(name string) int {
	for i := range f.checks {
		if f.checks[i].Name == name {
			return i
		}
	}
	return len(f.checks)
}

// Disagree adds sentences about sources that disagree on an endpoint of an address.
func (f *Folder) Disagree(addr netip.Addr, sentences []string) {
	if d := f.open[addr]; d != nil {
		d.odd = append(d.odd, sentences[:min(len(sentences), maxOdd-min(maxOdd, len(d.odd)))]...)
	}
}

// Finish gives back the host of an address of which nothing more comes; ok is false when nothing was there.
func (f *Folder) Finish(addr netip.Addr) (h *signet.Host, ok bool) {
	d := f.open[addr]
	if d == nil {
		return nil, false
	}
	delete(f.open, addr)
	h = d.host()
	if h.GUID == "" || h.Name == "" {
		return h, true
	}
	twin := like(h)
	if at, ok := f.twins[twin]; !ok {
		if len(f.twins) < maxTwins {
			f.twins[twin] = uint32(len(f.firsts))
			f.firsts = append(f.firsts, h.Address)
		}
	} else if f.firsts[at] != h.Address {
		h.SameAs = f.firsts[at]
	}
	return h, true
}

// Rest gives back every host that is left, by address.
func (f *Folder) Rest() []*signet.Host {
	var hosts []*signet.Host
	var left []netip.Addr
	for addr := range f.open {
		left = append(left, addr)
	}
	slices.SortFunc(left, netip.Addr.Compare)
	for _, addr := range left {
		h, _ := f.Finish(addr)
		hosts = append(hosts, h)
	}
	return hosts
}

// Open is how many hosts are under way.
func (f *Folder) Open() int { return len(f.open) }
