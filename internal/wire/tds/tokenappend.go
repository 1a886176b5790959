package tds

import (
	"encoding/binary"
	"unicode/utf16"
)

// AppendLoginAnswer appends the token stream of a, tokens of one kind together: environment changes, infos, errors,
// acknowledgement, SSPI, DONE with a row count of 8 bytes (TDS 7.2 and later). Text is cut at what its length field
// can hold. No client sends this: the fake servers of the tests do, and the fuzz target's property.
func AppendLoginAnswer(dst []byte, a LoginAnswer) []byte {
	for _, e := range a.Env {
		dst = appendToken(dst, tokenEnvChange, append([]byte{e.Type}, e.Data...))
	}
	for _, n := range a.Infos {
		dst = appendToken(dst, tokenInfo, appendNotice(nil, n))
	}
	for _, n := range a.Errors {
		dst = appendToken(dst, tokenError, appendNotice(nil, n))
	}
	if a.Ack != nil {
		body := binary.BigEndian.AppendUint32([]byte{1}, a.Ack.TDSVersion) // 1: SQL_TSQL
		body = appendB(body, a.Ack.Program)
		body = append(body, a.Ack.Version.Major, a.Ack.Version.Minor)
		body = binary.BigEndian.AppendUint16(body, a.Ack.Version.Build)
		dst = appendToken(dst, tokenLoginAck, body)
	}
	if a.SSPI != nil {
		dst = appendToken(dst, tokenSSPI, a.SSPI)
	}
	if a.Done != nil {
		dst = append(dst, tokenDone)
		dst = binary.LittleEndian.AppendUint16(dst, a.Done.Status)
		dst = binary.LittleEndian.AppendUint16(dst, a.Done.Command)
		dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	return dst
}

func appendToken(dst []byte, token byte, body []byte) []byte {
	body = body[:min(len(body), 0xffff)]
	dst = append(dst, token)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(body)))
	return append(dst, body...)
}

func appendNotice(dst []byte, n Notice) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(n.Number))
	dst = append(dst, n.State, n.Class)
	units := utf16.Encode([]rune(n.Text))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(units)))
	dst = appendUnits(dst, units)
	dst = appendB(dst, n.Server)
	dst = append(dst, 0)           // procedure name
	return append(dst, 1, 0, 0, 0) // line
}

// appendB appends a B_VARCHAR.
func appendB(dst []byte, s string) []byte {
	units := utf16.Encode([]rune(s))
	units = units[:min(len(units), 0xff)]
	return appendUnits(append(dst, byte(len(units))), units)
}

func appendUnits(dst []byte, units []uint16) []byte {
	for _, u := range units {
		dst = binary.LittleEndian.AppendUint16(dst, u)
	}
	return dst
}
