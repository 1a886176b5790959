package spnego

import (
	"fmt"

	"signet/internal/wire/ber"
)

const generalString = 0x1b

// windowsHint is the name that Windows hints at ([MS-SPNG] §3.2.5.2).
const windowsHint = "not_defined_in_RFC4178@please_ignore"

// Init is a NegTokenInit (RFC 4178 §4.2.1) or NegTokenInit2 ([MS-SPNG] §2.2.1): the mechanisms that its sender
// names, best first, in dotted form, and what else it gave. MechToken and MechListMIC point into what was parsed
// and are nil if absent. HintName is the principal that a server hints at; Windows sends a fixed text there.
type Init struct {
	MechTypes   []string
	MechToken   []byte
	HintName    string
	MechListMIC []byte
}

// Offers tells whether the list names that mechanism, given in dotted form.
func (i Init) Offers(oid string) bool {
	for _, m := range i.MechTypes {
		if m == oid {
			return true
		}
	}
	return false
}

// ParseInit reads the NegTokenInit or NegTokenInit2 that b starts with, with the GSS-API wrapping of RFC 2743
// §3.1 or without. What follows the token is not looked at. On error the result is zero.
func ParseInit(b []byte) (Init, error) {
	tag, content, _, err := ber.Read(b)
	if err != nil {
		return Init{}, err
	}
	if tag == 0x60 {
		oid, rest, err := ber.Expect(content, ber.OID)
		if err != nil {
			return Init{}, err
		}
		if s, err := dotted(oid); err != nil || s != oidSPNEGO {
			return Init{}, fmt.Errorf("spnego: GSS token of mechanism %x", oid)
		}
		if tag, content, _, err = ber.Read(rest); err != nil {
			return Init{}, err
		}
	}
	if tag != 0xa0 {
		return Init{}, fmt.Errorf("spnego: tag 0x%02x, want an init token", tag)
	}
	f, err := readFields(content)
	if err != nil {
		return Init{}, err
	}
	return readInit(f)
}

func readInit(f fields) (Init, error) {
	var i Init
	var err error
	if i.MechTypes, err = readMechTypes(f[0]); err != nil {
		return Init{}, err
	}
	if i.MechToken, err = octets(f[2]); err != nil {
		return Init{}, err
	}
	// Member [3] is the MIC in RFC 4178 and the hints in [MS-SPNG], which moves the MIC to [4].
	mic := f[4]
	if len(f[3]) > 0 && f[3][0] == ber.Sequence {
		if i.HintName, err = readHints(f[3]); err != nil {
			return Init{}, err
		}
	} else if f[3] != nil {
		mic = f[3]
	}
	if i.MechListMIC, err = octets(mic); err != nil {
		return Init{}, err
	}
	return i, nil
}

func readMechTypes(b []byte) ([]string, error) {
	if b == nil {
		return nil, nil
	}
	list, err := only(b, ber.Sequence)
	if err != nil {
		return nil, err
	}
	var oids []string
	for len(list) > 0 {
		if oids == nil {
			oids = make([]string, 0, 6) // Windows names five
		}
		var content []byte
		if content, list, err = ber.Expect(list, ber.OID); err != nil {
			return nil, err
		}
		oid, err := dotted(content)
		if err != nil {
			return nil, err
		}
		oids = append(oids, oid)
	}
	return oids, nil
}

// readHints reads the hintName of a NegHints.
func readHints(b []byte) (string, error) {
	f, err := readFields(b)
	if err != nil || f[0] == nil {
		return "", err
	}
	name, err := only(f[0], generalString)
	if string(name) == windowsHint { // every Windows server's: no allocation for it
		return windowsHint, err
	}
	return string(name), err
}

// AppendInit appends i in its GSS-API wrapping. With a hint it is a NegTokenInit2, without one a NegTokenInit.
func AppendInit(dst []byte, i Init) []byte {
	var seq []byte
	if i.MechTypes != nil {
		var list []byte
		for _, oid := range i.MechTypes {
			list = ber.AppendOID(list, oid)
		}
		seq = appendMember(seq, 0, ber.Sequence, list)
	}
	if i.MechToken != nil {
		seq = appendMember(seq, 2, ber.OctetString, i.MechToken)
	}
	mic := byte(3)
	if i.HintName != "" {
		seq = appendMember(seq, 3, ber.Sequence, appendMember(nil, 0, generalString, []byte(i.HintName)))
		mic = 4
	}
	if i.MechListMIC != nil {
		seq = appendMember(seq, mic, ber.OctetString, i.MechListMIC)
	}
	body := ber.AppendOID(nil, oidSPNEGO)
	body = appendMember(body, 0, ber.Sequence, seq)
	return ber.Append(dst, 0x60, body)
}

// AppendInitNTLM appends the client's first token: NTLM as the only mechanism, and its NEGOTIATE message.
func AppendInitNTLM(dst, negotiate []byte) []byte {
	return AppendInit(dst, Init{MechTypes: []string{OIDNTLM}, MechToken: negotiate})
}
