package capture

import (
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
	maxHeld     = 40 << 20  // bytes of all streams
	maxTries    = 8         // segments of a connection that no check recognises
	sureAfter   = 16        // bytes at the start of a stream that suffice to say whose it is not
	ignoredBits = 20        // of the table of connections that are none of our business
)

// pair is a connection, its lower address first.
type pair struct{ low, high netip.AddrPort }

// flow is a connection under way.
type flow struct {
	pair  pair
	hash  uint64
	at    time.Time
	dirs  [2]stream // from low, from high
	check int8      // index of the check that recognised it; -1: none yet
	sided bool      // server is known
	// server is the index into dirs of whoever answers.
	server uint8
	syn    bool // server is known by a handshake
	tries  uint8
	gone   bool
}

// stream is what was seen of one direction: pieces in the order of arrival, put in order when it is over.
type stream struct {
	base    uint32 // sequence number of the first byte, where based
	end     uint32 // of the FIN, where ended
	based   bool   // a SYN was seen, or acknowledged
	ended   bool
	missed  bool // its first bytes are no check's
	buf     []byte
	pieces  []segment
	dropped bool // more came than is kept
}

type segment struct {
	seq   uint32
	at, n int32  // in buf
	ack   uint32 // what its sender had received
}

// TCP flags.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

func (r *Reader) tcp(src, dst netip.Addr, b []byte) {
	if len(b) < 20 {
		return
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		return
	}
	flags, data := b[13], b[head:]
	from, to := netip.AddrPortFrom(src, binary.BigEndian.Uint16(b)), netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	p, dir := pair{from, to}, 0
	if to.Compare(from) < 0 {
		p, dir = pair{to, from}, 1
	}
	hash := maphash.Comparable(r.seed, p)
	place := &r.ignored[hash>>(64-ignoredBits)]
	if *place == hash {
		if flags&(flagSYN|flagACK) != flagSYN|flagACK {
			return
		}
		*place = 0 // a new connection between the same ports
	}
	seq := binary.BigEndian.Uint32(b[4:])
	f := r.flows[hash]
	if f != nil && f.pair != p {
		return // two connections under one hash: the first keeps it
	}
	if f != nil && flags&flagSYN != 0 && f.dirs[dir].based && f.dirs[dir].base != seq+1 {
		r.finish(f)
		f = nil
	}
	if f == nil {
		// A SYN alone opens nothing here: a port scan would fill the table.
		if len(data) == 0 && flags&(flagSYN|flagACK) != flagSYN|flagACK {
			return
		}
		f = r.open(p, hash)
	}
	s := &f.dirs[dir]
	full := s.dropped
	if flags&flagSYN != 0 {
		s.start(seq + 1)
		if !f.syn {
			f.syn, f.sided, f.server = true, true, uint8(dir)
			if flags&flagACK == 0 {
				f.server = uint8(1 - dir)
			}
		}
		if flags&flagACK != 0 {
			f.dirs[1-dir].start(binary.BigEndian.Uint32(b[8:]))
		}
		seq++
	}
	if len(data) > 0 {
		before := s.size()
		s.add(seq, binary.BigEndian.Uint32(b[8:]), data)
		r.held += s.size() - before
		if f.check < 0 {
			r.recognise(f, dir, data)
		}
	}
	if flags&(flagFIN|flagRST) != 0 && !s.ended {
		s.ended, s.end = true, seq+uint32(len(data))
	}
	if f.gone {
		return
	}
	if f.check >= 0 && (flags&(flagFIN|flagRST) != 0 || s.dropped && !full) && f.dirs[0].complete() && f.dirs[1].complete() {
		r.finish(f)
		return
	}
	for r.held > maxHeld {
		r.oldest()
	}
}

// open files a new connection; the oldest gives way when there are too many.
func (r *Reader) open(p pair, hash uint64) *flow {
	if len(r.flows) >= maxFlows {
		r.oldest()
	}
	f := &flow{pair: p, hash: hash, at: r.now, check: -1}
	r.flows[hash] = f
	r.queue = append(r.queue, f)
	return f
}

