package imports

import (
	"bytes"

	"signet/internal/bounds"
)

// member is a key of an object and what its value begins with.
type member struct {
	key   string
	value []byte // as it is written, as far as it is there
}

// members lists the keys of an object, as far as it is there: of a large one the head of a file holds a part. Keys without quotes,
// as masscan once wrote them, are keys too.
func members(b []byte) []member {
	var out []member
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	b = b[1:]
	for len(out) < 256 {
		b = bytes.TrimLeft(b, " \t\r\n,")
		if len(b) == 0 || b[0] == '}' {
			return out
		}
		key, rest, ok := bytes.Cut(b, []byte(":"))
		key = bytes.TrimRight(key, " \t\r\n")
		if key = bytes.Trim(key, `"`); !ok || len(key) == 0 || len(key) > 128 || bytes.ContainsAny(key, "\"{}[],\n") {
			return out
		}
		rest = bytes.TrimLeft(rest, " \t\r\n")
		n := extent(rest)
		out = append(out, member{string(key), rest[:n]})
		b = rest[n:]
	}
	return out
}

// extent is how much of the bytes a value takes.
func extent(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '{', '[':
		n, _ := new(bounds.Brackets).Feed(b)
		return n
	case '"':
		for i := 1; i < len(b); i++ {
			switch b[i] {
			case '"':
				return i + 1
			case '\\':
				i++
			case '\n':
				return i
			}
		}
		return len(b)
	}
	if n := bytes.IndexAny(b, ",}]\n"); n >= 0 {
		return n
	}
	return len(b)
}

// object is what a look at the members of an object tells.
type object map[string][]byte

func objectOf(b []byte) object {
	o := object{}
	for _, m := range members(b) {
		if _, twice := o[m.key]; !twice {
			o[m.key] = m.value
		}
	}
	return o
}

// has tells whether every one of the keys is there.
func (o object) has(keys ...string) bool {
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			return false
		}
	}
	return true
}

// is tells whether the value of a key begins with that.
func (o object) is(key, begins string) bool { return bytes.HasPrefix(o[key], []byte(begins)) }

// text is the value of a key without its quotes, where it needs no more than that.
func (o object) text(key string) string { return string(bytes.Trim(o[key], `"`)) }

// listOf tells whether the value of a key is a list whose first element begins with that.
func (o object) listOf(key, begins string) bool {
	rest, ok := bytes.CutPrefix(o[key], []byte("["))
	return ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(begins))
}
