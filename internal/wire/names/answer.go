package names

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// maxRecords bounds the questions and answers that are read of one message.
const maxRecords = 64

// Answer is what a responder said to the question of [AppendQuestion].
type Answer struct {
	RCode uint8  // 0: no error (RFC 1035 §4.1.1)
	Name  string // the host's own name; empty when the answer holds none
}

// ParseAnswer reads b as the answer of a responder of p to the question with that id about addr. A message that
// answers something else, or is a question itself, is an error; so is one that does not parse. On error the result is
// zero.
func ParseAnswer(b []byte, p Protocol, id uint16, addr []byte) (Answer, error) {
	if len(b) < 12 {
		return Answer{}, fmt.Errorf("names: message of %d octets, want at least 12", len(b))
	}
	flags := binary.BigEndian.Uint16(b[2:])
	if flags&0x8000 == 0 || flags&0x7800 != 0 {
		return Answer{}, fmt.Errorf("names: flags 0x%04x are not an answer's", flags)
	}
	// A multicast DNS responder may answer as it does to the group, where identifiers are zero (RFC 6762 §18.1).
	if got := binary.BigEndian.Uint16(b); got != id && (p != MDNS || got != 0) {
		return Answer{}, fmt.Errorf("names: answer to question %d, asked %d", got, id)
	}
	questions, answers := int(binary.BigEndian.Uint16(b[4:])), int(binary.BigEndian.Uint16(b[6:]))
	if questions+answers > maxRecords {
		return Answer{}, fmt.Errorf("names: %d records", questions+answers)
	}
	want := ReverseName(addr)
	at := 12
	for range questions {
		name, next, err := readName(b, at)
		if err != nil {
			return Answer{}, err
		}
		if len(b)-next < 4 {
			return Answer{}, errors.New("names: question cut short")
		}
		if !strings.EqualFold(name, want) {
			return Answer{}, fmt.Errorf("names: answer about %q, asked about %q", name, want)
		}
		at = next + 4
	}
	a := Answer{RCode: uint8(flags & 15)}
	for range answers {
		owner, value, next, err := record(b, at)
		if err != nil {
			return Answer{}, err
		}
		at = next
		if a.Name == "" && value != "" && strings.EqualFold(owner, want) {
			a.Name = value
		}
	}
	if questions == 0 && a.Name == "" {
		return Answer{}, errors.New("names: answer about nothing that was asked")
	}
	return a, nil
}

// record reads one resource record; value is the name that a PTR record points to, and empty for every other type.
func record(b []byte, at int) (owner, value string, next int, err error) {
	owner, at, err = readName(b, at)
	if err != nil {
		return "", "", 0, err
	}
	if len(b)-at < 10 {
		return "", "", 0, errors.New("names: record cut short")
	}
	// The highest bit of the class is multicast DNS's cache-flush bit (RFC 6762 §10.2).
	kind, class := binary.BigEndian.Uint16(b[at:]), binary.BigEndian.Uint16(b[at+2:])&0x7fff
	size := int(binary.BigEndian.Uint16(b[at+8:]))
	at += 10
	next = at + size
	if next > len(b) {
		return "", "", 0, fmt.Errorf("names: record data of %d octets, %d are there", size, len(b)-at)
	}
	if kind != typePTR || class != classIN {
		return owner, "", next, nil
	}
	value, end, err := readName(b[:next], at)
	if err != nil {
		return "", "", 0, err
	}
	if end != next {
		return "", "", 0, errName
	}
	return owner, value, next, nil
}
