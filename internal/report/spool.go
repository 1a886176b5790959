package report

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Spool keeps what a format has to write behind the rest, compressed: the lines of a report resemble each other, and a million
// of them take a twentieth of their size. The zero value is empty.
type Spool struct {
	packed bytes.Buffer
	in     *zstd.Encoder
	size   int // bytes written
}

// Write appends to the spool.
func (s *Spool) Write(b []byte) (int, error) {
	if s.in == nil {
		var err error
		if s.in, err = zstd.NewWriter(&s.packed, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true)); err != nil {
			return 0, err
		}
	}
	s.size += len(b)
	return s.in.Write(b)
}

// Len is how many bytes were written since the spool was empty.
func (s *Spool) Len() int { return s.size }

// Drain writes everything to w. The spool is empty afterwards.
func (s *Spool) Drain(w io.Writer) error {
	if s.in == nil {
		return nil
	}
	if err := s.in.Close(); err != nil {
		return err
	}
	out, err := zstd.NewReader(&s.packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = out.WriteTo(w)
	*s = Spool{}
	return err
}
