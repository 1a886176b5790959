package text

import (
	"strings"
	"unicode/utf8"
)

// Unseen tells whether a reader cannot see a rune: it controls a terminal, changes the direction or place of the text
// around it, or is drawn as nothing at all, so that two different names look alike. These are the controls, the separators
// of lines, Unicode's Default_Ignorable_Code_Point (UAX #44: bidirectional controls, joiners, tags, variation selectors,
// fillers), other format controls that are not drawn, and noncharacters.
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

// Visible returns text that is safe to show: a rune that is Unseen becomes an escape, \u202e, or \U000e0041 beyond the first
// plane, and bytes that are not UTF-8 become U+FFFD.
func Visible(s string) string {
	at := 0
	for at < len(s) && ' ' <= s[at] && s[at] < 0x7f { // most of what comes is plain
		at++
	}
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

// mostShown is how many runes Clean leaves of a text.
const mostShown = 1000

// Clean makes text from the network fit for a terminal and a ticket: it is Visible, and cut where it is long.
func Clean(s string) string {
	if len(s) > 8*mostShown { // what is cut anyway need not be looked at
		s = string([]rune(s[:8*mostShown])[:mostShown+1])
	}
	return Cut(Visible(s), mostShown)
}

// CleanAll returns each text of a list as Clean has it.
func CleanAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Clean(s)
	}
	return out
}

// OneLine returns Visible text on one line: line ends and runs of spaces become one space.
func OneLine(s string) string { return strings.Join(strings.Fields(Visible(s)), " ") }
