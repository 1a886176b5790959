package bounds

import (
	"encoding/xml"
	"fmt"
	"io"
)

// XML decodes a stream token by token, none longer than Token, nested no deeper than Depth. It is a TokenReader for
// xml.NewTokenDecoder.
type XML struct {
	Decoder *xml.Decoder // of the stream; its tokens are read through Token alone
	in      budget
	depth   int
}

// NewXML is for one document.
func NewXML(r io.Reader) *XML {
	x := &XML{in: budget{in: r, element: Element}}
	x.Decoder = xml.NewDecoder(&x.in)
	return x
}

// Element begins to count what the next element holds, with all that is inside it.
func (x *XML) Element() { x.in.element = Element }

// Token is part of xml.TokenReader. It gives raw tokens.
func (x *XML) Token() (xml.Token, error) {
	x.in.token = Token
	token, err := x.Decoder.RawToken()
	if err != nil {
		return token, err
	}
	switch token.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > Depth {
			line, _ := x.Decoder.InputPos()
			return nil, tooDeep(line, Depth)
		}
	case xml.EndElement:
		x.depth--
	}
	return token, nil
}

// budget gives no more bytes than what is under way may hold.
type budget struct {
	in             io.Reader
	token, element int
}

func (b *budget) Read(p []byte) (int, error) {
	switch {
	case b.token <= 0:
		return 0, &Error{What: fmt.Sprintf("a tag, text or comment of more than %s, the limit", size(Token))}
	case b.element <= 0:
		return 0, &Error{What: fmt.Sprintf("an element of more than %s, the limit", size(Element))}
	}
	n, err := b.in.Read(p[:min(len(p), b.token, b.element)])
	b.token -= n
	b.element -= n
	return n, err
}
