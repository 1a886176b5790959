package netbios

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Node status types and flags (RFC 1002 §4.2.1.3, §4.2.18).
const (
	typeNodeStatus = 0x0021
	classInternet  = 0x0001
	groupName      = 0x8000
	responseBit    = 0x8000
)

// errStatusShort says that a node status response ends too early. It is a datagram: no more bytes will follow.
var errStatusShort = errors.New("netbios: node status response ends early")

// AppendStatusRequest appends a node status request for the name "*" (50 bytes), to be sent to UDP 137 of one
// host. The answer repeats id.
func AppendStatusRequest(dst []byte, id uint16) []byte {
	dst = binary.BigEndian.AppendUint16(dst, id)
	dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	dst = appendEncoded(dst, Name{'*'})
	dst = binary.BigEndian.AppendUint16(dst, typeNodeStatus)
	return binary.BigEndian.AppendUint16(dst, classInternet)
}

// StatusName is one entry of a node's name table.
type StatusName struct {
	Name  Name
	Flags uint16
}

// Group says whether the name belongs to a group (a domain or workgroup) instead of this node.
func (n StatusName) Group() bool { return n.Flags&groupName != 0 }

// Status is a node status response. Unit is the node's hardware address, zero when it hides it, as Samba does.
type Status struct {
	ID    uint16
	Names []StatusName
	Unit  [6]byte
}

// FileServer returns the name under which the node's file server listens, and whether there is one.
func (s Status) FileServer() (Name, bool) {
	for _, n := range s.Names {
		if !n.Group() && n.Name.Suffix() == SuffixFileServer {
			return n.Name, true
		}
	}
	return Name{}, false
}

// ParseStatus reads a node status response. On error the result is zero.
func ParseStatus(b []byte) (Status, error) {
	if len(b) < 12 {
		return Status{}, errStatusShort
	}
	flags, questions, answers := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	if flags&responseBit == 0 {
		return Status{}, errors.New("netbios: node status request, want a response")
	}
	if code := flags & 0x000f; code != 0 {
		return Status{}, fmt.Errorf("netbios: node status refused with code %d", code)
	}
	if questions != 0 || answers == 0 {
		return Status{}, fmt.Errorf("netbios: node status response with %d questions and %d answers", questions, answers)
	}
	rest, err := skipName(b[12:])
	if err != nil {
		return Status{}, err
	}
	if len(rest) < 11 {
		return Status{}, errStatusShort
	}
	if t := binary.BigEndian.Uint16(rest); t != typeNodeStatus {
		return Status{}, fmt.Errorf("netbios: record of type 0x%04x, want node status", t)
	}
	size, count := int(binary.BigEndian.Uint16(rest[8:])), int(rest[10])
	if len(rest) < 10+size || size < 1+18*count {
		return Status{}, errStatusShort
	}
	entries := rest[11 : 11+18*count]
	s := Status{ID: binary.BigEndian.Uint16(b)}
	for ; len(entries) > 0; entries = entries[18:] {
		s.Names = append(s.Names, StatusName{Name: Name(entries[:16]), Flags: binary.BigEndian.Uint16(entries[16:])})
	}
	// The statistics may be cut after the unit id, or missing.
	if tail := rest[11+18*count : 10+size]; len(tail) >= 6 {
		copy(s.Unit[:], tail)
	}
	return s, nil
}

// skipName returns what follows a name: labels up to an empty one, or a pointer to an earlier name.
func skipName(b []byte) ([]byte, error) {
	for len(b) > 0 {
		switch n := int(b[0]); {
		case n == 0:
			return b[1:], nil
		case n >= 0xc0:
			if len(b) < 2 {
				return nil, errStatusShort
			}
			return b[2:], nil
		case n >= 0x40 || len(b) < 1+n:
			return nil, fmt.Errorf("netbios: label of %d bytes", n)
		default:
			b = b[1+n:]
		}
	}
	return nil, errStatusShort
}

// AppendStatus appends a node status response as a server sends it, with a statistics block of 46 bytes.
func AppendStatus(dst []byte, s Status) []byte {
	names := s.Names[:min(len(s.Names), 255)]
	dst = binary.BigEndian.AppendUint16(dst, s.ID)
	dst = append(dst, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0)
	dst = appendEncoded(dst, Name{'*'})
	dst = binary.BigEndian.AppendUint16(dst, typeNodeStatus)
	dst = binary.BigEndian.AppendUint16(dst, classInternet)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(1+18*len(names)+46))
	dst = append(dst, byte(len(names)))
	for _, n := range names {
		dst = append(dst, n.Name[:]...)
		dst = binary.BigEndian.AppendUint16(dst, n.Flags)
	}
	dst = append(dst, s.Unit[:]...)
	return append(dst, make([]byte, 40)...)
}
