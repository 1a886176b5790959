package capture

import (
	"bufio"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/netip"
	"time"

	"signet"
	"signet/internal/check"
)

// Stats counts what went through a Reader.
type Stats struct {
	Packets     uint64
	Bytes       uint64
	Flows       uint64 // connections that a check recognised
	UnknownLink map[uint16]uint64
	Crowded     uint64 // connections to endpoints beyond those that are kept
}

// Reader listens to captures and collects what they show. It belongs to one goroutine. Several files may be read one
// after the other: they are one observation of one network.
type Reader struct {
	Stats Stats

	checks         []check.Check // those that can listen
	seed           maphash.Seed
	now            time.Time
	flows          map[uint64]*flow
	oldest, newest *flow // of flows
	spare          *flow // memory of those that are over, linked by newer
	spares         int
	held           int64
	ignored        []uint64
	frags          fragments
	scratch        [2][]byte

	endpoints map[endpointKey]*listening
	order     []*listening
	clients   clients
}

// maxEndpoints bounds what is kept of a capture of a whole provider.
const maxEndpoints = 1 << 16

type endpointKey struct {
	at    netip.AddrPort
	check int8
}

// listening is an endpoint that was heard.
type listening struct {
	endpoint signet.Endpoint
	check    *check.Check
	observer check.Observer
	at       time.Time
	last     time.Time
}

// NewReader listens with those of the checks that can.
func NewReader(checks []check.Check) *Reader {
	r := &Reader{
		seed: maphash.MakeSeed(), flows: map[uint64]*flow{}, ignored: make([]uint64, 1<<ignoredBits),
		endpoints: map[endpointKey]*listening{},
	}
	r.clients.seed = r.seed
	for _, c := range checks {
		if c.Passive != nil {
			r.checks = append(r.checks, c)
		}
	}
	return r
}

// Read reads one capture to its end. A DamageError says that it was read as far as it makes sense; every other error,
// that it is none.
func (r *Reader) Read(kind Kind, in *bufio.Reader) error {
	var src packets
	switch kind {
	case KindPcap:
		c, err := newClassic(in)
		if err != nil {
			return err
		}
		if !knownLink(c.link) {
			return fmt.Errorf("link type %d is not read", c.link)
		}
		src = c
	case KindPcapng:
		src = newSections(in)
	case KindNetMon:
		return ErrNetMon
	default:
		return errors.New("no packet capture")
	}
	var p packet
	for {
		err := src.next(&p)
		if err == io.EOF {
			r.flush()
			return nil
		}
		if err != nil {
			r.flush()
			return err
		}
		r.Stats.Packets++
		r.Stats.Bytes += uint64(len(p.data))
		r.now = p.at
		if !knownLink(p.link) {
			if r.Stats.UnknownLink == nil {
				r.Stats.UnknownLink = map[uint16]uint64{}
			}
			r.Stats.UnknownLink[p.link]++
			continue
		}
		r.link(p.link, p.data)
	}
}

// flush ends every connection under way.
func (r *Reader) flush() {
	for r.oldest != nil {
		r.finish(r.oldest)
	}
	r.frags = fragments{}
	clear(r.ignored)
}

// finish hands a connection to the check that recognised it.
func (r *Reader) finish(f *flow) {
	if f.check >= 0 {
		r.hear(f)
	}
	r.drop(f)
}

func (r *Reader) hear(f *flow) {
	c := &r.checks[f.check]
	server, client := &f.dirs[f.server], &f.dirs[1-f.server]
	var asked, answered []byte
	asked, r.scratch[0] = client.assemble(r.scratch[0])
	answered, r.scratch[1] = server.assemble(r.scratch[1])
	paired := !client.based && !server.based && aligned(client, server)
	o := &check.Overheard{
		Client: f.pair[1-f.server].addrPort(), Server: f.pair[f.server].addrPort(), At: f.at,
		FromClient: asked, FromServer: answered,
		ClientWhole: client.based || paired, ServerWhole: server.based || paired,
		ServerDone: server.based && server.ended && uint32(len(answered)) == server.end-server.base,
	}
	r.Stats.Flows++
	key := endpointKey{o.Server, f.check}
	l := r.endpoints[key]
	if l == nil {
		if len(r.order) == maxEndpoints {
			r.Stats.Crowded++
			return
		}
		e := signet.Endpoint{Target: signet.Target{Addr: o.Server.Addr()}, Port: o.Server.Port()}
		l = &listening{endpoint: e, check: c, observer: c.Passive.Observe(e), at: f.at, last: f.at}
		r.endpoints[key] = l
		r.order = append(r.order, l)
	}
	if f.at.Before(l.at) {
		l.at = f.at
	}
	if f.at.After(l.last) {
		l.last = f.at
	}
	l.observer.Hear(o)
	if c.Passive.Clients != nil {
		list := c.Passive.Clients(o)
		for i := range list {
			r.clients.add(c.Name, o, &list[i])
		}
	}
}

// Addresses counts the servers that were heard.
func (r *Reader) Addresses() uint64 {
	seen := map[netip.Addr]bool{}
	for _, l := range r.order {
		seen[l.endpoint.Addr] = true
	}
	return uint64(len(seen))
}

// Observations calls yield with what was learned of each endpoint of which something was, in the order in which
// they were first heard.
func (r *Reader) Observations(yield func(*signet.Observation) error) error {
	for _, l := range r.order {
		res := l.observer.Result()
		if res.Facts == nil {
			continue
		}
		o := &signet.Observation{
			Endpoint: l.endpoint, Check: l.check.Name, CheckVersion: l.check.Version, At: l.at, Took: l.last.Sub(l.at),
			Outcome: res.Outcome, Open: true, Facts: res.Facts, Err: res.Err, Unasked: res.Unasked, Source: "capture",
		}
		if err := yield(o); err != nil {
			return err
		}
	}
	return nil
}

// Held is how many bytes of connections under way are kept: 0 between files.
func (r *Reader) Held() int64 { return r.held }
