package ntlmssp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// challengeMin is the fixed part that every CHALLENGE has; the context, TargetInfo and Version that follow came
// with later releases and are optional.
const challengeMin = 32

// versionEnd is where the Version of a CHALLENGE ends and its payload may begin.
const versionEnd = 56

// Challenge is what a CHALLENGE_MESSAGE ([MS-NLMP] §2.2.1.2) says about the server that sent it. Every name is as
// the server gave it, empty if it gave none, and nothing to be trusted: any server may claim any name.
type Challenge struct {
	TargetName string // the domain of a member, the machine itself elsewhere
	Flags      Flags

	NbComputer  string    // MsvAvNbComputerName
	NbDomain    string    // MsvAvNbDomainName; equal to NbComputer on a machine without a domain
	DNSComputer string    // MsvAvDnsComputerName
	DNSDomain   string    // MsvAvDnsDomainName
	DNSForest   string    // MsvAvDnsTreeName
	Time        time.Time // MsvAvTimestamp, UTC; zero if absent
	AVFlags     uint32    // MsvAvFlags

	Version Version // zero if absent
}

// Version is the VERSION structure of [MS-NLMP] §2.2.2.10. It is a hint: one build belongs to several products
// (26100 is Windows 11 24H2 and Server 2025), and Samba sends 6.1 with build 0.
type Version struct {
	Major, Minor uint8
	Build        uint16
	Revision     uint8 // 15 for NTLMSSP_REVISION_W2K3
}

// String gives major.minor.build, or nothing for the zero value.
func (v Version) String() string {
	if v == (Version{}) {
		return ""
	}
	b := strconv.AppendUint(nil, uint64(v.Major), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(v.Minor), 10)
	return string(strconv.AppendUint(append(b, '.'), uint64(v.Build), 10))
}

func readVersion(b []byte) Version {
	return Version{Major: b[0], Minor: b[1], Build: binary.LittleEndian.Uint16(b[2:]), Revision: b[7]}
}

// ParseChallenge reads the CHALLENGE that b starts with. A message without TargetInfo, without Version or with an
// empty list of pairs is legal; a name or a list that lies outside the message is an error. Nothing of the result
// points into b, and on error it is zero.
func ParseChallenge(b []byte) (Challenge, error) {
	p, err := parseChallenge(b)
	if err != nil {
		return Challenge{}, err
	}
	return p.Challenge, nil
}

// parsedChallenge adds what only an answer to the challenge needs. The pairs point into the message.
type parsedChallenge struct {
	Challenge
	nonce [8]byte
	pairs []avPair
}

func parseChallenge(b []byte) (parsedChallenge, error) {
	if !bytes.HasPrefix(b, []byte(signature)) {
		return parsedChallenge{}, fmt.Errorf("ntlmssp: no signature in %d bytes", len(b))
	}
	if len(b) < challengeMin {
		return parsedChallenge{}, ErrShort
	}
	if t := binary.LittleEndian.Uint32(b[8:]); MessageType(t) != TypeChallenge {
		return parsedChallenge{}, fmt.Errorf("ntlmssp: message type %d, want a challenge", t)
	}
	var c parsedChallenge
	c.Flags = Flags(binary.LittleEndian.Uint32(b[20:]))
	c.nonce = [8]byte(b[24:32])
	target := readField(b, 12)
	var info field
	// Without the flag the field is to be ignored, and in the oldest form its place already holds the target's name.
	if c.Flags&FlagTargetInfo != 0 {
		if len(b) < 48 {
			return parsedChallenge{}, ErrShort
		}
		info = readField(b, 40)
	}
	name, err := target.cut(b, "target name")
	if err != nil {
		return parsedChallenge{}, err
	}
	var ok bool
	if c.TargetName, ok = decodeText(name, c.Flags); !ok {
		return parsedChallenge{}, fmt.Errorf("ntlmssp: target name of %d bytes in UTF-16", len(name))
	}
	if c.Flags&FlagVersion != 0 && payloadStart(b, target, info) >= versionEnd {
		c.Version = readVersion(b[48:])
	}
	// A list announced right where the message ends was made for the tests of zeek after one from the field: it stands for an empty one.
	if info.off == len(b) {
		info.n = 0
	}
	list, err := info.cut(b, "target info")
	if err != nil {
		return parsedChallenge{}, err
	}
	if c.pairs, err = readAVPairs(list); err != nil {
		return parsedChallenge{}, err
	}
	if err := c.readInfo(); err != nil {
		return parsedChallenge{}, err
	}
	return c, nil
}

// readInfo fills in the fields that come from the pairs.
func (c *parsedChallenge) readInfo() error {
	for _, n := range []struct {
		id avID
		to *string
	}{
		{avNbComputer, &c.NbComputer}, {avNbDomain, &c.NbDomain},
		{avDNSComputer, &c.DNSComputer}, {avDNSDomain, &c.DNSDomain}, {avDNSTree, &c.DNSForest},
	} {
		// The strings of AV pairs are Unicode even in an OEM message ([MS-NLMP] §2.2.2.1).
		v, _ := findAV(c.pairs, n.id)
		var ok bool
		if *n.to, ok = decodeUTF16(v); !ok {
			return fmt.Errorf("ntlmssp: av pair %d of %d bytes in UTF-16", n.id, len(v))
		}
		// Samba 4 without a DNS domain sends a lone terminator for its name.
		*n.to = strings.TrimRight(*n.to, "\x00")
	}
	if v, _ := findAV(c.pairs, avTimestamp); len(v) == 8 {
		c.Time = fromFiletime(binary.LittleEndian.Uint64(v))
	}
	v, _ := findAV(c.pairs, avFlags)
	c.AVFlags = avUint32(v)
	return nil
}

// decodeText reads a string of a message's own payload, in the character set that its flags name.
func decodeText(b []byte, f Flags) (string, bool) {
	if f&FlagUnicode == 0 {
		return decodeOEM(b), true
	}
	return decodeUTF16(b)
}
