package names

import "encoding/binary"

// Protocol is LLMNR or multicast DNS. Both carry DNS messages; flags and identifiers differ.
type Protocol uint8

const (
	LLMNR Protocol = iota + 1 // UDP 5355
	MDNS                      // UDP 5353
)

const (
	typePTR = 12
	classIN = 1
)

// AppendQuestion appends the one question of this package: which name does the owner of addr, 4 or 16 octets, go by?
// The message is the same for both protocols: no flag is set, and a question to a multicast DNS responder that comes
// from another port than 5353 is a plain DNS one (RFC 6762 §6.7).
func AppendQuestion(dst []byte, id uint16, addr []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, id)
	dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	dst = appendName(dst, ReverseName(addr))
	return append(dst, 0, typePTR, 0, classIN)
}
