package capture

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"

	"signet/internal/check"
)

// Bounds on what is held. Authentication stands at the start of a connection: what a file server sends after the
// first hundred kilobytes is files.
const (
	maxStream   = 128 << 10 // of one direction
	maxSegments = 1024      // of one direction, not joined up
	maxFlows    = 32 << 10  // connections under way
	maxHeld     = 24 << 20  // bytes of all streams
	maxTries    = 8         // segments of a connection that no check recognises
	sureAfter   = 16        // bytes at the start of a stream that suffice to say whose it is not
	ignoredBits = 20        // of the table of connections that are none of our business
	maxSpares   = 1024      // connections whose memory is kept for later ones
	maxReuse    = 8 << 10   // bytes of a stream that is kept so
)

// address is an IP address; an IPv4 one stands in it as RFC 4291 §2.5.5.2 maps it.
type address [16]byte

func (a address) addr() netip.Addr { return netip.AddrFrom16(a).Unmap() }

// end is an address and a port, plain bytes: comparing and hashing it is most of what a packet costs.
type end [18]byte

func (e *end) addrPort() netip.AddrPort {
	return netip.AddrPortFrom(address(e[:16]).addr(), binary.BigEndian.Uint16(e[16:]))
}

func (e *end) port() uint16 { return binary.BigEndian.Uint16(e[16:]) }

// pair is a connection, its lower end first.
type pair [2]end

// flow is a connection under way.
type flow struct {
	pair         pair
	hash         uint64
	older, newer *flow // in the order of their first packets
	at           time.Time
	dirs         [2]stream // from the lower end, from the higher
	check        int8      // index of the check that recognised it; -1: none yet
	sided        bool      // server is known
	// server is the index into dirs of whoever answers.
	server uint8
	syn    bool // server is known by a handshake
	tries  uint8
}

// TCP flags.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

// tcp takes a segment, of which cut bytes at the end are not in the capture.
func (r *Reader) tcp(src, dst *address, b []byte, cut int) {
	if len(b) < 20 {
		return
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		return
	}
	flags, data := b[13], b[head:]
	var p pair
	from, to := &p[0], &p[1]
	copy(from[:], src[:])
	copy(from[16:], b[:2])
	copy(to[:], dst[:])
	copy(to[16:], b[2:4])
	dir := 0
	if bytes.Compare(to[:], from[:]) < 0 {
		p[0], p[1], dir = p[1], p[0], 1
	}
	hash := r.hash(&p)
	if r.ignored.has(hash) {
		if flags&flagSYN == 0 {
			return
		}
		r.ignored.remove(hash) // a new connection between the same ports
	}
	seq, ack := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	f := r.flows[hash]
	if f != nil && f.pair != p {
		return // two connections under one hash: the first keeps it
	}
	if f != nil && flags&flagSYN != 0 {
		mine, other := &f.dirs[dir], &f.dirs[1-dir]
		if !mine.follows(seq+1) || flags&flagACK != 0 && !other.based && !other.follows(ack) {
			r.finish(f) // the ports are used again
			f = nil
		}
	}
	if f == nil {
		// A SYN alone opens nothing here: a port scan would fill the table.
		if len(data) == 0 && flags&(flagSYN|flagACK) != flagSYN|flagACK {
			return
		}
		f = r.open(&p, hash)
	}
	s := &f.dirs[dir]
	full, over := s.dropped, s.ended
	if flags&flagSYN != 0 {
		s.start(seq + 1)
		if !f.syn {
			f.syn, f.sided, f.server = true, true, uint8(dir)
			if flags&flagACK == 0 {
				f.server = uint8(1 - dir)
			}
		}
		if flags&flagACK != 0 {
			f.dirs[1-dir].start(ack)
		}
		seq++
	}
	if len(data) > 0 {
		before := s.size()
		s.add(seq, ack, data)
		r.held += s.size() - before
		if f.check < 0 && !r.recognise(f, dir, data) {
			r.finish(f)
			return
		}
	}
	if flags&(flagFIN|flagRST) != 0 && !s.ended {
		s.ended, s.end = true, seq+uint32(len(data)+cut)
	}
	if f.check >= 0 && (s.ended != over || s.dropped != full) && f.dirs[0].complete() && f.dirs[1].complete() {
		r.finish(f)
		return
	}
	for r.held > maxHeld {
		if r.oldest == nil {
			r.await()
			continue
		}
		r.finish(r.oldest)
	}
}

func (r *Reader) hash(p *pair) uint64 {
	var b [36]byte
	copy(b[:], p[0][:])
	copy(b[18:], p[1][:])
	return maphash.Bytes(r.seed, b[:])
}

// recognise asks the checks whose a connection is, by the bytes that start a direction. False: it is none of our
// business.
func (r *Reader) recognise(f *flow, dir int, data []byte) bool {
	s := &f.dirs[dir]
	first := data
	if s.based {
		first = s.prefix()
		if first == nil {
			return true
		}
	}
	port := f.pair[dir].port()
	for i := range r.checks {
		side := r.checks[i].Passive.Recognise(first, port)
		if side == check.NeitherSide {
			continue
		}
		f.check = int8(i)
		if !f.syn {
			f.sided, f.server = true, uint8(dir)
			if side == check.ClientSide {
				f.server = uint8(1 - dir)
			}
		}
		return true
	}
	if s.based && len(first) >= sureAfter {
		s.missed = true
	}
	f.tries++
	return !(f.dirs[0].missed && f.dirs[1].missed || f.tries >= maxTries && len(first) >= sureAfter)
}
