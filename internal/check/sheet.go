package check

import "strings"

// Defuse puts an apostrophe before whatever a spreadsheet would calculate: text that begins with = + - @ or one of
// their full-width forms. A spreadsheet that separates by semicolons, as those of half of Europe do, cuts a field
// where it has one and starts a cell there, in the middle of our quotes: such beginnings are defused too.
func Defuse(s string) string {
	if !strings.ContainsAny(s, formula) {
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

const formula = "=+-@＝＋－＠"
