package smb1

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// cutText splits a zero-terminated string from b: UTF-16 little-endian, or one byte a character. A string that is
// not terminated ends with b, as some servers send it. Bytes over 0x7F of a one-byte string are in a code page
// nobody names: each becomes U+FFFD.
func cutText(b []byte, wide bool) (string, []byte) {
	if !wide {
		var s strings.Builder
		for i, c := range b {
			if c == 0 {
				return s.String(), b[i+1:]
			}
			if c < 0x80 {
				s.WriteByte(c)
			} else {
				s.WriteRune('\uFFFD')
			}
		}
		return s.String(), nil
	}
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u == 0 {
			return string(utf16.Decode(units)), b[2:]
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units)), nil
}

// appendText appends s zero-terminated, as cutText reads it.
func appendText(dst []byte, s string, wide bool) []byte {
	if !wide {
		for _, r := range s {
			if r > 0x7f {
				r = 0xff // any byte over 0x7F is read as U+FFFD again
			}
			dst = append(dst, byte(r))
		}
		return append(dst, 0)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		dst = binary.LittleEndian.AppendUint16(dst, u)
	}
	return append(dst, 0, 0)
}
