// Package ber reads and appends the definite-length subset of BER (ITU-T X.690) that LDAP (RFC 4511 §5.1),
// SPNEGO (RFC 4178) and CredSSP share. It is the one wire package that other wire packages may import.
//
// It accepts lengths that are not minimal, because Active Directory writes every length in five bytes, and
// refuses indefinite lengths and high tag numbers, which none of those protocols use. Nothing is copied: what a
// reader returns points into the input.
package ber

import (
	"errors"
	"fmt"
	"strconv"
)

// Universal tags used by the protocols of this project.
const (
	Boolean     = 0x01
	Integer     = 0x02
	OctetString = 0x04
	Null        = 0x05
	OID         = 0x06
	Enumerated  = 0x0a
	Sequence    = 0x30
	Set         = 0x31
)

// ErrShort says that the input ends inside an element: more bytes may complete it.
var ErrShort = errors.New("ber: input ends inside an element")

// Size returns how many bytes the first element of b takes in all, header included. It needs only the header:
// ErrShort means that even the header is incomplete. The result is at most 1<<31 + 6 and is not checked
// against len(b): a caller bounds it before it waits for that much.
func Size(b []byte) (int, error) {
	head, n, err := header(b)
	if err != nil {
		return 0, err
	}
	return head + n, nil
}

// Read splits the first element of b into its tag, its content and what follows. On error every result is zero.
func Read(b []byte) (tag byte, content, rest []byte, err error) {
	head, n, err := header(b)
	if err != nil {
		return 0, nil, nil, err
	}
	if len(b)-head < n {
		return 0, nil, nil, ErrShort
	}
	return b[0], b[head : head+n : head+n], b[head+n:], nil
}

// Expect reads the first element of b and requires its tag.
func Expect(b []byte, tag byte) (content, rest []byte, err error) {
	got, content, rest, err := Read(b)
	if err != nil {
		return nil, nil, err
	}
	if got != tag {
		return nil, nil, fmt.Errorf("ber: tag 0x%02x, want 0x%02x", got, tag)
	}
	return content, rest, nil
}

// header returns the size of the identifier and length octets, and the length they state.
func header(b []byte) (head, n int, err error) {
	if len(b) < 2 {
		return 0, 0, ErrShort
	}
	if b[0]&0x1f == 0x1f {
		return 0, 0, fmt.Errorf("ber: tag 0x%02x starts a high tag number", b[0])
	}
	if b[1] < 0x80 {
		return 2, int(b[1]), nil
	}
	octets := int(b[1] & 0x7f)
	if octets == 0 {
		return 0, 0, errors.New("ber: indefinite length")
	}
	if octets > 4 {
		return 0, 0, fmt.Errorf("ber: length of %d octets", octets)
	}
	if len(b) < 2+octets {
		return 0, 0, ErrShort
	}
	var v uint32
	for _, c := range b[2 : 2+octets] {
		v = v<<8 | uint32(c)
	}
	if v > 1<<31-1 {
		return 0, 0, fmt.Errorf("ber: length %d", v)
	}
	return 2 + octets, int(v), nil
}

// Int decodes the content of an INTEGER or ENUMERATED of at most eight octets (X.690 §8.3).
func Int(content []byte) (int64, error) {
	if len(content) == 0 || len(content) > 8 {
		return 0, fmt.Errorf("ber: integer of %d octets", len(content))
	}
	v := int64(int8(content[0]))
	for _, c := range content[1:] {
		v = v<<8 | int64(c)
	}
	return v, nil
}

// OIDString decodes the content of an OBJECT IDENTIFIER into its dotted form (X.690 §8.19).
func OIDString(content []byte) (string, error) {
	if len(content) == 0 || content[len(content)-1]&0x80 != 0 || len(content) > 64 {
		return "", fmt.Errorf("ber: object identifier of %d octets", len(content))
	}
	var out []byte
	var v uint64
	fresh := true
	for _, c := range content {
		if fresh && c == 0x80 {
			return "", errors.New("ber: object identifier with a padded arc")
		}
		if v > 1<<56 {
			return "", errors.New("ber: object identifier with an arc over 63 bits")
		}
		v = v<<7 | uint64(c&0x7f)
		fresh = c&0x80 == 0
		if !fresh {
			continue
		}
		if out == nil {
			first := min(v/40, 2)
			out = strconv.AppendUint(out, first, 10)
			v -= first * 40
		}
		out = append(out, '.')
		out = strconv.AppendUint(out, v, 10)
		v = 0
	}
	return string(out), nil
}

// Append appends one element with a minimal length.
func Append(dst []byte, tag byte, content []byte) []byte {
	dst = AppendHeader(dst, tag, len(content))
	return append(dst, content...)
}

// AppendHeader appends the identifier and length octets of an element whose content of n bytes the caller appends.
func AppendHeader(dst []byte, tag byte, n int) []byte {
	dst = append(dst, tag)
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n <= 0xff:
		return append(dst, 0x81, byte(n))
	case n <= 0xffff:
		return append(dst, 0x82, byte(n>>8), byte(n))
	}
	return append(dst, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AppendInt appends an INTEGER (or, with another tag, an ENUMERATED) in its shortest form.
func AppendInt(dst []byte, tag byte, v int64) []byte {
	n := 1
	for x := v; x > 127 || x < -128; x >>= 8 {
		n++
	}
	dst = append(dst, tag, byte(n))
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

// AppendOID appends an OBJECT IDENTIFIER given in dotted form; a malformed one is a programmer's error and is
// appended as an empty element, which no peer accepts.
func AppendOID(dst []byte, dotted string) []byte {
	var arcs []uint64
	v, digits := uint64(0), 0
	for i := 0; i <= len(dotted); i++ {
		if i == len(dotted) || dotted[i] == '.' {
			if digits == 0 {
				return append(dst, OID, 0)
			}
			arcs = append(arcs, v)
			v, digits = 0, 0
			continue
		}
		if dotted[i] < '0' || dotted[i] > '9' || digits > 18 {
			return append(dst, OID, 0)
		}
		v, digits = v*10+uint64(dotted[i]-'0'), digits+1
	}
	if len(arcs) < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39) {
		return append(dst, OID, 0)
	}
	body := appendBase128(nil, arcs[0]*40+arcs[1])
	for _, a := range arcs[2:] {
		body = appendBase128(body, a)
	}
	return Append(dst, OID, body)
}

func appendBase128(dst []byte, v uint64) []byte {
	n := 1
	for x := v >> 7; x > 0; x >>= 7 {
		n++
	}
	for i := n - 1; i >= 0; i-- {
		c := byte(v>>(7*i)) & 0x7f
		if i > 0 {
			c |= 0x80
		}
		dst = append(dst, c)
	}
	return dst
}
