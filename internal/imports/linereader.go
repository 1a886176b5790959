package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// mostLine bounds a line of JSON. Of what is read, lines with a transcript and pages that zgrab2 kept are the longest, some
// hundred kilobytes.
const mostLine = 16 << 20

// lineReader reads a file line by line, in time linear in its length.
type lineReader struct {
	in   *bufio.Reader
	long []byte // of a line that is longer than the reader's buffer
	n    int    // the last line's number, from 1
	most int
}

func newLineReader(r io.Reader, most int) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(plain(r), 64<<10), most: most}
}

// next gives a line without its end, good until the following call; io.EOF after the last one. An error names the line,
// unless it is one of reading the file.
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
