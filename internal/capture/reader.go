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
	Cut         uint64 // packets of TCP of which not everything was captured
	Undescribed uint64 // packets of interfaces that a pcapng file does not describe
	Crowded     uint64 // connections to endpoints beyond those that are kept
	Unlisted    uint64 // times that a client beyond those that are kept was seen
}

// Reader takes captures apart and collects what a listener hears in them. It belongs to one goroutine. Several files may
// be read one after the other: they are one observation of one network.
type Reader struct {
	Stats Stats

	seed           maphash.Seed
	now            time.Time
	flows          map[uint64]*flow
	oldest, newest *flow // of flows
	spare          *flow // memory of those that are over, linked by newer
	spares         int
	held           int64
	ignored        ignored
	frags          fragments
	batch          []*flow // that are over, for the listener
	over, back     chan []*flow

	listener
}

// NewReader listens with those of the checks that can.
func NewReader(checks []check.Check) *Reader {
	r := &Reader{
		seed: maphash.MakeSeed(), flows: map[uint64]*flow{}, batch: make([]*flow, 0, batchSize),
		listener: listener{endpoints: map[endpointKey]*listening{}},
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
		c := newSections(in)
		defer func() { r.Stats.Undescribed += c.lost }()
		src = c
	case KindNetMon:
		return ErrNetMon
	default:
		return errors.New("no packet capture")
	}
	r.listen()
	defer r.flush()
	var p packet
	for n := uint64(0); ; n++ {
		err := src.next(&p)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if damage, ok := err.(*DamageError); ok {
				damage.After = n
			}
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
		r.end(r.oldest)
	}
	r.hush()
	r.frags = fragments{}
	clear(r.ignored)
}

// Hosts calls yield with the address of each server that was heard, once for each of its endpoints, whether or not anything
// was learned of that.
func (r *Reader) Hosts(yield func(netip.Addr)) {
	for _, l := range r.order {
		yield(l.endpoint.Addr)
	}
}

// Observations calls yield with what was learned of each endpoint of which something was, in the order in which
// they were first heard.
func (r *Reader) Observations(yield func(*signet.Observation) error) error {
	for _, l := range r.order {
		if o := l.observation(); o != nil {
			if err := yield(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// Held is how many bytes of connections under way are kept: 0 between files.
func (r *Reader) Held() int64 { return r.held }
