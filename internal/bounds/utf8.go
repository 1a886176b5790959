package bounds

import (
	"bufio"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// UTF8 reads a text file as UTF-8. PowerShell writes what it redirects as UTF-16, and other programs of Windows do so without
// a byte order mark.
func UTF8(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, 4<<10)
	var unmarked transform.Transformer = transform.Nop
	switch head, _ := in.Peek(64); {
	case wide(head, 1):
		unmarked = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case wide(head, 0):
		unmarked = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	}
	return transform.NewReader(in, unicode.BOMOverride(unmarked))
}

// wide tells whether of every two bytes the one is zero and the other is not, as of ASCII in UTF-16.
func wide(head []byte, zero int) bool {
	for i, c := range head {
		if (c == 0) != (i%2 == zero) {
			return false
		}
	}
	return len(head) >= 8
}
