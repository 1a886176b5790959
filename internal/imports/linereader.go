package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"signet/internal/bounds"
)

// lineReader reads a file line by line, in time linear in its length.
type lineReader struct {
	in   *bufio.Reader
	long []byte // of a line that is longer than the reader's buffer
	n    int    // number of the line at hand, from 1
	most int
}

func newLineReader(r io.Reader, most int) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(bounds.UTF8(r), 64<<10), most: most}
}

// all gives the lines without their ends, each good until the next, and stops behind the first error. One of a line names it.
func (l *lineReader) all() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			line, err := l.next()
			if errors.Is(err, io.EOF) || !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func (l *lineReader) next() ([]byte, error) {
	l.n++
	l.long = l.long[:0]
	for {
		b, err := l.in.ReadSlice('\n')
		if len(l.long)+len(b) > l.most {
			return nil, fmt.Errorf("line %d is longer than %d MiB: is this the file you meant, with its line ends?", l.n, l.most>>20)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			l.long = append(l.long, b...)
			continue
		case len(l.long) > 0:
			l.long = append(l.long, b...)
			b = l.long
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(b) == 0) {
			return nil, err
		}
		return bytes.TrimRight(b, "\r\n"), nil
	}
}
