package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"signet"
	"signet/internal/check"
)

// page lays text out in a number of columns.
type page struct {
	b     strings.Builder
	width int
	style style
}

func (p *page) blank() { p.b.WriteByte('\n') }

// field writes a labelled paragraph; an empty label continues the one above.
func (p *page) field(label, text string) {
	p.hang(0, p.style.bold(pad(label, 9)), text)
}

// heading starts a section.
func (p *page) heading(title, about string) {
	p.blank()
	p.hang(0, p.style.bold(title), p.style.faint(about))
}

// item writes a severity or a number, and what it stands beside.
func (p *page) item(mark, text string) { p.hang(0, "  "+padStyled(mark, 6), text) }

// hang writes left at an indent and wraps text beside it, or below it where the two do not fit beside each other.
func (p *page) hang(indent int, left, text string) {
	at := indent + visible(left) + 2
	if at > p.width*2/3 || indent > 0 && p.width-at < 30 {
		p.text(indent, indent, left)
		p.text(indent+4, indent+4, text)
		return
	}
	if text == "" {
		p.text(indent, indent, strings.TrimRight(left, " "))
		return
	}
	lines := wrap(text, p.width-at)
	p.b.WriteString(strings.Repeat(" ", indent) + left + "  " + lines[0] + "\n")
	for _, l := range lines[1:] {
		p.b.WriteString(strings.Repeat(" ", at) + l + "\n")
	}
}

// flow lists endpoints in columns of one width, as many as fit.
func (p *page) flow(indent int, list []entry) {
	column := 0
	for _, e := range list {
		column = max(column, runes(label(e))+2)
	}
	each := max(1, (p.width-indent+2)/column)
	for row := range slices.Chunk(list, each) {
		line := strings.Repeat(" ", indent)
		for _, e := range row {
			line += pad(label(e), column)
		}
		p.b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// text wraps a paragraph, its first line and the others at their own indents.
func (p *page) text(first, rest int, text string) {
	for i, l := range wrap(text, p.width-max(first, rest)) {
		indent := rest
		if i == 0 {
			indent = first
		}
		p.b.WriteString(strings.Repeat(" ", indent) + l + "\n")
	}
}

// wrap breaks text at spaces into lines of at most width visible runes; a longer word stays whole, so that a path
// or a command can be copied.
func wrap(text string, width int) []string {
	var lines []string
	line, n := "", 0
	for word := range strings.SplitSeq(text, " ") {
		w := visible(word)
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

// visible counts runes without escape sequences of ours.
func visible(s string) int {
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

func runes(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-runes(s))) }

func padStyled(s string, n int) string { return s + strings.Repeat(" ", max(0, n-visible(s))) }

func cut(s string, n int) string {
	if runes(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Clean makes text from the network fit for a terminal and a ticket: what would move the cursor, hide or turn text
// stands as an escape (check.Visible), and a long text is cut.
func Clean(s string) string {
	const most = 1000
	if len(s) > 8*most { // of what is cut anyway the rest need not be looked at
		s = string([]rune(s[:8*most])[:most+1])
	}
	return cut(check.Visible(s), most)
}

func clean(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Clean(s)
	}
	return out
}

// style colours text, or not.
type style bool

func (s style) paint(code, text string) string {
	if !s || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string  { return s.paint("1", text) }
func (s style) faint(text string) string { return s.paint("2", text) }

func (s style) severity(v signet.Severity) string {
	code := "36"
	switch v {
	case signet.Critical:
		code = "1;37;41"
	case signet.High:
		code = "1;31"
	case signet.Medium:
		code = "33"
	case signet.Low:
		code = "34"
	}
	return s.paint(code, v.String())
}

func (s style) verdict(v signet.Verdict, text string) string {
	switch v {
	case signet.Exposed:
		return s.paint("1;31", text)
	case signet.Guarded:
		return s.paint("32", text)
	case signet.Unseen:
		return s.paint("36", text)
	}
	return s.paint("33", text)
}
