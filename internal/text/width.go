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
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
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

// Hang is s behind a prefix, broken at spaces into lines of at most width runes; the further lines are indented to stand below
// the first. Where the prefix leaves too little room for that, s begins below it.
func Hang(prefix, s string, width int) string {
	const narrow = 24
	indent := Width(prefix)
	if room := width - indent; room < narrow && indent > narrow {
		indent = len(prefix) - len(strings.TrimLeft(prefix, " ")) + 2
		return strings.TrimRight(prefix, " ") + "\n" + Hang(strings.Repeat(" ", indent), s, width)
	}
	return prefix + strings.Join(Wrap(s, max(narrow, width-indent)), "\n"+strings.Repeat(" ", indent)) + "\n"
}

// WrapMarkdown breaks the paragraphs and items of a text in Markdown, on however many lines they stand there; code and headings
// stay as they are.
func WrapMarkdown(s string, width int) string {
	var b strings.Builder
	prefix, block := "", ""
	flush := func() {
		if block != "" {
			b.WriteString(Hang(prefix, block, width))
		}
		prefix, block = "", ""
	}
	fenced := false
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\n")
		rest := strings.TrimLeft(line, " ")
		fence := strings.HasPrefix(rest, "```")
		indent := line[:len(line)-len(rest)]
		switch {
		case fence || fenced || rest == "" || len(indent) >= 4 || strings.HasPrefix(rest, "#"):
			flush()
			b.WriteString(line + "\n")
			fenced = fenced != fence
		case strings.HasPrefix(rest, "- "):
			flush()
			prefix, block = indent+"- ", rest[2:]
		case block == "":
			prefix, block = indent, rest
		default:
			block += " " + rest
		}
	}
	flush()
	return b.String()
}
