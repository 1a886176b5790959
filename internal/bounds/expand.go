package bounds

import (
	"fmt"
	"io"
)

// Expansion counts what goes into a decompressor, and bounds what comes out of it. Text of hosts that are all alike packs
// forty times, captures hardly ten; what packs far better was made to fill whoever unpacks it.
type Expansion struct {
	in, out int64
	times   int64
	name    string
}

const (
	packedFree  = 64 << 20 // so much may come out of anything
	packedTimes = 250
)

// NewExpansion is for one compressed stream; name is that of the compression.
func NewExpansion(name string) *Expansion { return &Expansion{times: packedTimes, name: name} }

// Packed is the reader to decompress from.
func (e *Expansion) Packed(r io.Reader) io.Reader { return counting{r, &e.in, nil} }

// Unpacked is the reader of what the decompressor gives.
func (e *Expansion) Unpacked(r io.Reader) io.Reader { return counting{r, &e.out, e.check} }

func (e *Expansion) check() error {
	if e.out > packedFree && e.out/e.times > e.in {
		return &Error{What: fmt.Sprintf("the %s file expands to more than %d times its size, the limit: %s of %s so far", e.name, e.times, size(e.out), size(e.in))}
	}
	return nil
}

// counting counts what is read through it, and asks a question behind each reading.
type counting struct {
	io.Reader
	n    *int64
	then func() error
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += int64(n)
	if c.then != nil {
		if wrong := c.then(); wrong != nil {
			return n, wrong
		}
	}
	return n, err
}
