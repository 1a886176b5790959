package decode

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"reflect"
	"strings"
	"unicode/utf8"
)

// reading is JSON on its way into a value. Its memory serves one value after another.
type reading struct {
	b     []byte
	at    int
	seed  maphash.Seed
	lists []reflect.Value // elements of the list of a number, while it is read
	known [knownTexts]known
}

// known is a text as it was written, without its quotation marks, and what it says. Most texts of facts come again and again: the
// names of roles, interfaces and mechanisms.
type known struct{ written, text string }

// Bounds of what is remembered: so many texts, each no longer than that.
const (
	knownTexts = 1024
	knownBytes = 64
)

// space passes white space.
func (r *reading) space() {
	for r.at < len(r.b) {
		switch r.b[r.at] {
		case ' ', '\n', '\t', '\r':
			r.at++
		default:
			return
		}
	}
}

// byte passes a sign and the space after it, if it is the next.
func (r *reading) byte(c byte) bool {
	if r.at >= len(r.b) || r.b[r.at] != c {
		return false
	}
	r.at++
	r.space()
	return true
}

// word passes a literal, if it is the next.
func (r *reading) word(s string) bool {
	if len(r.b)-r.at < len(s) || string(r.b[r.at:r.at+len(s)]) != s {
		return false
	}
	r.at += len(s)
	r.space()
	return true
}

func (r *reading) null() bool { return r.word("null") }

// key passes a key and its colon. Keys that are not written plainly are for encoding/json.
func (r *reading) key() ([]byte, bool) {
	s, ok := r.quoted()
	return s, ok && r.byte(':')
}

// quoted passes a text and gives what stands between its quotation marks, unchecked.
func (r *reading) quoted() ([]byte, bool) {
	if r.at >= len(r.b) || r.b[r.at] != '"' {
		return nil, false
	}
	from := r.at + 1
	for at := from; ; {
		i := bytes.IndexByte(r.b[at:], '"')
		if i < 0 {
			return nil, false
		}
		end := at + i
		escapes := 0
		for escapes < end-from && r.b[end-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			r.at = end + 1
			r.space()
			return r.b[from:end], true
		}
		at = end + 1
	}
}

// text passes a text.
func (r *reading) text() (string, bool) {
	b, ok := r.quoted()
	if !ok || len(b) == 0 {
		return "", ok
	}
	if len(b) > knownBytes {
		return textOf(b)
	}
	k := &r.known[maphash.Bytes(r.seed, b)%knownTexts]
	if k.written == string(b) {
		return k.text, true
	}
	s, ok := textOf(b)
	if !ok {
		return "", false
	}
	if k.text = s; s == string(b) { // nothing in it stands for something else
		k.written = s
	} else {
		k.written = string(b)
	}
	return s, true
}

// plain says that what stands between quotation marks is what they say: ASCII that stands for nothing else.
func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// textOf gives what a text says of which the inside is known.
func textOf(b []byte) (s string, ok bool) {
	if plain(b) {
		return string(b), true
	}
	whole := make([]byte, 0, len(b)+2)
	whole = append(append(append(whole, '"'), b...), '"')
	return s, json.Unmarshal(whole, &s) == nil
}

// number passes a whole number.
func (r *reading) number() (n uint64, negative, ok bool) {
	if r.at < len(r.b) && r.b[r.at] == '-' {
		negative = true
		r.at++
	}
	from := r.at
	for r.at < len(r.b) && '0' <= r.b[r.at] && r.b[r.at] <= '9' {
		n = 10*n + uint64(r.b[r.at]-'0')
		r.at++
	}
	digits := r.at - from
	if digits == 0 || digits > 18 || digits > 1 && r.b[from] == '0' {
		return 0, false, false
	}
	if r.at < len(r.b) && (r.b[r.at] == '.' || r.b[r.at]|0x20 == 'e') {
		return 0, false, false
	}
	r.space()
	return n, negative, true
}

// deepestSkipped is how far a skipped value may be nested. How far a whole text may be, encoding/json alone counts.
const deepestSkipped = 64

// skip passes a value, of which it knows only where it ends.
func (r *reading) skip() bool {
	for depth := 0; r.at < len(r.b); {
		switch c := r.b[r.at]; c {
		case '"':
			if _, ok := r.quoted(); !ok {
				return false
			}
		case '{', '[':
			if depth++; depth > deepestSkipped {
				return false
			}
			r.at++
			continue
		case '}', ']':
			depth--
			r.at++
			r.space()
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return false
			}
			r.at++
			continue
		default:
			for r.at < len(r.b) && strings.IndexByte("{}[],:\" \n\t\r", r.b[r.at]) < 0 {
				r.at++
			}
			r.space()
		}
		if depth <= 0 {
			return depth == 0
		}
	}
	return false
}
