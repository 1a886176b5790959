package capture

import (
	"bytes"
	"slices"
)

// assemble appends the stream in order, from its first byte, or from the first that was seen, to the first hole. Where
// pieces overlap and agree the bytes count once; where they differ the stream ends, as hosts do not agree on which
// to believe.
func (s *stream) assemble(dst []byte) []byte {
	if len(s.pieces) == 0 {
		return dst
	}
	base := s.base
	if !s.based {
		base = s.pieces[0].seq
		for _, p := range s.pieces {
			if int32(p.seq-base) < 0 {
				base = p.seq
			}
		}
	}
	if len(s.pieces) == 1 {
		if s.pieces[0].seq != base {
			return dst
		}
		p := s.pieces[0]
		return append(dst, s.buf[p.at:p.at+p.n]...)
	}
	order := slices.Clone(s.pieces)
	slices.SortStableFunc(order, func(a, b segment) int { return int(int32(a.seq-base)) - int(int32(b.seq-base)) })
	start := len(dst)
	for _, p := range order {
		off, data := int(int32(p.seq-base)), s.buf[p.at:p.at+p.n]
		have := len(dst) - start
		if off > have {
			break
		}
		both := min(have-off, len(data))
		if !bytes.Equal(dst[start+off:][:both], data[:both]) {
			return dst[:start+off+agree(dst[start+off:], data)]
		}
		dst = append(dst, data[both:]...)
	}
	return dst
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
