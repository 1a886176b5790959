package scope

import (
	"bufio"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Reader turns UTF-16 into UTF-8 as it is read.
type utf16Reader struct {
	in      *bufio.Reader
	big     bool
	pending []byte
	room    [4]byte
}

func (u *utf16Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(u.pending) == 0 {
			r, err := u.next()
			if err != nil {
				if n > 0 {
					return n, nil
				}
				return 0, err
			}
			u.pending = utf8.AppendRune(u.room[:0], r)
		}
		k := copy(p[n:], u.pending)
		u.pending = u.pending[k:]
		n += k
	}
	return n, nil
}

func (u *utf16Reader) next() (rune, error) {
	first, err := u.unit()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	second, err := u.unit()
	if err == io.EOF {
		return utf8.RuneError, nil
	}
	return utf16.DecodeRune(first, second), err
}

func (u *utf16Reader) unit() (rune, error) {
	a, err := u.in.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := u.in.ReadByte()
	if err == io.EOF {
		return utf8.RuneError, nil // half a character at the end
	}
	if u.big {
		a, b = b, a
	}
	return rune(b)<<8 | rune(a), err
}
