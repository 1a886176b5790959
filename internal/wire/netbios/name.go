package netbios

import (
	"bytes"
	"strings"
)

// Suffixes: the sixteenth byte of a name says which service registered it.
const (
	SuffixWorkstation = 0x00
	SuffixFileServer  = 0x20
)

// AnyServer is the name that most servers accept for themselves whatever they are called.
const AnyServer = "*SMBSERVER"

// Name is a NetBIOS name: fifteen bytes padded with spaces, then the suffix. It is comparable.
type Name [16]byte

// NewName makes a name from at most fifteen bytes of s, in upper case as NetBIOS compares them.
func NewName(s string, suffix byte) Name {
	var n Name
	for i := range n {
		n[i] = ' '
	}
	s = strings.ToUpper(s)
	copy(n[:15], s)
	n[15] = suffix
	return n
}

// Suffix is the service byte of the name.
func (n Name) Suffix() byte { return n[15] }

// String is the name without padding and suffix. Bytes outside printable ASCII, which a peer may send, become
// '?': the result is safe to print.
func (n Name) String() string {
	b := bytes.TrimRight(n[:15], " \x00")
	out := make([]byte, len(b))
	for i, c := range b {
		if c < 0x20 || c > 0x7e {
			c = '?'
		}
		out[i] = c
	}
	return string(out)
}

// encodedSize is the length of a name on the wire: a length byte, 32 letters, and the empty scope.
const encodedSize = 1 + 32 + 1

// appendEncoded appends the first-level encoding (RFC 1001 §14.1): each half of a byte becomes a letter from 'A'.
func appendEncoded(dst []byte, n Name) []byte {
	dst = append(dst, 32)
	for _, c := range n {
		dst = append(dst, 'A'+c>>4, 'A'+c&0x0f)
	}
	return append(dst, 0)
}
