package capture

import "encoding/binary"

// IP protocols.
const (
	protoIPv4     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoFragment = 44
	protoGRE      = 47
	protoAH       = 51
)

func (r *Reader) ip(b []byte, depth int) {
	if len(b) < 20 || depth > maxNesting {
		return
	}
	switch b[0] >> 4 {
	case 4:
		r.ipv4(b, depth)
	case 6:
		r.ipv6(b, depth)
	}
}

func (r *Reader) ipv4(b []byte, depth int) {
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // segmentation was left to the card: the packet is what was captured
		total = len(b)
	}
	if head < 20 || total < head || head > len(b) {
		return
	}
	src, dst := mapped(b[12:]), mapped(b[16:])
	frag, proto := binary.BigEndian.Uint16(b[6:]), b[9]
	id := uint32(binary.BigEndian.Uint16(b[4:]))
	payload := b[head:min(total, len(b))]
	cut := total - head - len(payload) // by the snapshot length
	if frag&0x3fff != 0 {
		if cut > 0 { // the rest of the datagram is lost anyway
			r.missed(proto, cut)
			return
		}
		payload = r.frags.add(fragKey{src, dst, id, proto}, int(frag&0x1fff)*8, frag&0x2000 != 0, payload)
		if payload == nil {
			return
		}
	}
	r.transport(&src, &dst, proto, payload, cut, depth)
}

// mapped is an IPv4 address in the room of an IPv6 one.
func mapped(b []byte) address {
	a := address{10: 0xff, 11: 0xff}
	copy(a[12:], b[:4])
	return a
}

func (r *Reader) ipv6(b []byte, depth int) {
	if len(b) < 40 {
		return
	}
	src, dst := address(b[8:]), address(b[24:])
	proto, n, cut := b[6], int(binary.BigEndian.Uint16(b[4:])), 0
	b = b[40:]
	if n != 0 { // else segmentation was left to the card
		cut = max(0, n-len(b))
		b = b[:min(n, len(b))]
	}
	for range maxNesting {
		switch proto {
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(b) < 8 || len(b) < 8+int(b[1])*8 {
				return
			}
			proto, b = b[0], b[8+int(b[1])*8:]
		case protoFragment:
			if len(b) < 8 {
				return
			}
			off, id, first := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:]), b[0]
			b = b[8:]
			if off&0xfff9 != 0 {
				if cut > 0 {
					r.missed(first, cut)
					return
				}
				if b = r.frags.add(fragKey{src, dst, id, first}, int(off&^7), off&1 != 0, b); b == nil {
					return
				}
			}
			proto = first
		default:
			r.transport(&src, &dst, proto, b, cut, depth)
			return
		}
	}
}

// transport takes what an IP packet carries, of which cut bytes at the end are not in the capture.
func (r *Reader) transport(src, dst *address, proto byte, b []byte, cut, depth int) {
	switch proto {
	case protoTCP:
		r.missed(proto, cut)
		r.tcp(src, dst, b, cut)
	case protoAH: // RFC 4302: authenticates, and hides nothing
		if len(b) >= 12 && len(b) >= (int(b[1])+2)*4 && depth < maxNesting {
			r.transport(src, dst, b[0], b[(int(b[1])+2)*4:], cut, depth+1)
		}
	case protoUDP:
		if len(b) > 8 && binary.BigEndian.Uint16(b[2:]) == 4789 {
			r.vxlan(b[8:], depth+1)
		}
	case protoIPv4, protoIPv6:
		r.ip(b, depth+1)
	case protoGRE:
		r.gre(b, depth+1)
	}
}

// missed counts a packet of TCP of which cut bytes are not in the capture.
func (r *Reader) missed(proto byte, cut int) {
	if cut > 0 && proto == protoTCP {
		r.Stats.Cut++
	}
}

// Bounds of reassembly: datagrams under way, and fragments and bytes of each.
const (
	maxDatagrams = 256
	maxFragments = 64
	maxDatagram  = 65535
)

type fragKey struct {
	src, dst address
	id       uint32
	proto    byte
}

type piece struct {
	off  int
	data []byte
}

type datagram struct {
	key    fragKey
	pieces []piece
	end    int // -1 until the last fragment came
	bad    bool
}

// fragments puts datagrams together. The oldest gives way to a new one.
type fragments struct {
	under map[fragKey]*datagram
	queue []*datagram
}

// add files a fragment and returns the datagram's payload once it is whole. One whose fragments overlap is given up:
// hosts differ in which bytes they keep (RFC 5722 has IPv6 drop it).
func (f *fragments) add(key fragKey, off int, more bool, data []byte) []byte {
	d := f.under[key]
	if d == nil {
		if f.under == nil {
			f.under = map[fragKey]*datagram{}
		}
		if len(f.queue) == maxDatagrams {
			delete(f.under, f.queue[0].key)
			f.queue[0] = nil
			f.queue = f.queue[1:]
		}
		d = &datagram{key: key, end: -1}
		f.under[key] = d
		f.queue = append(f.queue, d)
	}
	end := off + len(data)
	if d.bad || end > maxDatagram || len(d.pieces) == maxFragments || more && len(data)%8 != 0 {
		d.bad, d.pieces = true, nil
		return nil
	}
	if !more {
		if d.end >= 0 && d.end != end {
			d.bad, d.pieces = true, nil
			return nil
		}
		d.end = end
	}
	at := 0
	for at < len(d.pieces) && d.pieces[at].off < off {
		at++
	}
	if at < len(d.pieces) && d.pieces[at].off == off && string(d.pieces[at].data) == string(data) {
		return nil // the same once more
	}
	if at > 0 && d.pieces[at-1].off+len(d.pieces[at-1].data) > off || at < len(d.pieces) && end > d.pieces[at].off {
		d.bad, d.pieces = true, nil
		return nil
	}
	d.pieces = append(d.pieces, piece{})
	copy(d.pieces[at+1:], d.pieces[at:])
	d.pieces[at] = piece{off, append([]byte(nil), data...)}
	if d.end < 0 {
		return nil
	}
	next := 0
	for _, p := range d.pieces {
		if p.off != next {
			return nil
		}
		next += len(p.data)
	}
	if next != d.end {
		return nil
	}
	whole := make([]byte, 0, next)
	for _, p := range d.pieces {
		whole = append(whole, p.data...)
	}
	f.drop(d)
	return whole
}

func (f *fragments) drop(d *datagram) {
	delete(f.under, d.key)
	for i, q := range f.queue {
		if q == d {
			f.queue = append(f.queue[:i], f.queue[i+1:]...)
			return
		}
	}
}
