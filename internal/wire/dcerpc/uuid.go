package dcerpc

import (
	"encoding/binary"
	"encoding/hex"
)

// UUID is a universal unique identifier as its text form orders the octets (C706 appendix A).
type UUID [16]byte

// String writes the form "e1af8308-5d1f-11c9-91a4-08002b14a0fa".
func (u UUID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:36], u[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// readUUID reads the form on the wire, whose first three fields are integers in the sender's byte order (C706
// §14.3.8). b holds at least 16 octets.
func readUUID(b []byte, order binary.ByteOrder) UUID {
	var u UUID
	binary.BigEndian.PutUint32(u[0:], order.Uint32(b[0:]))
	binary.BigEndian.PutUint16(u[4:], order.Uint16(b[4:]))
	binary.BigEndian.PutUint16(u[6:], order.Uint16(b[6:]))
	copy(u[8:], b[8:16])
	return u
}

// appendUUID appends u in the wire form of a little-endian sender.
func appendUUID(dst []byte, u UUID) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, binary.BigEndian.Uint32(u[0:]))
	dst = binary.LittleEndian.AppendUint16(dst, binary.BigEndian.Uint16(u[4:]))
	dst = binary.LittleEndian.AppendUint16(dst, binary.BigEndian.Uint16(u[6:]))
	return append(dst, u[8:]...)
}
