package check

import (
	"strings"
	"unicode/utf8"

	"signet"
)

// Unseen tells whether a rune is nothing that a reader sees: it controls a terminal or the direction and place of text, or it
// is drawn as nothing at all, so that two names that look alike are two, or a text holds what nobody reads. These are the
// controls, the separators of lines, Unicode's Default_Ignorable_Code_Point (UAX #44: bidirectional controls, joiners, tags,
// variation selectors, fillers), other format controls that are not drawn, and noncharacters.
func Unseen(r rune) bool {
	if r < 0x7f {
		return r < 0x20
	}
	switch {
	case r <= 0x9f, r == 0xad, r == 0x034f, r == 0x061c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r >= 0x180b && r <= 0x180f:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0x3164:
		return true
	case r >= 0xfdd0 && r <= 0xfdef, r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff, r == 0xffa0, r >= 0xfff0 && r <= 0xfffb:
		return true
	case r >= 0x13430 && r <= 0x1343f, r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return r&0xfffe == 0xfffe
}

// Visible is text as a reader may be shown it: what is Unseen stands as an escape, \u202e, or \U000e0041 beyond the first
// plane, and bytes that are not UTF-8 become U+FFFD.
func Visible(s string) string {
	at := 0
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		if r == utf8.RuneError && n == 1 || Unseen(r) {
			break
		}
		at += n
	}
	if at == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:at])
	for _, r := range s[at:] { // what is no UTF-8 comes as U+FFFD
		switch {
		case !Unseen(r):
			b.WriteRune(r)
		case r > 0xffff:
			escape(&b, 'U', r, 28)
		default:
			escape(&b, 'u', r, 12)
		}
	}
	return b.String()
}

// escape writes a rune as hexadecimal, the highest digit shifted so far.
func escape(b *strings.Builder, mark byte, r rune, shift int) {
	b.WriteByte('\\')
	b.WriteByte(mark)
	for ; shift >= 0; shift -= 4 {
		b.WriteByte("0123456789abcdef"[r>>shift&15])
	}
}

// AppendFacts appends facts as a JSON object on one line. Those that came as JSON, from a store or another tool, are
// looked through first: what is Unseen is escaped in them as it is in our own.
func AppendFacts(dst []byte, f signet.Facts) []byte {
	raw, ok := f.(signet.RawFacts)
	if !ok {
		return f.AppendJSON(dst)
	}
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
			if c < 0x20 { // in JSON these stand between tokens alone
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
