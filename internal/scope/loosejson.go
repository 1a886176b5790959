package scope

import (
	"bufio"
	"io"
)

// jsonReader walks over JSON as it arrives and holds one scalar at a time. It is looser
// than the standard: bare keys, commas before a closing bracket.
type jsonReader struct {
	in           *bufio.Reader
	line, column int // of the byte taken last
	room         [maxScalar]byte
}

const (
	maxScalar = 256 // the longest key, address or word that is kept
	maxDepth  = 32
)

func (j *jsonReader) peek() (byte, error) {
	b, err := j.in.Peek(1)
	if len(b) == 0 {
		return 0, err
	}
	return b[0], nil
}

// take moves past the byte that peek showed.
func (j *jsonReader) take() {
	c, _ := j.in.ReadByte()
	if j.column++; c == '\n' {
		j.line, j.column = j.line+1, 0
	}
}

// skipSpace shows the next byte that is not white space.
func (j *jsonReader) skipSpace() (byte, error) {
	for {
		c, err := j.peek()
		if err != nil || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, err
		}
		j.take()
	}
}

func (j *jsonReader) mistake(reason string) error {
	return &jsonError{j.line, j.column + 1, reason}
}

func (j *jsonReader) expect(want byte) error {
	c, err := j.skipSpace()
	if err != nil {
		return err
	}
	if c != want {
		return j.mistake("want " + string(want) + " here")
	}
	j.take()
	return nil
}

// object hands every key to member, which has to read the value.
func (j *jsonReader) object(member func(key string) error) error {
	if err := j.expect('{'); err != nil {
		return err
	}
	return j.list('}', func() error {
		key, err := j.scalar()
		if err != nil {
			return err
		}
		if err := j.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// array calls element before every element, which has to read it.
func (j *jsonReader) array(element func() error) error {
	if err := j.expect('['); err != nil {
		return err
	}
	return j.list(']', element)
}

func (j *jsonReader) list(closing byte, element func() error) error {
	for {
		c, err := j.skipSpace()
		if err != nil {
			return err
		}
		if c == closing {
			j.take()
			return nil
		}
		if err := element(); err != nil {
			return err
		}
		if c, err = j.skipSpace(); err != nil {
			return err
		}
		switch c {
		case ',':
			j.take()
		case closing:
		default:
			return j.mistake("want , or " + string(closing) + " here")
		}
	}
}

// scalar reads a string, a number or a bare word.
func (j *jsonReader) scalar() (string, error) {
	c, err := j.skipSpace()
	if err != nil {
		return "", err
	}
	if c == '"' {
		return j.quoted(true)
	}
	n := 0
	for ; ; n++ {
		c, err = j.peek()
		if err != nil && err != io.EOF {
			return "", err
		}
		if err == io.EOF || !wordByte(c) {
			break
		}
		if n == maxScalar {
			return "", j.mistake("a word too long to be masscan's")
		}
		j.room[n] = c
		j.take()
	}
	if n == 0 {
		return "", j.mistake("want a value here")
	}
	return string(j.room[:n]), nil
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c == '+' || c == '.'
}

// quoted reads a string; escapes are passed over, since no key and no value that matters
// has any.
func (j *jsonReader) quoted(keep bool) (string, error) {
	j.take()
	for n := 0; ; {
		c, err := j.peek()
		if err != nil {
			return "", err
		}
		j.take()
		switch {
		case c == '"':
			return string(j.room[:n]), nil
		case c == '\\':
			if _, err := j.peek(); err != nil {
				return "", err
			}
			j.take()
		case c == '\n':
			return "", j.mistake("a string without its closing quote")
		}
		if keep {
			if n == maxScalar {
				return "", j.mistake("a string too long to be masscan's")
			}
			j.room[n] = c
			n++
		}
	}
}

// skip passes over a value of any kind without keeping it.
func (j *jsonReader) skip(depth int) error {
	c, err := j.skipSpace()
	if err != nil {
		return err
	}
	if depth == maxDepth {
		return j.mistake("nested too deeply to be masscan's")
	}
	switch c {
	case '{':
		return j.object(func(string) error { return j.skip(depth + 1) })
	case '[':
		return j.array(func() error { return j.skip(depth + 1) })
	case '"':
		_, err = j.quoted(false)
		return err
	}
	_, err = j.scalar()
	return err
}
