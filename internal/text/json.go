package text

import (
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSONString appends s as a JSON string. Runes that are Unseen are escaped, so that a line of JSON can be looked at in
// a terminal. Bytes that are not UTF-8 become U+FFFD.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = appendEscape(dst, rune(c))
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || Unseen(r) {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, r)
			start = i + n
		}
		i += n
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// appendEscape appends a rune as JSON escapes it: one beyond the first plane by its surrogates (RFC 8259 §7).
func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(dst, high), low)
	}
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// AppendJSON appends v as encoding/json has it, for what needs no appender of its own, with Unseen runes escaped.
// A value that cannot be marshalled is a programmer's error and becomes null.
func AppendJSON(dst []byte, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return append(dst, "null"...)
	}
	start := 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf && b[i] != 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if Unseen(r) { // such a rune can only stand inside a string
			dst = append(dst, b[start:i]...)
			dst = appendEscape(dst, r)
			start = i + n
		}
		i += n
	}
	return append(dst, b[start:]...)
}

// AppendRawJSON appends JSON that somebody else wrote, on one line and with Unseen runes escaped. raw must be valid JSON: then
// an Unseen rune beyond ASCII stands inside a string, and a control between tokens.
func AppendRawJSON(dst, raw []byte) []byte {
	start := 0
	for i := 0; i < len(raw); {
		c := raw[i]
		if c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(raw[i:])
		if c < 0x20 || Unseen(r) || r == utf8.RuneError && n == 1 {
			dst = append(dst, raw[start:i]...)
			if c < 0x20 {
				dst = append(dst, ' ')
			} else {
				dst = appendEscape(dst, r)
			}
			start = i + n
		}
		i += n
	}
	return append(dst, raw[start:]...)
}
