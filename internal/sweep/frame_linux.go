//go:build amd64 || arm64

package sweep

import (
	"encoding/binary"
	"net/netip"
)

// Frames of a raw sweep: Ethernet II with IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), ARP (RFC 826) and
// neighbour discovery (RFC 4861). They are built and read here and nowhere else.

type mac [6]byte

const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherIPv6 = 0x86dd

	tcpSYN = 0x02
	tcpRST = 0x04
	tcpACK = 0x10
)

// appendEther begins a frame.
func appendEther(b []byte, to, from mac, kind uint16) []byte {
	b = append(b, to[:]...)
	b = append(b, from[:]...)
	return binary.BigEndian.AppendUint16(b, kind)
}

// synBytes is the TCP segment of a SYN: a header and the maximum segment size.
const synBytes = 24

// appendSYN appends a whole frame that asks a port for a connection.
func appendSYN(b []byte, via mac, from mac, src, dst netip.Addr, sport, dport uint16, seq uint32) []byte {
	var sum uint32
	mss := uint16(1460)
	if dst.Is4() {
		b = appendEther(b, via, from, etherIPv4)
		s, d := src.As4(), dst.As4()
		h := len(b)
		b = append(b, 0x45, 0, 0, 20+synBytes, 0, 0, 0x40, 0, 64, 6, 0, 0)
		b = append(b, s[:]...)
		b = append(b, d[:]...)
		binary.BigEndian.PutUint16(b[h+10:], checksum(b[h:], 0))
		sum = add(add(0, s[:]), d[:])
	} else {
		b = appendEther(b, via, from, etherIPv6)
		s, d := src.As16(), dst.As16()
		b = append(b, 0x60, 0, 0, 0, 0, synBytes, 6, 64)
		b = append(b, s[:]...)
		b = append(b, d[:]...)
		sum = add(add(0, s[:]), d[:])
		mss = 1440
	}
	t := len(b)
	b = binary.BigEndian.AppendUint16(b, sport)
	b = binary.BigEndian.AppendUint16(b, dport)
	b = binary.BigEndian.AppendUint32(b, seq)
	b = append(b, 0, 0, 0, 0, synBytes/4<<4, tcpSYN, 0xfa, 0xf0, 0, 0, 0, 0, 2, 4, byte(mss>>8), byte(mss))
	binary.BigEndian.PutUint16(b[t+16:], checksum(b[t:], sum+6+synBytes))
	return b
}

// add sums bytes as big-endian words; the length is even but in the last part.
func add(sum uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

// checksum is the Internet checksum (RFC 1071).
func checksum(b []byte, sum uint32) uint16 {
	sum = add(sum, b)
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// reply is what a TCP segment that came back says.
type reply struct {
	src          netip.Addr
	sport, dport uint16
	ack          uint32
	flags        byte
}

// parseTCP reads a frame; ok is false for anything but an unfragmented TCP segment.
func parseTCP(f []byte) (r reply, ok bool) {
	if len(f) < 14 {
		return reply{}, false
	}
	p := f[14:]
	switch binary.BigEndian.Uint16(f[12:]) {
	case etherIPv4:
		if len(p) < 20 || p[0]>>4 != 4 || p[9] != 6 || binary.BigEndian.Uint16(p[6:])&0x3fff != 0 {
			return reply{}, false
		}
		n := int(p[0]&15) * 4
		if n < 20 || len(p) < n+20 {
			return reply{}, false
		}
		r.src = netip.AddrFrom4([4]byte(p[12:16]))
		p = p[n:]
	case etherIPv6:
		if len(p) < 60 || p[0]>>4 != 6 || p[6] != 6 {
			return reply{}, false
		}
		r.src = netip.AddrFrom16([16]byte(p[8:24]))
		p = p[40:]
	default:
		return reply{}, false
	}
	r.sport, r.dport = binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
	r.ack, r.flags = binary.BigEndian.Uint32(p[8:]), p[13]
	return r, true
}

// appendWhoHas appends a frame that asks who has an address of this link.
func appendWhoHas(b []byte, from mac, src, dst netip.Addr) []byte {
	if dst.Is4() {
		s, d := src.As4(), dst.As4()
		b = appendEther(b, mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, from, etherARP)
		b = append(b, 0, 1, 8, 0, 6, 4, 0, 1)
		b = append(b, from[:]...)
		b = append(b, s[:]...)
		b = append(b, 0, 0, 0, 0, 0, 0)
		return append(b, d[:]...)
	}
	s, d := src.As16(), dst.As16()
	group := [16]byte{0: 0xff, 1: 2, 11: 1, 12: 0xff, 13: d[13], 14: d[14], 15: d[15]} // solicited-node, RFC 4291 §2.7.1
	b = appendEther(b, mac{0x33, 0x33, 0xff, d[13], d[14], d[15]}, from, etherIPv6)
	b = append(b, 0x60, 0, 0, 0, 0, 32, 58, 255)
	b = append(b, s[:]...)
	b = append(b, group[:]...)
	t := len(b)
	b = append(b, 135, 0, 0, 0, 0, 0, 0, 0)
	b = append(b, d[:]...)
	b = append(b, 1, 1)
	b = append(b, from[:]...)
	binary.BigEndian.PutUint16(b[t+2:], checksum(b[t:], add(add(0, s[:]), group[:])+58+32))
	return b
}

// parseIsAt reads a frame in which a host of this link says what its address is.
func parseIsAt(f []byte) (who netip.Addr, at mac, ok bool) {
	if len(f) < 14 {
		return who, at, false
	}
	p := f[14:]
	switch binary.BigEndian.Uint16(f[12:]) {
	case etherARP:
		if len(p) < 28 || string(p[:8]) != "\x00\x01\x08\x00\x06\x04\x00\x02" {
			return who, at, false
		}
		return netip.AddrFrom4([4]byte(p[14:18])), mac(p[8:14]), true
	case etherIPv6:
		// A neighbour advertisement that came from this link (hop limit 255) with the option of its link address.
		if len(p) < 40+32 || p[6] != 58 || p[7] != 255 || p[40] != 136 || p[64] != 2 || p[65] != 1 {
			return who, at, false
		}
		return netip.AddrFrom16([16]byte(p[48:64])), mac(p[66:72]), true
	}
	return who, at, false
}
