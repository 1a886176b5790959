package prose

import (
	"fmt"
	"io"
	"strings"

	"signet/internal/text"
)

// markdownPage is a page of Markdown under way.
type markdownPage struct{ b strings.Builder }

func (p *markdownPage) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

// notes are paragraphs that stand out.
func (p *markdownPage) notes(list []string) {
	for _, s := range list {
		p.line("\n> %s", markdown(s))
	}
}

func (p *markdownPage) print(w io.Writer) error {
	_, err := io.WriteString(w, p.b.String())
	return err
}

// markdown makes text of the network stand for itself: no mark-up, no HTML, no link, no cell of its own.
func markdown(s string) string {
	s = text.Clean(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '|': // a backslash would do, were it not for readers that split cells first
			b.WriteString("&#124;")
		case r == ':' || r == '@': // "https://" and "a@b" would become links
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()#+!~=", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www&#46;")
}

// code is text for a span between single backticks, where no mark-up counts but the end of the span and of the cell.
func code(s string) string {
	return strings.NewReplacer("`", "'", "|", "¦").Replace(text.Clean(s))
}
