package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// maxPacket bounds one captured packet: the largest snapshot length that tools write is 256 KiB.
const maxPacket = 1 << 20

// packet is one captured packet. Data is valid until the next one is read.
type packet struct {
	at   time.Time
	link uint16
	data []byte
}

// packets is a capture file as a sequence of packets. io.EOF ends it; a DamageError ends it early.
type packets interface {
	next(*packet) error
}

// counted reads whole pieces and knows where it stands.
type counted struct {
	r   *bufio.Reader
	off int64
	buf []byte // for pieces that are larger than r's
}

// take returns the next n bytes, valid until the next call. A clean end is io.EOF; one inside a piece, or an error of
// the layer below (a cut gzip stream), is damage.
func (c *counted) take(n int, what string) ([]byte, error) {
	at := c.off
	var b []byte
	var got int
	var err error
	if n <= c.r.Size() {
		b, err = c.r.Peek(n)
		got, _ = c.r.Discard(len(b))
	} else {
		if cap(c.buf) < n {
			c.buf = make([]byte, n)
		}
		b = c.buf[:n]
		got, err = io.ReadFull(c.r, b)
	}
	c.off += int64(got)
	switch {
	case got == n:
		return b, nil
	case err == io.EOF && got == 0:
		return nil, io.EOF
	case err == io.EOF || err == io.ErrUnexpectedEOF: // of the file itself; a compression that ends too early says so, wrapped
		return nil, &DamageError{Offset: at, What: fmt.Sprintf("the file ends inside a %s", what)}
	}
	return nil, &DamageError{Offset: at, What: what + ": " + err.Error()}
}

// rest is take where something stood before: an end is damage too.
func (c *counted) rest(n int, what string) ([]byte, error) {
	b, err := c.take(n, what)
	if err == io.EOF {
		return nil, &DamageError{Offset: c.off, What: "the file ends inside a " + what}
	}
	return b, err
}

// classic is a pcap file.
type classic struct {
	counted
	order    binary.ByteOrder
	nano     bool
	modified bool // Kuznetzov's: eight bytes more before each packet
	link     uint16
}

func newClassic(r *bufio.Reader) (*classic, error) {
	c := &classic{counted: counted{r: r}}
	h, err := c.rest(24, "file header")
	if err != nil {
		return nil, err
	}
	c.order = binary.LittleEndian
	switch string(h[:4]) {
	case "\xa1\xb2\xc3\xd4", "\xa1\xb2\x3c\x4d", "\xa1\xb2\xcd\x34":
		c.order = binary.BigEndian
	}
	magic := c.order.Uint32(h)
	c.nano, c.modified = magic == 0xa1b23c4d, magic == 0xa1b2cd34
	c.link = uint16(c.order.Uint32(h[20:])) // the upper bits tell of frame check sequences
	return c, nil
}

func (c *classic) next(p *packet) error {
	size := 16
	if c.modified {
		size = 24
	}
	at := c.off
	h, err := c.take(size, "packet header")
	if err != nil {
		return err
	}
	sec, frac, n := c.order.Uint32(h), c.order.Uint32(h[4:]), c.order.Uint32(h[8:])
	if n > maxPacket {
		return &DamageError{Offset: at, What: fmt.Sprintf("a packet of %d bytes", n)}
	}
	if !c.nano {
		frac = min(frac, 999_999) * 1000
	}
	b, err := c.rest(int(n), "packet")
	if err != nil {
		return err
	}
	*p = packet{time.Unix(int64(sec), int64(min(frac, 999_999_999))).UTC(), c.link, b}
	return nil
}
