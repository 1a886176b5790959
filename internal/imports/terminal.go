package imports

import (
	"bytes"
	"strings"
)

// screen is a line as it stood on a terminal: without colours and titles (ECMA-48, and the OSC of xterm), and with what was
// written over, by a carriage return or backspaces, gone.
func screen(l []byte) []byte {
	if bytes.IndexFunc(l, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }) < 0 {
		return l
	}
	out := make([]byte, 0, len(l))
	for i := 0; i < len(l); i++ {
		switch c := l[i]; {
		case c == 0x1b:
			i += escape(l[i:]) - 1
		case c == '\r':
			if i+1 < len(l) { // what comes is written over it
				out = out[:0]
			}
		case c == '\b':
			out = out[:max(len(out)-1, 0)]
		case c < 0x20 && c != '\t', c == 0x7f:
		default:
			out = append(out, c)
		}
	}
	return out
}

// escape is how long an escape sequence is.
func escape(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[': // CSI: parameters, then one letter
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case ']', 'P', '_', '^': // up to BEL or ST
		for i := 2; i < len(b); i++ {
			if b[i] == 0x07 {
				return i + 1
			}
			if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\' {
				return i + 2
			}
		}
		return len(b)
	case '(', ')', '#', '%':
		return min(3, len(b))
	}
	return 2
}

// margin is what stands before every line of a text that was quoted, indented or logged: "> ", four spaces, a time.
type margin struct {
	text  string
	shape string // digits and letters as 0 and a, so that every time of a log has the same
}

const widest = 80

func newMargin(text string) margin { return margin{text, shape(text)} }

func shape(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '0'
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			return 'a'
		}
		return r
	}, s)
}

// cut takes the margin off a line that has it.
func (m *margin) cut(l string) string {
	switch {
	case m.text == "":
		return l
	case strings.HasPrefix(l, m.text):
		return l[len(m.text):]
	case len(l) >= len(m.text) && shape(l[:len(m.text)]) == m.shape:
		return l[len(m.text):]
	case strings.TrimRight(m.text, " \t") == strings.TrimRight(l, " \t"): // an empty line, whose space somebody cut
		return ""
	}
	return l
}

// marks tells what a line that stands behind a margin may begin with: words, a hyphen of a list or a quotation, a time.
func marks(before string) bool {
	if len(before) > widest {
		return false
	}
	if strings.TrimLeft(before, " \t>|*#;:/-") == "" {
		return true
	}
	// A time, a level or the name of a program: what is written before it ends with a space behind a digit or a mark.
	trimmed := strings.TrimRight(before, " \t")
	if trimmed == before {
		return false
	}
	last := trimmed[len(trimmed)-1]
	return last >= '0' && last <= '9' || strings.IndexByte("]:>|)}Z", last) >= 0
}
