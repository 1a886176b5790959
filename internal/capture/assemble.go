package capture

import (
	"bytes"
	"slices"
)

// order sorts the pieces, and gives the sequence number of the first byte, or of the first that was seen.
func (s *stream) order() uint32 {
	base := s.base
	if !s.based {
		base = s.pieces[0].seq
		for _, p := range s.pieces {
			if int32(p.seq-base) < 0 {
				base = p.seq
			}
		}
	}
	if len(s.pieces) > 1 {
		slices.SortStableFunc(s.pieces, func(a, b segment) int { return int(int32(a.seq-base)) - int(int32(b.seq-base)) })
	}
	return base
}

// contiguous counts the bytes before the first hole.
func (s *stream) contiguous() int {
	if len(s.pieces) == 0 {
		return 0
	}
	base, n := s.order(), 0
	for _, p := range s.pieces {
		off := int(int32(p.seq - base))
		if off > n {
			break
		}
		n = max(n, off+int(p.n))
	}
	return n
}

// assemble gives the stream in order, from its first byte, or from the first that was seen, to the first hole. Where
// pieces overlap and agree the bytes count once; where they differ the stream ends, as hosts do not agree on which
// to believe. The result is in the stream's own memory or in scratch's, whose use it returns for the next time.
func (s *stream) assemble(scratch []byte) (whole, used []byte) {
	if len(s.pieces) == 0 {
		return nil, scratch
	}
	base := s.order()
	if p := s.pieces[0]; len(s.pieces) == 1 {
		if p.seq != base {
			return nil, scratch
		}
		return s.buf[p.at : p.at+p.n], scratch
	}
	dst := scratch[:0]
	for _, p := range s.pieces {
		off, data := int(int32(p.seq-base)), s.buf[p.at:p.at+p.n]
		if off < 0 { // from before the start, filed when that was not known
			if -off >= len(data) {
				continue
			}
			off, data = 0, data[-off:]
		}
		have := len(dst)
		if off > have {
			break
		}
		both := min(have-off, len(data))
		if !bytes.Equal(dst[off:][:both], data[:both]) {
			return dst[:off+agree(dst[off:], data)], dst
		}
		dst = append(dst, data[both:]...)
	}
	return dst, dst
}

// first is the piece that starts the stream, as far as it was seen; false: nothing was.
func (s *stream) first() (segment, bool) {
	if len(s.pieces) == 0 {
		return segment{}, false
	}
	p := s.pieces[0]
	for _, q := range s.pieces[1:] {
		if int32(q.seq-p.seq) < 0 {
			p = q
		}
	}
	return p, true
}

// aligned says that what was seen of the server's stream starts with the answer to what was seen of the client's: the
// client had received nothing of it when it spoke. A connection whose start is not in the capture can be read then.
func aligned(client, server *stream) bool {
	c, asked := client.first()
	s, answered := server.first()
	return asked && answered && c.ack == s.seq
}

// agree counts the bytes that two slices share at their start.
func agree(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
