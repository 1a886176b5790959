package check

import (
	"strings"
	"unicode/utf8"
)

// Defuse puts an apostrophe before whatever a spreadsheet would calculate: text that begins with = + - @ or one of
// their full-width forms. A spreadsheet that separates by semicolons, as those of half of Europe do, cuts a field
// where it has one and starts a cell there, in the middle of our quotes: such beginnings are defused too.
func Defuse(s string) string {
	if harmless(s) || !strings.ContainsAny(s, formula) {
		return s
	}
	var b strings.Builder
	begins := true
	for _, r := range s {
		switch {
		case begins && strings.ContainsRune(formula, r):
			b.WriteByte('\'')
			begins = false
		case r == ';' || r == '\t' || r == '\n' || r == '\r':
			begins = true
		case r != ' ' && r != '"':
			begins = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// harmless tells of most texts that nothing in them begins as a formula does: it knows ASCII alone.
func harmless(s string) bool {
	begins := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return false
		case c == '=' || c == '+' || c == '-' || c == '@':
			if begins {
				return false
			}
		case c == ';' || c == '\t' || c == '\n' || c == '\r':
			begins = true
		case c != ' ' && c != '"':
			begins = false
		}
	}
	return true
}

const formula = "=+-@＝＋－＠"
