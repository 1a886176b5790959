package prose

import (
	"io"
	"slices"
	"strings"

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

// columns are how wide a column of endpoints is, and how many of them fit.
func (p *page) columns(indent int, list []entry) (width, each int) {
	for _, e := range list {
		width = max(width, text.Width(label(e))+2)
	}
	return width, max(1, (p.width-indent+2)/width)
}

// row writes one row of endpoints in columns.
func (p *page) row(indent, width int, list []entry) {
	line := strings.Repeat(" ", indent)
	for _, e := range list {
		line += text.Pad(label(e), width)
	}
	p.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// flow lists endpoints in columns of one width, as many as fit.
func (p *page) flow(indent int, list []entry) {
	width, each := p.columns(indent, list)
	for row := range slices.Chunk(list, each) {
		p.row(indent, width, row)
	}
}

// whole writes a line that is not broken, so that it can be copied.
func (p *page) whole(indent int, line string) {
	p.b.WriteString(strings.Repeat(" ", indent) + line + "\n")
}

// text wraps a paragraph; its first line has an indent of its own.
func (p *page) text(first, rest int, words string) {
	for i, l := range text.Wrap(words, p.width-max(first, rest)) {
		indent := rest
		if i == 0 {
			indent = first
		}
		p.b.WriteString(strings.Repeat(" ", indent) + l + "\n")
	}
}

// canvas is what text is printed to, and how wide and coloured it is there.
type canvas struct {
	w     io.Writer
	width int
	style style
}

// newCanvas has lines of at most o.Width columns where words allow, but no fewer than 60 and no more than 240.
func newCanvas(w io.Writer, o *report.Options) canvas {
	return canvas{w: w, width: max(60, min(o.Width, 240)), style: style(o.Color)}
}

func (c *canvas) page() *page { return &page{width: c.width, style: c.style} }

func (c *canvas) print(p *page) error {
	_, err := io.WriteString(c.w, p.b.String())
	return err
}
