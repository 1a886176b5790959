// Package capturetest makes packet captures for tests: it turns connections into packets, puts them into tunnels and
// VLANs, reorders or drops some, and writes them as a file. None of its packets could be sent: they have no checksums.
package capturetest

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"
)

// Turn is what one side of a connection said.
type Turn struct {
	Client bool
	Bytes  []byte
}

// Connection is one TCP connection.
type Connection struct {
	Client, Server netip.AddrPort
	Turns          []Turn
	Size           int  // bytes of a segment at most; 0: 1400
	NoStart        bool // the handshake is not in the capture
	Reset          bool // the server ends it with a reset
}

// Packet is one IP packet.
type Packet struct {
	At   time.Time
	Data []byte
}

// Start is when forged captures begin.
func Start() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// Packets turns connections into IP packets, one connection after the other, a millisecond apart.
func Packets(list ...Connection) []Packet {
	var out []Packet
	at := Start()
	for i, c := range list {
		seq := [2]uint32{0xffffff00 + uint32(i), 0x10000000 + uint32(i)*7919} // one of them wraps around
		send := func(client bool, flags byte, data []byte) {
			from, to, me, peer := c.Client, c.Server, 0, 1
			if !client {
				from, to, me, peer = c.Server, c.Client, 1, 0
			}
			ack := seq[peer]
			if flags&2 != 0 && client {
				ack = 0
			}
			out = append(out, Packet{at, ip(from, to, seq[me], ack, flags, data)})
			at = at.Add(time.Millisecond)
			seq[me] += uint32(len(data))
			if flags&3 != 0 {
				seq[me]++
			}
		}
		if c.NoStart {
			seq[0]++
			seq[1]++
		} else {
			send(true, 2, nil)
			send(false, 0x12, nil)
			send(true, 0x10, nil)
		}
		size := c.Size
		if size == 0 {
			size = 1400
		}
		for _, t := range c.Turns {
			for part := range slices.Chunk(t.Bytes, size) {
				send(t.Client, 0x18, part)
			}
		}
		if c.Reset {
			send(false, 0x14, nil)
			continue
		}
		send(false, 0x11, nil)
		send(true, 0x11, nil)
	}
	return out
}

func ip(from, to netip.AddrPort, seq, ack uint32, flags byte, data []byte) []byte {
	tcp := binary.BigEndian.AppendUint16(nil, from.Port())
	tcp = binary.BigEndian.AppendUint16(tcp, to.Port())
	tcp = binary.BigEndian.AppendUint32(tcp, seq)
	tcp = binary.BigEndian.AppendUint32(tcp, ack)
	tcp = append(tcp, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	return wrapIP(from.Addr(), to.Addr(), 6, append(tcp, data...))
}

// wrapIP puts an IP header before a payload.
func wrapIP(from, to netip.Addr, proto byte, payload []byte) []byte {
	if from.Is4() {
		h := []byte{0x45, 0}
		h = binary.BigEndian.AppendUint16(h, uint16(20+len(payload)))
		h = append(h, 0, 1, 0, 0, 64, proto, 0, 0)
		h = append(append(h, from.AsSlice()...), to.AsSlice()...)
		return append(h, payload...)
	}
	h := []byte{0x60, 0, 0, 0}
	h = binary.BigEndian.AppendUint16(h, uint16(len(payload)))
	h = append(h, proto, 64)
	h = append(append(h, from.AsSlice()...), to.AsSlice()...)
	return append(h, payload...)
}

// Fragment cuts every packet with more than size bytes of payload, a multiple of 8.
func Fragment(list []Packet, size int) []Packet {
	var out []Packet
	for i, p := range list {
		head := 20
		if p.Data[0]>>4 == 6 {
			head = 40
		}
		payload := p.Data[head:]
		if len(payload) <= size {
			out = append(out, p)
			continue
		}
		off := 0
		for part := range slices.Chunk(payload, size) {
			more := off+len(part) < len(payload)
			out = append(out, Packet{p.At, fragment(p.Data[:head], i, off, more, part)})
			off += len(part)
		}
	}
	return out
}

// fragment is a part of a packet behind the packet's header.
func fragment(header []byte, id, off int, more bool, part []byte) []byte {
	h := slices.Clone(header)
	if len(h) == 40 {
		b := binary.BigEndian.AppendUint16([]byte{h[6], 0}, uint16(off)|flag(more, 1))
		b = append(binary.BigEndian.AppendUint32(b, uint32(id)), part...)
		h[6] = 44
		binary.BigEndian.PutUint16(h[4:], uint16(len(b)))
		return append(h, b...)
	}
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(part)))
	binary.BigEndian.PutUint16(h[4:], uint16(id))
	binary.BigEndian.PutUint16(h[6:], uint16(off/8)|flag(more, 0x2000))
	return append(h, part...)
}

func flag(set bool, bit uint16) uint16 {
	if set {
		return bit
	}
	return 0
}

