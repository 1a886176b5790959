package capture

import "encoding/binary"

// Link types (the registry of pcap's link types).
const (
	linkNull     = 0
	linkEthernet = 1
	linkRaw      = 101
	linkRawBSD   = 12
	linkRawBSD2  = 14
	linkLoop     = 108
	linkSLL      = 113
	linkSLL2     = 276
	linkIPv4     = 228
	linkIPv6     = 229
	linkPPP      = 9
)

// EtherTypes.
const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherVLAN   = 0x8100
	etherQinQ   = 0x88a8
	etherQinQ2  = 0x9100
	etherBridge = 0x6558 // Ethernet in GRE
	etherERSPAN = 0x88be // type I and II in GRE
	etherERSP3  = 0x22eb // type III
	etherPPPoE  = 0x8864
	etherMPLS   = 0x8847
)

// maxNesting bounds tunnels in tunnels.
const maxNesting = 8

// knownLink tells whether packets of a link type can be read.
func knownLink(link uint16) bool {
	switch link {
	case linkNull, linkEthernet, linkRaw, linkRawBSD, linkRawBSD2, linkLoop, linkSLL, linkSLL2, linkIPv4, linkIPv6, linkPPP:
		return true
	}
	return false
}

// link takes the link layer off.
func (r *Reader) link(link uint16, b []byte) {
	switch link {
	case linkEthernet:
		r.ethernet(b, 0)
	case linkRaw, linkRawBSD, linkRawBSD2, linkIPv4, linkIPv6:
		r.ip(b, 0)
	case linkNull, linkLoop: // four bytes of address family, in the order of whoever captured
		if len(b) > 4 {
			r.ip(b[4:], 0)
		}
	case linkSLL:
		if len(b) > 16 {
			r.ether(binary.BigEndian.Uint16(b[14:]), b[16:], 0)
		}
	case linkSLL2:
		if len(b) > 20 {
			r.ether(binary.BigEndian.Uint16(b), b[20:], 0)
		}
	case linkPPP:
		if len(b) > 4 && b[0] == 0xff && b[1] == 3 {
			b = b[2:]
		}
		if len(b) > 2 && (b[1] == 0x21 || b[1] == 0x57) && b[0] == 0 {
			r.ip(b[2:], 0)
		}
	}
}

func (r *Reader) ethernet(b []byte, depth int) {
	if len(b) > 14 {
		r.ether(binary.BigEndian.Uint16(b[12:]), b[14:], depth)
	}
}

// ether takes tags off.
func (r *Reader) ether(typ uint16, b []byte, depth int) {
	for range maxNesting {
		switch typ {
		case etherIPv4, etherIPv6:
			r.ip(b, depth)
			return
		case etherVLAN, etherQinQ, etherQinQ2:
			if len(b) < 4 {
				return
			}
			typ, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherPPPoE:
			if len(b) > 8 && b[6] == 0 && (b[7] == 0x21 || b[7] == 0x57) {
				r.ip(b[8:], depth)
			}
			return
		case etherMPLS:
			for len(b) >= 4 {
				bottom := b[2]&1 != 0
				if b = b[4:]; bottom {
					r.ip(b, depth)
					return
				}
			}
			return
		default:
			return
		}
	}
}

// gre takes a GRE header off (RFC 2784, RFC 2890), and ERSPAN's behind it.
func (r *Reader) gre(b []byte, depth int) {
	if len(b) < 4 || b[1]&7 != 0 { // version 1 is PPTP
		return
	}
	flags, typ := b[0], binary.BigEndian.Uint16(b[2:])
	n := 4
	for _, bit := range []byte{0x80, 0x20, 0x10} { // checksum, key, sequence number
		if flags&bit != 0 {
			n += 4
		}
	}
	if flags&0x40 != 0 || len(b) < n { // source routes are long gone
		return
	}
	sequence, b := flags&0x10 != 0, b[n:]
	switch typ {
	case etherBridge:
		r.ethernet(b, depth)
	case etherERSPAN:
		switch {
		case !sequence:
			r.ethernet(b, depth) // type I has no header
		case len(b) > 8:
			r.ethernet(b[8:], depth)
		}
	case etherERSP3:
		if len(b) < 12 {
			return
		}
		n := 12
		if b[11]&1 != 0 { // a platform specific subheader follows
			n += 8
		}
		if len(b) > n {
			r.ethernet(b[n:], depth)
		}
	default:
		r.ether(typ, b, depth)
	}
}

// vxlan takes a VXLAN header off (RFC 7348), which is only believed whole.
func (r *Reader) vxlan(b []byte, depth int) bool {
	if len(b) < 8+14 || b[0] != 0x08 || b[1]|b[2]|b[3]|b[7] != 0 {
		return false
	}
	r.ethernet(b[8:], depth)
	return true
}
