package capture

// stream is what was seen of one direction: pieces in the order of arrival, put in order when it is over.
type stream struct {
	base    uint32 // sequence number of the first byte, where based
	end     uint32 // of the FIN, where ended
	based   bool   // a SYN was seen, or acknowledged
	ended   bool
	missed  bool // its first bytes are no check's
	dropped bool // more came than is kept
	buf     []byte
	pieces  []segment
}

type segment struct {
	seq   uint32
	at, n int32  // in buf
	ack   uint32 // what its sender had received
}

// size is what the stream holds, in bytes.
func (s *stream) size() int64 { return int64(cap(s.buf)) + 16*int64(cap(s.pieces)) }

// reuse is an empty stream in the memory of this one.
func (s *stream) reuse() stream {
	if cap(s.buf) > maxReuse || cap(s.pieces) > 16 {
		return stream{}
	}
	return stream{buf: s.buf[:0], pieces: s.pieces[:0]}
}

// follows tells whether what is held of the stream may come after a handshake whose first byte is to be base.
func (s *stream) follows(base uint32) bool {
	if s.based {
		return s.base == base
	}
	for _, p := range s.pieces {
		if off := int32(p.seq - base); off < -1 || off > maxStream {
			return false
		}
	}
	return true
}

// start notes the sequence number of the first byte.
func (s *stream) start(seq uint32) {
	if !s.based {
		s.based, s.base = true, seq
	}
}

// add files a segment. Its bytes are copied.
func (s *stream) add(seq, ack uint32, data []byte) {
	if s.based {
		off := int(int32(seq - s.base))
		switch {
		case off < 0:
			if -off >= len(data) {
				return // a keep-alive, or bytes from before the connection
			}
			data, seq = data[-off:], s.base
		case off >= maxStream:
			s.dropped = true
			return
		}
	}
	n := len(s.pieces)
	if n > 0 {
		last := &s.pieces[n-1]
		off := int32(seq - last.seq)
		if off >= 0 && int(off)+len(data) <= int(last.n) {
			// Once more what stands there: a keep-alive sends the last byte again, and need not know it (RFC 9293 §3.8.4).
			if len(data) == 1 && off == last.n-1 || string(s.buf[last.at+off:][:len(data)]) == string(data) {
				return
			}
		}
	}
	if room := maxStream - len(s.buf); len(data) > room {
		data, s.dropped = data[:room], true
		if room == 0 {
			return
		}
	}
	if n > 0 {
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
	n := s.contiguous()
	return n >= maxStream || s.dropped && n == len(s.buf) || s.ended && uint32(n) >= s.end-s.base
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