// Extend puts IPv6 extension headers (RFC 8200 §4) before what each packet carries: of these types, in this order, each of 8
// bytes but for what its type asks.
func Extend(list []Packet, types ...byte) []Packet {
	var out []Packet
	for _, p := range list {
		data := slices.Clone(p.Data)
		for _, typ := range slices.Backward(types) {
			var b []byte
			switch typ {
			case 44: // an atomic fragment (RFC 6946)
				b = []byte{data[6], 0, 0, 0, 0, 0, 0, 7}
			case 51: // of 12 bytes before the value that is checked, and that of 12 (RFC 4302 §2.2)
				b = append([]byte{data[6], 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, make([]byte, 12)...)
			case 43: // type 4, of which nothing is left
				b = []byte{data[6], 0, 4, 0, 0, 0, 0, 0}
			default: // options: padding, and one more time eight bytes
				b = append([]byte{data[6], 1, 1, 12}, make([]byte, 12)...)
			}
			carried := data[40:]
			data = append(data[:40:40], append(b, carried...)...)
			data[6] = typ
			binary.BigEndian.PutUint16(data[4:], uint16(len(data)-40))
		}
		out = append(out, Packet{p.At, data})
	}
	return out
}

// Wrap is a link layer or a tunnel.
type Wrap struct {
	Name string
	Link uint32
	Do   func(ip []byte) []byte
}

// Wraps lists every one that a reader is to take off.
func Wraps() []Wrap {
	typ := func(ip []byte) []byte {
		if ip[0]>>4 == 6 {
			return []byte{0x86, 0xdd}
		}
		return []byte{8, 0}
	}
	mac := make([]byte, 12)
	ether := func(tags, ip []byte) []byte { return slices.Concat(mac, tags, typ(ip), ip) }
	outer := func(proto byte, payload []byte) []byte {
		return slices.Concat(mac, []byte{8, 0}, wrapIP(netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2"), proto, payload))
	}
	return []Wrap{
		{"ethernet", 1, func(b []byte) []byte { return ether(nil, b) }},
		{"vlan", 1, func(b []byte) []byte { return ether([]byte{0x81, 0, 0, 5}, b) }},
		{"qinq", 1, func(b []byte) []byte { return ether([]byte{0x88, 0xa8, 0, 5, 0x81, 0, 0, 6}, b) }},
		{"padded", 1, func(b []byte) []byte { return append(ether(nil, b), 0, 0, 0, 0, 0, 0) }},
		{"raw", 101, func(b []byte) []byte { return b }},
		{"loopback", 0, func(b []byte) []byte { return append([]byte{2, 0, 0, 0}, b...) }},
		{"sll", 113, func(b []byte) []byte { return slices.Concat(make([]byte, 14), typ(b), b) }},
		{"sll2", 276, func(b []byte) []byte { return slices.Concat(typ(b), make([]byte, 18), b) }},
		{"gre", 1, func(b []byte) []byte { return outer(47, slices.Concat([]byte{0, 0}, typ(b), b)) }},
		{"gre-key", 1, func(b []byte) []byte {
			return outer(47, slices.Concat([]byte{0x20, 0}, typ(b), []byte{0, 0, 0, 7}, b))
		}},
		{"erspan1", 1, func(b []byte) []byte { return outer(47, slices.Concat([]byte{0, 0, 0x88, 0xbe}, ether(nil, b))) }},
		{"erspan2", 1, func(b []byte) []byte {
			return outer(47, slices.Concat([]byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1}, make([]byte, 8), ether(nil, b)))
		}},
		{"erspan3", 1, func(b []byte) []byte {
			return outer(47, slices.Concat([]byte{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1}, make([]byte, 12), ether(nil, b)))
		}},
		{"vxlan", 1, func(b []byte) []byte {
			inner := slices.Concat([]byte{8, 0, 0, 0, 0, 0, 9, 0}, ether(nil, b))
			udp := binary.BigEndian.AppendUint16([]byte{0x30, 0x39, 0x12, 0xb5}, uint16(8+len(inner)))
			return outer(17, slices.Concat(udp, []byte{0, 0}, inner))
		}},
		{"ipip", 101, func(b []byte) []byte {
			proto := byte(4)
			if b[0]>>4 == 6 {
				proto = 41
			}
			return wrapIP(netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2"), proto, b)
		}},
	}
}

// Pcap writes packets as a pcap file.
func Pcap(list []Packet, w Wrap, order binary.AppendByteOrder, nano bool) []byte {
	magic, unit := uint32(0xa1b2c3d4), time.Microsecond
	if nano {
		magic, unit = 0xa1b23c4d, time.Nanosecond
	}
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(order.AppendUint16(b, 2), 4)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = order.AppendUint32(order.AppendUint32(b, 262144), w.Link)
	for _, p := range list {
		data := w.Do(p.Data)
		b = order.AppendUint32(b, uint32(p.At.Unix()))
		b = order.AppendUint32(b, uint32(time.Duration(p.At.Nanosecond())/unit))
		b = order.AppendUint32(order.AppendUint32(b, uint32(len(data))), uint32(len(data)))
		b = append(b, data...)
	}
	return b
}

// Pcapng writes packets as a pcapng file of one section.
func Pcapng(list []Packet, w Wrap, order binary.AppendByteOrder) []byte {
	var b []byte
	block := func(typ uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		n := uint32(len(body) + 12)
		b = order.AppendUint32(order.AppendUint32(b, typ), n)
		b = order.AppendUint32(append(b, body...), n)
	}
	block(0x0a0d0d0a, append(order.AppendUint16(order.AppendUint16(order.AppendUint32(nil, 0x1a2b3c4d), 1), 0), bytes.Repeat([]byte{0xff}, 8)...))
	block(1, order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, uint16(w.Link)), 0), 0))
	block(0x0bad, []byte("a block that nobody knows"))
	for _, p := range list {
		data, t := w.Do(p.Data), uint64(p.At.UnixMicro())
		body := order.AppendUint32(order.AppendUint32(order.AppendUint32(nil, 0), uint32(t>>32)), uint32(t))
		body = order.AppendUint32(order.AppendUint32(body, uint32(len(data))), uint32(len(data)))
		block(6, append(body, data...))
	}
	return b
}