// oldest ends the connection that was opened first.
func (r *Reader) oldest() {
	for r.first < len(r.queue) {
		f := r.queue[r.first]
		r.queue[r.first] = nil
		r.first++
		if r.first > 1<<12 && r.first*2 > len(r.queue) {
			r.queue = append(r.queue[:0], r.queue[r.first:]...)
			r.first = 0
		}
		if !f.gone {
			r.finish(f)
			return
		}
	}
	r.held = 0 // nothing is under way
}

// size is what the stream holds, in bytes.
func (s *stream) size() int64 { return int64(cap(s.buf)) + 20*int64(cap(s.pieces)) }

// start notes the sequence number of the first byte.
func (s *stream) start(seq uint32) {
	if !s.based {
		s.based, s.base = true, seq
	}
}

// add files a segment. Its bytes are copied.
func (s *stream) add(seq, ack uint32, data []byte) {
	if s.based {
		off := int32(seq - s.base)
		switch {
		case off < 0:
			if int(-off) >= len(data) {
				return // a keep-alive, or bytes from before the connection
			}
			data, seq = data[-off:], s.base
		case off >= maxStream:
			s.dropped = true
			return
		}
	}
	if room := maxStream - len(s.buf); len(data) > room {
		data, s.dropped = data[:room], true
		if room == 0 {
			return
		}
	}
	if n := len(s.pieces); n > 0 {
		if last := &s.pieces[n-1]; last.seq+uint32(last.n) == seq && int(last.at+last.n) == len(s.buf) {
			s.buf = append(s.buf, data...)
			last.n += int32(len(data))
			return
		}
		if n == maxSegments {
			s.dropped = true
			return
		}
	}
	s.pieces = append(s.pieces, segment{seq, int32(len(s.buf)), int32(len(data)), ack})
	s.buf = append(s.buf, data...)
}

// complete says that nothing more will come that would be kept.
func (s *stream) complete() bool {
	if !s.based {
		return false
	}
	have := s.assemble(nil)
	return len(have) >= maxStream || s.dropped && len(have) == len(s.buf) || s.ended && int64(len(have)) >= int64(s.end-s.base)
}

// recognise asks the checks whose a connection is, by the bytes that start a direction.
func (r *Reader) recognise(f *flow, dir int, data []byte) {
	s := &f.dirs[dir]
	ports := [2]uint16{f.pair.low.Port(), f.pair.high.Port()}
	first := data
	if s.based {
		first = s.prefix()
		if first == nil {
			return
		}
	}
	for i := range r.checks {
		side := r.checks[i].Passive.Recognise(first, ports[dir])
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
		return
	}
	if s.based && len(first) >= sureAfter {
		s.missed = true
	}
	if f.tries++; f.dirs[0].missed && f.dirs[1].missed || f.tries >= maxTries && len(first) >= sureAfter {
		r.drop(f)
	}
}

// prefix is what stands at the very start of a based stream as far as its first piece goes; nil: it is not there yet.
func (s *stream) prefix() []byte {
	for _, p := range s.pieces {
		if p.seq == s.base {
			return s.buf[p.at : p.at+p.n]
		}
	}
	return nil
}

// drop forgets a connection that is none of our business.
func (r *Reader) drop(f *flow) {
	f.gone = true
	delete(r.flows, f.hash)
	r.held -= f.dirs[0].size() + f.dirs[1].size()
	f.dirs = [2]stream{}
	r.ignored[f.hash>>(64-ignoredBits)] = f.hash
	// The queue keeps the shell until its turn comes; connections that end at once must not pile up in it.
	if len(r.queue)-r.first > 2*maxFlows {
		kept := r.queue[:0]
		for _, q := range r.queue[r.first:] {
			if q != nil && !q.gone {
				kept = append(kept, q)
			}
		}
		clear(r.queue[len(kept):])
		r.queue, r.first = kept, 0
	}
}
