package imports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"signet/internal/bounds"
)

// odd counts the lines of a file that are not understood.
type odd struct {
	N    uint64
	Line int    // of the first
	Why  string // of the first
}

func (o *odd) add(line int, why string) {
	if o.N++; o.N == 1 {
		o.Line, o.Why = line, why
	}
}

// jsonReader gives the objects of a file of JSON, however they are written: one a line, over several lines, in one list, with
// a comma too much. What is no object is counted, and the next line tried.
type jsonReader struct {
	in    io.Reader
	ahead [][]byte // what is to be looked at, last first
	room  []byte
	rec   []byte // of the object under way
	line  int    // where it began, or where the reader is
	odd   odd
}

func newJSONReader(r io.Reader) *jsonReader {
	return &jsonReader{in: plain(r), room: make([]byte, 64<<10), line: 1}
}

const (
	whyNoObject = "this is no JSON object"
	whyCut      = "this is no JSON: an object that does not end"
)

// all gives each object, good until the next, and stops behind the first error of reading. line is where an object began.
func (j *jsonReader) all() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			rec, err := j.next()
			if errors.Is(err, io.EOF) || !yield(rec, err) || err != nil {
				return
			}
			j.line += bytes.Count(rec, []byte("\n"))
		}
	}
}

// piece is what comes next, io.EOF at the end.
func (j *jsonReader) piece() ([]byte, error) {
	if n := len(j.ahead); n > 0 {
		b := j.ahead[n-1]
		j.ahead = j.ahead[:n-1]
		return b, nil
	}
	for {
		n, err := j.in.Read(j.room)
		if n > 0 {
			return j.room[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// back puts bytes before what comes next.
func (j *jsonReader) back(b []byte) {
	if len(b) > 0 {
		j.ahead = append(j.ahead, b)
	}
}

func (j *jsonReader) next() ([]byte, error) {
	for {
		if err := j.begin(); err != nil {
			return nil, err
		}
		whole, err := j.object()
		if whole || err != nil {
			return j.rec, err
		}
	}
}

// begin goes to the next {. What stands between objects is space, commas and the brackets of lists; a line of anything else is odd.
func (j *jsonReader) begin() error {
	skipping := false
	for {
		b, err := j.piece()
		if err != nil {
			return err
		}
		for i, c := range b {
			switch {
			case c == '\n':
				j.line++
				skipping = false
			case skipping, bytes.IndexByte([]byte(" \t\r,[]\xef\xbb\xbf\x00"), c) >= 0: // byte order marks: where files were written into one
			case c == '{':
				j.back(b[i:])
				return nil
			default:
				j.odd.add(j.line, whyNoObject)
				skipping = true
			}
		}
	}
}

// object reads one into rec. One that is broken is odd: what stands behind its first line is looked at again.
func (j *jsonReader) object() (whole bool, err error) {
	j.rec = j.rec[:0]
	var at bounds.Brackets
	for {
		b, err := j.piece()
		if errors.Is(err, io.EOF) {
			j.again(whyCut, nil)
			return false, nil
		}
		if err != nil {
			return false, err
		}
		n, shape := at.Feed(b)
		if len(j.rec)+n > mostLine {
			return false, fmt.Errorf("line %d: an object of more than %d MiB, the limit", j.line, mostLine>>20)
		}
		j.rec = append(j.rec, b[:n]...)
		switch shape {
		case bounds.Whole:
			j.back(b[n:])
			return true, nil
		case bounds.Broken:
			j.again(whyCut, b[n:])
			return false, nil
		case bounds.Deep:
			j.again(fmt.Sprintf("nested more than %d deep, the limit", bounds.Depth), b[n:])
			return false, nil
		}
	}
}

// again counts the object under way as odd, and looks at what stands behind its first line. rest was not looked at yet.
func (j *jsonReader) again(why string, rest []byte) {
	j.odd.add(j.line, why)
	_, behind, ok := bytes.Cut(j.rec, []byte("\n"))
	if !ok { // the rest of its line is no better
		if _, next, more := bytes.Cut(rest, []byte("\n")); more {
			j.line++
			j.back(next)
		} else {
			j.skipLine()
		}
		return
	}
	j.line++
	j.back(rest)
	j.back(bytes.Clone(behind))
}

// skipLine goes behind the end of the line.
func (j *jsonReader) skipLine() {
	for {
		b, err := j.piece()
		if err != nil {
			return // begin meets it again
		}
		if _, next, ok := bytes.Cut(b, []byte("\n")); ok {
			j.line++
			j.back(next)
			return
		}
	}
}
