package text

import (
	"strings"
	"unicode/utf8"
)

// Width counts the runes of s, without the escape sequences that colour it (ECMA-48 SGR).
func Width(s string) int {
	n, in := 0, false
	for _, r := range s {
		switch {
		case r == 0x1b:
			in = true
		case in:
			in = r != 'm'
		default:
			n++
		}
	}
	return n
}

// Pad appends spaces until s is n wide.
func Pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-Width(s))) }

// Cut shortens s to n runes, the last of them an ellipsis where something is left out.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Clip shortens s to at most n bytes, and splits no rune.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := n
	for end > 0 && n-end < utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	if !utf8.RuneStart(s[end]) { // not UTF-8
		end = n
	}
	return s[:end]
}

// Wrap breaks s at spaces into lines of at most width runes. A longer word stays whole, so that a path or a command can be
// copied. There is always one line.
func Wrap(s string, width int) []string {
	var lines []string
	line, n := "", 0
	for word := range strings.SplitSeq(s, " ") {
		w := Width(word)
		if n > 0 && n+1+w > width {
			lines = append(lines, line)
			line, n = word, w
			continue
		}
		if line != "" || n > 0 {
			line += " "
			n++
		}
		line += word
		n += w
	}
	return append(lines, line)
}
