package spnego

import (
	"fmt"

	"signet/internal/wire/ber"
)

// fields are the optional members [0] to [4] of a SPNEGO sequence, nil where one is absent (ber.Read never
// returns nil content).
type fields [5][]byte

// readFields reads the SEQUENCE that content consists of, whose members carry explicit context tags in ascending
// order. Members beyond [4] are room for extensions and skipped.
func readFields(content []byte) (fields, error) {
	seq, rest, err := ber.Expect(content, ber.Sequence)
	if err != nil {
		return fields{}, err
	}
	if len(rest) > 0 {
		return fields{}, fmt.Errorf("spnego: %d bytes after the sequence", len(rest))
	}
	var f fields
	last := -1
	for len(seq) > 0 {
		tag, value, rest, err := ber.Read(seq)
		if err != nil {
			return fields{}, err
		}
		n := int(tag) - 0xa0
		if n <= last || n > 0x1e {
			return fields{}, fmt.Errorf("spnego: member with tag 0x%02x", tag)
		}
		if n < len(f) {
			f[n] = value
		}
		last, seq = n, rest
	}
	return f, nil
}

// only reads the one element with that tag that b consists of.
func only(b []byte, tag byte) ([]byte, error) {
	content, rest, err := ber.Expect(b, tag)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("spnego: %d bytes after an element", len(rest))
	}
	return content, nil
}

// octets reads an optional member that is an OCTET STRING.
func octets(b []byte) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	return only(b, ber.OctetString)
}

// appendMember appends the explicit context tag n around one element.
func appendMember(dst []byte, n, tag byte, content []byte) []byte {
	return ber.Append(dst, 0xa0|n, ber.Append(nil, tag, content))
}
