package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"signet/internal/bounds"
)

// Kind is what a file turned out to be by its first bytes.
type Kind uint8

const (
	KindUnknown Kind = iota
	KindPcap
	KindPcapng
	KindNetMon
	KindText // XML, JSON or anything else that is text
)

// Open looks into a stream: it undoes gzip and zstd, one layer of either, and tells what is inside. The reader that
// it returns is at the first byte of that.
func Open(r io.Reader) (Kind, *bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 256<<10)
	head, err := br.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return KindUnknown, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		grown := bounds.NewExpansion("gzip")
		z, err := gzip.NewReader(grown.Packed(br))
		if err != nil {
			return KindUnknown, nil, fmt.Errorf("gzip: %w", err)
		}
		br = bufio.NewReaderSize(grown.Unpacked(unpacked{z, "gzip"}), 256<<10)
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		// A window of more than 64 MiB is not what anybody compresses a capture with.
		grown := bounds.NewExpansion("zstd")
		z, err := zstd.NewReader(grown.Packed(br), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
		if err != nil {
			return KindUnknown, nil, fmt.Errorf("zstd: %w", err)
		}
		br = bufio.NewReaderSize(grown.Unpacked(unpacked{z, "zstd"}), 256<<10)
	}
	head, err = br.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return KindUnknown, nil, err
	}
	return kindOf(head), br, nil
}

// unpacked names the compression in the errors of what undoes it.
type unpacked struct {
	io.Reader
	by string
}

func (u unpacked) Read(b []byte) (int, error) {
	n, err := u.Reader.Read(b)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the %s file is cut short: %w", u.by, err)
	case err != nil && !errors.Is(err, io.EOF):
		err = fmt.Errorf("the %s file is damaged: %w", u.by, err)
	}
	return n, err
}

func kindOf(head []byte) Kind {
	if len(head) < 4 {
		if len(head) > 0 {
			return KindText
		}
		return KindUnknown
	}
	switch string(head) {
	case "\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1", "\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1":
		return KindPcap
	case "\x0a\x0d\x0d\x0a":
		return KindPcapng
	case "GMBU", "RTSS":
		return KindNetMon
	}
	for _, c := range head {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			return KindUnknown
		}
	}
	return KindText
}

// ErrNetMon says that a file is one of Microsoft Network Monitor.
var ErrNetMon = errors.New("a capture of Microsoft Network Monitor (.cap), which is not read: convert it with `editcap FILE out.pcapng`")

// DamageError says where a capture stops making sense. What came before it was read.
type DamageError struct {
	Offset int64 // of the record, in the uncompressed file
	What   string
	After  uint64 // so many packets of this file
}

func (e *DamageError) Error() string {
	if e.After == 0 {
		return fmt.Sprintf("damaged at byte %d: %s; no packet stands before it", e.Offset, e.What)
	}
	return fmt.Sprintf("damaged at byte %d: %s; what stands before it was read", e.Offset, e.What)
}
