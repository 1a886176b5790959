package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"time"
)

// Blocks of pcapng that carry anything for us.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
)

// maxBlock bounds one block: a packet with its options. maxInterfaces bounds what a section may describe.
const (
	maxBlock      = maxPacket + 64<<10
	maxForeign    = 64 << 20 // of a block that is passed over
	maxInterfaces = 1 << 12
)

// iface is an interface of a section.
type iface struct {
	link   uint16
	snap   uint32
	units  uint64 // time units a second
	offset int64  // seconds
}

// sections is a pcapng file.
type sections struct {
	counted
	order  binary.ByteOrder
	ifaces []iface
	last   time.Time
	lost   uint64 // packets of interfaces that nobody described
}

func newSections(r *bufio.Reader) *sections {
	return &sections{counted: counted{r: r}, order: binary.LittleEndian}
}

func (s *sections) next(p *packet) error {
	for {
		at := s.off
		typ, b, err := s.block()
		if err != nil {
			return err
		}
		switch typ {
		case blockInterface:
			if len(b) < 8 || len(s.ifaces) == maxInterfaces {
				return &DamageError{Offset: at, What: "an interface description that cannot be"}
			}
			s.ifaces = append(s.ifaces, s.describe(b))
		case blockEnhanced:
			if len(b) < 20 {
				return &DamageError{Offset: at, What: "a packet block without its fields"}
			}
			ok, err := s.packet(p, at, s.order.Uint32(b), b[4:12], s.order.Uint32(b[12:]), b[20:])
			if ok || err != nil {
				return err
			}
		case blockPacket:
			if len(b) < 20 {
				return &DamageError{Offset: at, What: "a packet block without its fields"}
			}
			ok, err := s.packet(p, at, uint32(s.order.Uint16(b)), b[4:12], s.order.Uint32(b[12:]), b[20:])
			if ok || err != nil {
				return err
			}
		case blockSimple:
			if len(b) < 4 || len(s.ifaces) == 0 {
				return &DamageError{Offset: at, What: "a simple packet block without an interface"}
			}
			n := s.order.Uint32(b)
			if snap := s.ifaces[0].snap; snap != 0 {
				n = min(n, snap)
			}
			*p = packet{s.last, s.ifaces[0].link, b[4:][:min(uint32(len(b)-4), n)]}
			return nil
		}
	}
}

// packet fills p; false: the interface is not described, and the packet is passed over.
func (s *sections) packet(p *packet, at int64, id uint32, stamp []byte, n uint32, data []byte) (bool, error) {
	if n > uint32(len(data)) {
		return false, &DamageError{Offset: at, What: fmt.Sprintf("a packet of %d bytes in a block that holds %d", n, len(data))}
	}
	if id >= uint32(len(s.ifaces)) {
		s.lost++
		return false, nil
	}
	i := &s.ifaces[id]
	t := uint64(s.order.Uint32(stamp))<<32 | uint64(s.order.Uint32(stamp[4:]))
	sec, frac := t/i.units, t%i.units
	nano := int64(float64(frac) / float64(i.units) * 1e9)
	if sec > 1<<40 { // beyond any calendar
		sec, nano = 0, 0
	}
	s.last = time.Unix(int64(sec)+i.offset, nano).UTC()
	*p = packet{s.last, i.link, data[:n]}
	return true, nil
}

// block reads one block. Its body is without the lengths around it.
func (s *sections) block() (uint32, []byte, error) {
	at := s.off
	h, err := s.take(8, "block")
	if err != nil {
		return 0, nil, err
	}
	size4 := [4]byte(h[4:])
	typ, size := s.order.Uint32(h), s.order.Uint32(h[4:])
	if typ == blockSection { // a palindrome: it reads the same in either order
		m, err := s.rest(4, "section header")
		if err != nil {
			return 0, nil, err
		}
		switch string(m) {
		case "\x1a\x2b\x3c\x4d":
			s.order = binary.BigEndian
		case "\x4d\x3c\x2b\x1a":
			s.order = binary.LittleEndian
		default:
			return 0, nil, &DamageError{Offset: at, What: "a section header without its magic"}
		}
		s.ifaces = nil
		size = s.order.Uint32(size4[:])
		if size < 28 || size > maxBlock || size%4 != 0 {
			return 0, nil, &DamageError{Offset: at, What: fmt.Sprintf("a section header of %d bytes", size)}
		}
		_, err = s.rest(int(size)-12, "section header")
		return typ, nil, err
	}
	large := size > maxBlock
	if size < 12 || size%4 != 0 || large && (carries(typ) || size > maxForeign) {
		return 0, nil, &DamageError{Offset: at, What: fmt.Sprintf("a block of %d bytes", size)}
	}
	for large { // keys of TLS, names: nobody's packets
		n := min(size-12, maxPacket)
		if _, err := s.rest(int(n), "block"); err != nil {
			return 0, nil, err
		}
		size -= n
		large = size > 12
	}
	b, err := s.rest(int(size)-8, "block")
	if err != nil {
		return 0, nil, err
	}
	if again := s.order.Uint32(b[len(b)-4:]); again != s.order.Uint32(size4[:]) {
		return 0, nil, &DamageError{Offset: at, What: fmt.Sprintf("a block that is %d bytes long at its start and %d at its end", s.order.Uint32(size4[:]), again)}
	}
	return typ, b[:len(b)-4], nil
}

// carries tells whether blocks of a type are read.
func carries(typ uint32) bool {
	switch typ {
	case blockInterface, blockPacket, blockSimple, blockEnhanced:
		return true
	}
	return false
}

// describe reads an interface description block and the two options that time stamps need.
func (s *sections) describe(b []byte) iface {
	i := iface{link: s.order.Uint16(b), snap: s.order.Uint32(b[4:]), units: 1e6}
	for o := b[8:]; len(o) >= 4; {
		code, n := s.order.Uint16(o), int(s.order.Uint16(o[2:]))
		o = o[4:]
		if code == 0 || n > len(o) {
			break
		}
		switch {
		case code == 9 && n >= 1: // if_tsresol
			i.units = resolution(o[0])
		case code == 14 && n == 8: // if_tsoffset
			if off := int64(s.order.Uint64(o)); off > -1<<40 && off < 1<<40 {
				i.offset = off
			}
		}
		o = o[min(len(o), (n+3)&^3):]
	}
	return i
}

// resolution turns if_tsresol into units a second: a negative power of ten, or of two with the highest bit set. One
// that does not fit is taken for the default.
func resolution(v byte) uint64 {
	e := v & 0x7f
	switch {
	case v&0x80 != 0 && e < 63:
		return 1 << e
	case v&0x80 == 0 && e <= 18:
		u := uint64(1)
		for range e {
			u *= 10
		}
		return u
	}
	return 1e6
}
