package bounds

import (
	"fmt"
	"io"
)

const (
	// Depth is how deep JSON and XML may be nested. nmap's tables go six deep, facts of Signet's own seven.
	Depth = 64
	// YAMLDepth is how deep a policy or a configuration may be nested. The deepest that means anything has four.
	YAMLDepth = 32
	// YAMLSize is the most that a policy or a configuration may hold: some five thousand exceptions.
	YAMLSize = 1 << 20
	// YAMLNodes is how many keys, values and lists it may hold, those that an alias repeats counted each time, and how many lines.
	YAMLNodes = 100_000
	// Token is the most that one tag, comment or text of XML may hold. The longest output of a script is far below.
	Token = 8 << 20
	// Object is the most that one object of a file of JSON may hold, and one line of a text. A transcript of ours keeps 16 KiB of
	// an answer, so that our own lines are far below.
	Object = 16 << 20
	// Element is the most that one host of an XML file may hold, with all that is inside it: 65,535 ports fit in.
	Element = 32 << 20
)

// Error says which limit a file passed, and where.
type Error struct {
	Line   int // from 1; 0 where the place is no line
	Column int // from 1; 0 where it is not known
	What   string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.What
	}
	if e.Column > 0 {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.What)
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.What)
}

func tooDeep(line, depth int) *Error {
	return &Error{Line: line, What: fmt.Sprintf("nested more than %d deep, the limit", depth)}
}

// ReadAll reads what may hold so much and no more.
func ReadAll(r io.Reader, most int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return nil, err
	}
	if len(b) > most {
		return nil, &Error{What: fmt.Sprintf("more than %s, the limit", size(int64(most)))}
	}
	return b, nil
}

func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
