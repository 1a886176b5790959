package prose

import (
	"io"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// page lays text out in a number of columns.
type page struct {
	b     strings.Builder
	width int
	style style
}

func (p *page) blank() { p.b.WriteByte('\n') }

// field writes a labelled paragraph; an empty label continues the one above.
func (p *page) field(label, words string) {
	p.hang(0, p.style.bold(text.Pad(label, 9)), words)
}

// heading starts a section.
func (p *page) heading(title, about string) {
	p.blank()
	p.hang(0, p.style.bold(title), p.style.faint(about))
}

// item writes a severity or a number, and what it stands beside.
func (p *page) item(mark, words string) { p.hang(0, "  "+text.Pad(mark, 6), words) }

// hang writes left at an indent and wraps text beside it, or below it where the two do not fit beside each other.
func (p *page) hang(indent int, left, words string) {
	at := indent + text.Width(left) + 2
	if at > p.width*2/3 || indent > 0 && p.width-at < 30 {
		p.text(indent, indent, left)
		p.text(indent+4, indent+4, words)
		return
	}
	if words == "" {
		p.text(indent, indent, strings.TrimRight(left, " "))
		return
	}
	lines := text.Wrap(words, p.width-at)
	p.b.WriteString(strings.Repeat(" ", indent) + left + "  " + lines[0] + "\n")
	for _, l := range lines[1:] {
		p.b.WriteString(strings.Repeat(" ", at) + l + "\n")
	}
}

// flow lists endpoints in columns of one width, as many as fit.
func (p *page) flow(indent int, list []entry) {
	column := 0
	for _, e := range list {
		column = max(column, text.Width(label(e))+2)
	}
	each := max(1, (p.width-indent+2)/column)
	for row := range slices.Chunk(list, each) {
		line := strings.Repeat(" ", indent)
		for _, e := range row {
			line += text.Pad(label(e), column)
		}
		p.b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// text wraps a paragraph, its first line and the others at their own indents.
func (p *page) text(first, rest int, words string) {
	for i, l := range text.Wrap(words, p.width-max(first, rest)) {
		indent := rest
		if i == 0 {
			indent = first
		}
		p.b.WriteString(strings.Repeat(" ", indent) + l + "\n")
	}
}

// canvas is what texts are laid out on.
type canvas struct {
	w     io.Writer
	width int
	style style
}

// newCanvas takes lines of at most o.Width columns, where words and a readable page allow.
func newCanvas(w io.Writer, o *report.Options) canvas {
	return canvas{w: w, width: max(60, min(o.Width, 240)), style: style(o.Color)}
}

func (c *canvas) page() *page { return &page{width: c.width, style: c.style} }

func (c *canvas) print(p *page) error {
	_, err := io.WriteString(c.w, p.b.String())
	return err
}

// style colours text, or not.
type style bool

func (s style) paint(code, words string) string {
	if !s || words == "" {
		return words
	}
	return "\x1b[" + code + "m" + words + "\x1b[0m"
}

func (s style) bold(words string) string  { return s.paint("1", words) }
func (s style) faint(words string) string { return s.paint("2", words) }

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

func (s style) verdict(v signet.Verdict, words string) string {
	switch v {
	case signet.Exposed:
		return s.paint("1;31", words)
	case signet.Guarded:
		return s.paint("32", words)
	case signet.Unseen:
		return s.paint("36", words)
	}
	return s.paint("33", words)
}
