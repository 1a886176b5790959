package mail

import (
	"bytes"
	"errors"
	"fmt"
)

// MaxLine bounds one line, its end included. RFC 4954 §4 lets a challenge line be 12,288 octets, the longest that
// any of the three protocols allows before a logon.
const MaxLine = 12288

// MaxReply bounds one reply of several lines, all line ends included.
const MaxReply = 32768

// ErrShort says that the input ends inside a reply: more bytes may complete it.
var ErrShort = errors.New("mail: input ends inside a reply")

// ReadLine splits the first line off b, without its end. A line ends with LF; one CR before it belongs to the end.
// Another CR or a NUL inside the line is an error, since no server that speaks these protocols sends them (RFC 5321
// §2.3.8, RFC 3501 §9). On error every result is nil.
func ReadLine(b []byte) (line, rest []byte, err error) {
	end := bytes.IndexByte(b[:min(len(b), MaxLine)], '\n')
	if end < 0 {
		if len(b) >= MaxLine {
			return nil, nil, fmt.Errorf("mail: line of more than %d octets", MaxLine)
		}
		return nil, nil, ErrShort
	}
	line = b[:end:end]
	if end > 0 && line[end-1] == '\r' {
		line = b[: end-1 : end-1]
	}
	if bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
		return nil, nil, errors.New("mail: CR or NUL inside a line")
	}
	return line, b[end+1:], nil
}

// appendLine appends parts as one line with its CRLF.
func appendLine(dst []byte, parts ...string) []byte {
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return append(dst, '\r', '\n')
}
