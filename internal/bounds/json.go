package bounds

// Shape is what a look at the brackets of JSON tells.
type Shape uint8

const (
	Partial Shape = iota // it goes on
	Whole                // a value ends
	Broken               // no JSON goes on like this
	Deep                 // nested deeper than Depth
)

// Brackets follows the brackets and strings of one value that begins with a { or a [ (RFC 8259), piece by piece, and tells where
// it ends. It builds nothing. What stands inside may still be wrong: that is for the decoder to say, which is handed no more
// than this. The zero value is ready.
type Brackets struct {
	open    [Depth]byte
	depth   int
	before  byte // the last byte that is no space; '0' stands for all of a string or a word
	quoted  bool // inside a string
	escaped bool // behind a backslash of it
}

// Feed takes the next piece, and tells how much of it belongs to the value. Only after Partial may more be fed.
func (s *Brackets) Feed(b []byte) (n int, shape Shape) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if s.quoted {
			switch {
			case c == '\n':
				return i, Broken // no string goes over the end of a line
			case s.escaped:
				s.escaped = false
			case c == '\\':
				s.escaped = true
			case c == '"':
				s.quoted = false
			}
			continue
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '{', '[':
			if !s.opens() {
				return i, Broken
			}
			if s.depth == Depth {
				return i, Deep
			}
			s.open[s.depth] = c
			s.depth++
		case '}', ']':
			if s.depth == 0 || s.open[s.depth-1] != c-2 { // { and }, [ and ] lie two apart
				return i, Broken
			}
			if s.depth--; s.depth == 0 {
				return i + 1, Whole
			}
		case '"':
			s.quoted, c = true, '0'
		case ':', ',':
		default:
			c = '0'
		}
		if s.depth == 0 {
			return i, Broken
		}
		s.before = c
	}
	return len(b), Partial
}

// opens tells whether an object or a list may begin here: behind a colon, or in a list. Elsewhere a line was cut, and another one
// begins.
func (s *Brackets) opens() bool {
	if s.depth == 0 || s.before == ':' {
		return true
	}
	return s.open[s.depth-1] == '[' && (s.before == '[' || s.before == ',')
}
