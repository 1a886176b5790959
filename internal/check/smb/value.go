package smb

import (
	"encoding/hex"
	"fmt"
	"time"

	"signet/internal/wire/smb2"
)

// GUID is a server's GUID as it stands on the wire. The zero GUID is written as an empty string.
type GUID [16]byte

// order is where each byte of the text form stands on the wire: the first three groups are little-endian.
const order = "\x03\x02\x01\x00\x05\x04\x07\x06\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"

// AppendText appends the form 8-4-4-4-12.
func (g GUID) AppendText(dst []byte) ([]byte, error) {
	if g == (GUID{}) {
		return dst, nil
	}
	const digits = "0123456789abcdef"
	for i := range len(order) {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		c := g[order[i]]
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst, nil
}

// MarshalText is AppendText.
func (g GUID) MarshalText() ([]byte, error) { return g.AppendText(nil) }

// UnmarshalText reads what MarshalText writes.
func (g *GUID) UnmarshalText(text []byte) error {
	*g = GUID{}
	if len(text) == 0 {
		return nil
	}
	var digits []byte
	for i, c := range text {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return fmt.Errorf("%q is not a GUID", text)
			}
			continue
		}
		digits = append(digits, c)
	}
	var raw [16]byte
	if n, err := hex.Decode(raw[:], digits[:min(len(digits), 32)]); err != nil || n != 16 || len(text) != 36 {
		return fmt.Errorf("%q is not a GUID", text)
	}
	for i := range len(order) {
		g[order[i]] = raw[i]
	}
	return nil
}

// Time is a server's FILETIME: 100 ns since 1601, UTC. It is written as RFC 3339, and as an empty string where the
// server told none or one that no calendar has.
type Time uint64

// AppendText appends the RFC 3339 form.
func (t Time) AppendText(dst []byte) ([]byte, error) {
	if at := smb2.FileTime(uint64(t)); !at.IsZero() {
		dst = at.AppendFormat(dst, time.RFC3339Nano)
	}
	return dst, nil
}

// MarshalText is AppendText.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText reads what MarshalText writes.
func (t *Time) UnmarshalText(text []byte) error {
	*t = 0
	if len(text) == 0 {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return err
	}
	const from1601to1970 = 11644473600 // seconds
	*t = Time(uint64(at.Unix()+from1601to1970)*1e7 + uint64(at.Nanosecond()/100))
	return nil
}
