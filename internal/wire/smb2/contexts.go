package smb2

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Negotiate context types (§2.2.3.1).
const (
	contextPreauth     uint16 = 0x0001
	contextEncryption  uint16 = 0x0002
	contextCompression uint16 = 0x0003
	contextSigning     uint16 = 0x0008
)

// Pre-authentication hash (§2.2.3.1.1).
const HashSHA512 uint16 = 1

// Ciphers (§2.2.3.1.2). CipherNone is a server's way to say that no cipher was agreed.
const (
	CipherNone      uint16 = 0
	CipherAES128CCM uint16 = 1
	CipherAES128GCM uint16 = 2
	CipherAES256CCM uint16 = 3
	CipherAES256GCM uint16 = 4
)

// Signing algorithms (§2.2.3.1.7).
const (
	SignHMACSHA256 uint16 = 0
	SignAESCMAC    uint16 = 1
	SignAESGMAC    uint16 = 2
)

// Compression algorithms (§2.2.3.1.3).
const (
	CompressNone       uint16 = 0
	CompressLZNT1      uint16 = 1
	CompressLZ77       uint16 = 2
	CompressLZ77Huff   uint16 = 3
	CompressPatternV1  uint16 = 4
	compressionChained uint32 = 1
)

// IDs is a short list of algorithm numbers without an allocation. It is comparable.
type IDs struct {
	n    uint8
	list [8]uint16
}

// Len is the number of entries; At returns one of them.
func (l *IDs) Len() int        { return int(l.n) }
func (l *IDs) At(i int) uint16 { return l.list[:l.n][i] }

// MakeIDs makes a list of at most eight numbers; what is over is left out.
func MakeIDs(ids ...uint16) IDs {
	var l IDs
	l.n = uint8(copy(l.list[:], ids))
	return l
}

// Contexts is what the negotiate contexts of a 3.1.1 answer say. The Has fields tell an absent context from an
// empty choice: a server that knows signing algorithms but was not asked sends no signing context.
type Contexts struct {
	HasPreauth, HasEncryption, HasSigning, HasCompression bool
	Hashes, Ciphers, Signing, Compression                 IDs
}

// parseContexts reads count contexts from the start of b; every one but the last is padded to eight bytes.
func parseContexts(b []byte, count int) (Contexts, error) {
	var c Contexts
	for i := range count {
		if len(b) < 8 {
			return Contexts{}, fmt.Errorf("smb2: negotiate context %d of %d ends early", i+1, count)
		}
		kind, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if len(b)-8 < size {
			return Contexts{}, fmt.Errorf("smb2: negotiate context 0x%04x of %d bytes, %d left", kind, size, len(b)-8)
		}
		data := b[8 : 8+size]
		var err error
		switch kind {
		case contextPreauth:
			c.HasPreauth = true
			c.Hashes, err = readIDs(data, 4) // the salt length stands between count and list
		case contextEncryption:
			c.HasEncryption = true
			c.Ciphers, err = readIDs(data, 2)
		case contextSigning:
			c.HasSigning = true
			c.Signing, err = readIDs(data, 2)
		case contextCompression:
			c.HasCompression = true
			c.Compression, err = readIDs(data, 8) // padding and flags stand between count and list
		}
		if err != nil {
			return Contexts{}, fmt.Errorf("smb2: negotiate context 0x%04x: %w", kind, err)
		}
		b = b[min(8+(size+7)&^7, len(b)):]
	}
	return c, nil
}

var errIDs = errors.New("list of algorithms ends early or is too long")

// readIDs reads a list whose count is the first field and whose entries start at offset at.
func readIDs(b []byte, at int) (IDs, error) {
	if len(b) < at {
		return IDs{}, errIDs
	}
	n := int(binary.LittleEndian.Uint16(b))
	var l IDs
	if n > len(l.list) || len(b)-at < 2*n {
		return IDs{}, errIDs
	}
	for i := range n {
		l.list[i] = binary.LittleEndian.Uint16(b[at+2*i:])
	}
	l.n = uint8(n)
	return l, nil
}

// appendContext pads dst to eight bytes after base and appends the context's header.
func appendContext(dst []byte, base int, kind uint16, size int) []byte {
	dst = pad8(dst, base)
	dst = binary.LittleEndian.AppendUint16(dst, kind)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(size))
	return append(dst, 0, 0, 0, 0)
}

func appendPreauth(dst []byte, base int, salt *[32]byte) []byte {
	dst = appendContext(dst, base, contextPreauth, 6+len(salt))
	dst = append(dst, 1, 0, byte(len(salt)), 0, byte(HashSHA512), 0)
	return append(dst, salt[:]...)
}

func appendList(dst []byte, base int, kind uint16, ids ...uint16) []byte {
	dst = appendContext(dst, base, kind, 2+2*len(ids))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(ids)))
	return appendIDs(dst, ids)
}

func appendCompression(dst []byte, base int, ids ...uint16) []byte {
	dst = appendContext(dst, base, contextCompression, 8+2*len(ids))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(ids)))
	dst = append(dst, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, compressionChained)
	return appendIDs(dst, ids)
}

func appendIDs(dst []byte, ids []uint16) []byte {
	for _, id := range ids {
		dst = binary.LittleEndian.AppendUint16(dst, id)
	}
	return dst
}

func pad8(dst []byte, base int) []byte {
	for (len(dst)-base)%8 != 0 {
		dst = append(dst, 0)
	}
	return dst
}
