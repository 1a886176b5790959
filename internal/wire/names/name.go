package names

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errName says that a domain name is malformed.
var errName = errors.New("names: malformed domain name")

// maxName bounds a name on the wire (RFC 1035 §2.3.4).
const maxName = 255

// ReverseName returns the name under which the owner of an address of 4 or 16 octets is found, "7.2.0.192.in-addr.arpa"
// or its ip6.arpa kin (RFC 1035 §3.5, RFC 3596 §2.5). Of any other length it is "".
func ReverseName(addr []byte) string {
	var b strings.Builder
	switch len(addr) {
	case 4:
		for i := 3; i >= 0; i-- {
			b.WriteString(strconv.Itoa(int(addr[i])))
			b.WriteByte('.')
		}
		return b.String() + "in-addr.arpa"
	case 16:
		const digits = "0123456789abcdef"
		for i := 15; i >= 0; i-- {
			b.Write([]byte{digits[addr[i]&15], '.', digits[addr[i]>>4], '.'})
		}
		return b.String() + "ip6.arpa"
	}
	return ""
}

// appendName appends a name of plain labels. Only names that ReverseName makes are ever given.
func appendName(dst []byte, name string) []byte {
	for label := range strings.SplitSeq(name, ".") {
		dst = append(dst, byte(len(label)))
		dst = append(dst, label...)
	}
	return append(dst, 0)
}

// readName reads the name at b[at:] and returns it with the offset behind it. Pointers must lead backwards, so that
// no name is read for ever (RFC 1035 §4.1.4). Octets that a terminal or a page might take for more than text are
// written as \DDD, a dot inside a label as \. (RFC 1035 §5.1).
func readName(b []byte, at int) (name string, next int, err error) {
	var out []byte
	size, limit := 0, len(b)
	for {
		if at >= limit {
			return "", 0, errName
		}
		n := int(b[at])
		switch {
		case n == 0:
			if next == 0 {
				next = at + 1
			}
			if len(out) == 0 {
				return ".", next, nil
			}
			return string(out[:len(out)-1]), next, nil
		case n >= 0xc0:
			if at+1 >= limit {
				return "", 0, errName
			}
			to := (n&0x3f)<<8 | int(b[at+1])
			if next == 0 {
				next = at + 2
			}
			if to >= at {
				return "", 0, errName
			}
			// What the pointer leads to must end before the pointer: every jump shrinks what is left to read.
			at, limit = to, at
		case n >= 0x40:
			return "", 0, errName
		default:
			if at+1+n >= limit || size+n+1 > maxName {
				return "", 0, errName
			}
			out = appendLabel(out, b[at+1:at+1+n])
			out = append(out, '.')
			size += n + 1
			at += n + 1
		}
	}
}

func appendLabel(dst, label []byte) []byte {
	for _, c := range label {
		switch {
		case c == '.' || c == '\\':
			dst = append(dst, '\\', c)
		case c <= ' ' || c > '~':
			dst = fmt.Appendf(dst, "\\%03d", c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
