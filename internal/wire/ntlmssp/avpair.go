package ntlmssp

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// avID is the AvId of an AV_PAIR ([MS-NLMP] §2.2.2.1).
type avID uint16

const (
	avEOL             avID = 0
	avNbComputer      avID = 1
	avNbDomain        avID = 2
	avDNSComputer     avID = 3
	avDNSDomain       avID = 4
	avDNSTree         avID = 5
	avFlags           avID = 6
	avTimestamp       avID = 7
	avTargetName      avID = 9
	avChannelBindings avID = 10
)

// avFlagMIC, in the MsvAvFlags of an AUTHENTICATE, states that its MIC field is filled in.
const avFlagMIC = 0x2

type avPair struct {
	id    avID
	value []byte
}

// readAVPairs reads pairs up to MsvAvEOL, or up to the end of b: a list that is empty, or that only lacks its
// terminator, leaves no doubt about what it says. Values point into b.
func readAVPairs(b []byte) ([]avPair, error) {
	var pairs []avPair
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, fmt.Errorf("ntlmssp: av pair header of %d bytes", len(b))
		}
		id, n := avID(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
		if id == avEOL {
			break
		}
		if len(b)-4 < n {
			return nil, fmt.Errorf("ntlmssp: av pair %d of %d bytes, %d left", id, n, len(b)-4)
		}
		pairs = append(pairs, avPair{id, b[4 : 4+n : 4+n]})
		b = b[4+n:]
	}
	return pairs, nil
}

// findAV returns the value of the first pair with that id. The first counts where a peer repeats itself.
func findAV(pairs []avPair, id avID) ([]byte, bool) {
	i := slices.IndexFunc(pairs, func(p avPair) bool { return p.id == id })
	if i < 0 {
		return nil, false
	}
	return pairs[i].value, true
}

// avUint32 reads MsvAvFlags; a value of another size says nothing.
func avUint32(v []byte) uint32 {
	if len(v) != 4 {
		return 0
	}
	return binary.LittleEndian.Uint32(v)
}

func appendAV(dst []byte, id avID, value []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(id))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(value)))
	return append(dst, value...)
}

// unixEpoch is 1970-01-01 as a FILETIME: 100 ns steps since 1601-01-01 ([MS-DTYP] §2.3.3).
const unixEpoch = 116444736000000000

// fromFiletime returns the zero time for zero and for anything past the year 9999, which no clock shows and which
// RFC 3339 cannot write.
func fromFiletime(v uint64) time.Time {
	const year10000 = 2650467744000000000
	if v == 0 || v >= year10000 {
		return time.Time{}
	}
	ticks := int64(v) - unixEpoch
	return time.Unix(ticks/1e7, ticks%1e7*100).UTC()
}

// toFiletime is the inverse of fromFiletime for times from 1601 to 9999.
func toFiletime(t time.Time) uint64 {
	return uint64(t.Unix()*1e7 + int64(t.Nanosecond())/100 + unixEpoch)
}
