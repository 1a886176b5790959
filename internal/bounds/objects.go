package bounds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Odd counts the lines of a file that are not understood.
type Odd struct {
	N    uint64
	Line int    // of the first
	Why  string // of the first
}

// Add counts a line.
func (o *Odd) Add(line int, why string) {
	if o.N++; o.N == 1 {
		o.Line, o.Why = line, why
	}
}

// Objects reads the objects of a file of JSON, however they are laid out: one a line, over several lines, in one list, with a
// comma too many. What is no object is counted, and the next line tried.
type Objects struct {
	Line int // where the object at hand began, from 1, or where the reader is
	Odd  Odd

	in    io.Reader
	ahead [][]byte // what is to be looked at, last first
	room  []byte
	rec   []byte // of the object under way
}

// NewObjects reads a text file in UTF-8 or UTF-16. An object of more than Object bytes ends it with an error.
func NewObjects(r io.Reader) *Objects {
	return &Objects{Line: 1, in: UTF8(r), room: make([]byte, 64<<10)}
}

const (
	whyNoObject = "this is no JSON object"
	whyCut      = "this is no JSON: an object that does not end"
)

// All gives each object, good until the next one, and stops behind the first error of reading.
func (o *Objects) All() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			rec, err := o.Next()
			if errors.Is(err, io.EOF) || !yield(rec, err) || err != nil {
				return
			}
			o.Line += bytes.Count(rec, []byte("\n"))
		}
	}
}

// piece is what comes next, io.EOF at the end.
func (o *Objects) piece() ([]byte, error) {
	if n := len(o.ahead); n > 0 {
		b := o.ahead[n-1]
		o.ahead = o.ahead[:n-1]
		return b, nil
	}
	for {
		n, err := o.in.Read(o.room)
		if n > 0 {
			return o.room[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// back puts bytes before what comes next.
func (o *Objects) back(b []byte) {
	if len(b) > 0 {
		o.ahead = append(o.ahead, b)
	}
}

// Next gives the next object, good until the next one, or io.EOF. It leaves Line at the line where the object begins.
func (o *Objects) Next() ([]byte, error) {
	for {
		if err := o.begin(); err != nil {
			return nil, err
		}
		whole, err := o.object()
		if whole || err != nil {
			return o.rec, err
		}
	}
}

// begin goes to the next {. What stands between objects is space, commas and the brackets of lists; a line of anything else is odd.
func (o *Objects) begin() error {
	skipping := false
	for {
		b, err := o.piece()
		if err != nil {
			return err
		}
		for i, c := range b {
			switch {
			case c == '\n':
				o.Line++
				skipping = false
			case skipping, bytes.IndexByte([]byte(" \t\r,[]\xef\xbb\xbf\x00"), c) >= 0: // byte order marks: where files were written into one
			case c == '{':
				o.back(b[i:])
				return nil
			default:
				o.Odd.Add(o.Line, whyNoObject)
				skipping = true
			}
		}
	}
}

// object reads one into rec. One that is broken is odd: what stands behind its first line is looked at again.
func (o *Objects) object() (whole bool, err error) {
	o.rec = o.rec[:0]
	var at Brackets
	for {
		b, err := o.piece()
		if errors.Is(err, io.EOF) {
			o.again(whyCut, nil)
			return false, nil
		}
		if err != nil {
			return false, err
		}
		n, shape := at.Feed(b)
		if len(o.rec)+n > Object {
			return false, fmt.Errorf("line %d: an object of more than %d MiB, the limit", o.Line, Object>>20)
		}
		o.rec = append(o.rec, b[:n]...)
		switch shape {
		case Whole:
			o.back(b[n:])
			return true, nil
		case Broken:
			o.again(whyCut, b[n:])
			return false, nil
		case Deep:
			o.again(fmt.Sprintf("nested more than %d deep, the limit", Depth), b[n:])
			return false, nil
		}
	}
}

// again counts the object under way as odd, and looks at what stands behind its first line. rest was not looked at yet.
func (o *Objects) again(why string, rest []byte) {
	o.Odd.Add(o.Line, why)
	_, behind, ok := bytes.Cut(o.rec, []byte("\n"))
	if !ok { // the rest of its line is no better
		if _, next, more := bytes.Cut(rest, []byte("\n")); more {
			o.Line++
			o.back(next)
		} else {
			o.skipLine()
		}
		return
	}
	o.Line++
	o.back(rest)
	o.back(bytes.Clone(behind))
}

// skipLine goes behind the end of the line.
func (o *Objects) skipLine() {
	for {
		b, err := o.piece()
		if err != nil {
			return // begin meets it again
		}
		if _, next, ok := bytes.Cut(b, []byte("\n")); ok {
			o.Line++
			o.back(next)
			return
		}
	}
}
