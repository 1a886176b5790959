package xlsx

import (
	"strconv"
	"unicode/utf8"
)

// appendText appends text as the content of an element. What XML cannot hold becomes U+FFFD, and what a spreadsheet would read as
// an escape of its own, _x0041_, is escaped itself.
func appendText(b, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '"':
			b = append(b, "&quot;"...)
		case c == '_' && escape(s[i:]):
			b = append(b, "_x005F_"...)
		case c == '\n' || c == '\t' || c >= ' ' && c < utf8.RuneSelf:
			b = append(b, c)
		case c < ' ':
			b = append(b, "\uFFFD"...)
		default:
			r, n := utf8.DecodeRune(s[i:])
			if r == 0xfffe || r == 0xffff {
				r = utf8.RuneError
			}
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return b
}

// escape tells whether text begins as an escape of a spreadsheet does: _x, four hexadecimal digits, _.
func escape(s []byte) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	for _, c := range s[2:6] {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// appendCell appends a cell, nothing where there is nothing in it. A style of 0 is not written.
func appendCell(b []byte, column, row int, c cell, style int) []byte {
	if c.text != nil && len(c.text) == 0 {
		return b
	}
	b = append(b, `<c r="`...)
	b = append(b, letter(column)...)
	b = strconv.AppendInt(b, int64(row), 10)
	if style != 0 {
		b = append(b, `" s="`...)
		b = strconv.AppendInt(b, int64(style), 10)
	}
	if c.text == nil {
		b = append(b, `"><v>`...)
		b = strconv.AppendUint(b, c.number, 10)
		return append(b, `</v></c>`...)
	}
	b = append(b, `" t="inlineStr"><is><t`...)
	if first, last := c.text[0], c.text[len(c.text)-1]; first <= ' ' || last <= ' ' {
		b = append(b, ` xml:space="preserve"`...)
	}
	b = append(b, '>')
	b = appendText(b, c.text)
	return append(b, `</t></is></c>`...)
}

// letter names a column; no sheet of ours has more than the alphabet.
func letter(column int) string { return string(rune('A' + column)) }
