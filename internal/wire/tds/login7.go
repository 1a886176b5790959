package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

// TDS versions as LOGIN7 and LOGINACK carry them (MS-TDS 2.2.6.4 and 2.2.7.14), newest rules first.
const (
	TDS74 = 0x74000004 // SQL Server 2012 and later
	TDS73 = 0x730b0003 // 2008 R2; 2008 knows 0x730a0003
	TDS72 = 0x72090002 // 2005
	TDS71 = 0x71000001 // 2000 SP1
)

// VersionFor returns the newest TDS version that a server of release v speaks, so that a login is never refused
// for its version.
func VersionFor(v Version) uint32 {
	switch {
	case v.Major >= 11:
		return TDS74
	case v.Major == 10 && v.Minor >= 50:
		return TDS73
	case v.Major == 10:
		return 0x730a0003
	case v.Major == 9:
		return TDS72
	}
	return TDS71
}

// Login7 is a login that asks for integrated security (MS-TDS 2.2.6.4): the account is whatever Token says, and
// there is no field for a user name or a password, on purpose.
type Login7 struct {
	TDSVersion uint32
	HostName   string // of the client
	AppName    string
	ServerName string
	Token      []byte // fIntSecurity token: SPNEGO or a raw NTLM message, under 64 KiB
}

const (
	loginFixed72 = 94 // offset/length table as of TDS 7.2
	loginFixed71 = 86 // without ibChangePassword and cbSSPILong

	tokenElsewhere = 0xffff // as cbSSPI: the length is in cbSSPILong

	optionFlags1 = 0xe0 // fUseDB, fDatabase, fSetLang: as in the example of MS-TDS 4.2
	optionFlags2 = 0x80 // fIntSecurity
)

// AppendLogin7 appends the payload of a LOGIN7 message: no packet header. Text over 128 characters is cut there,
// the limit of 2.2.6.4; a token of 65535 bytes or more is dropped, since its length field has 16 bits.
func AppendLogin7(dst []byte, l Login7) []byte {
	fixed := loginFixed72
	if l.TDSVersion < TDS72 {
		fixed = loginFixed71
	}
	token := l.Token
	if len(token) >= tokenElsewhere {
		token = nil
	}
	host, app, server := utf16le(l.HostName), utf16le(l.AppName), utf16le(l.ServerName)
	library := utf16le("ODBC")

	b := make([]byte, fixed, fixed+len(host)+len(app)+len(server)+len(library)+len(token))
	binary.LittleEndian.PutUint32(b[4:], l.TDSVersion)
	binary.LittleEndian.PutUint32(b[8:], DefaultPacketSize)
	b[24], b[25] = optionFlags1, optionFlags2
	field := func(at int, text []byte) {
		binary.LittleEndian.PutUint16(b[at:], uint16(len(b)))
		binary.LittleEndian.PutUint16(b[at+2:], uint16(len(text)/2))
		b = append(b, text...)
	}
	field(36, host)
	field(40, nil) // user name
	field(44, nil) // password
	field(48, app)
	field(52, server)
	field(56, nil) // extension
	field(60, library)
	field(64, nil) // language
	field(68, nil) // database
	field(82, nil) // AttachDBFile
	if fixed == loginFixed72 {
		field(86, nil) // new password
	}
	binary.LittleEndian.PutUint16(b[78:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[80:], uint16(len(token))) // bytes, unlike the fields above
	b = append(b, token...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return append(dst, b...)
}

// ParseLogin7 reads back what AppendLogin7 wrote, and as much of a foreign LOGIN7. A capture and the fake server of
// the tests need it. A login without fIntSecurity is read too and has no Token; passwords are never read.
func ParseLogin7(b []byte) (Login7, error) {
	if len(b) < loginFixed71 {
		return Login7{}, fmt.Errorf("tds: login7 of %d bytes, want at least %d", len(b), loginFixed71)
	}
	if n := binary.LittleEndian.Uint32(b); uint64(n) != uint64(len(b)) {
		return Login7{}, fmt.Errorf("tds: login7 of %d bytes says %d", len(b), n)
	}
	l := Login7{TDSVersion: binary.LittleEndian.Uint32(b[4:])}
	var err error
	text := func(at int) string {
		off, n := int(binary.LittleEndian.Uint16(b[at:])), 2*int(binary.LittleEndian.Uint16(b[at+2:]))
		if n == 0 {
			return ""
		}
		if n > 256 || off+n > len(b) {
			err = fmt.Errorf("tds: login7 field at %d+%d of %d bytes", off, n, len(b))
			return ""
		}
		return decodeUTF16(b[off : off+n])
	}
	l.HostName, l.AppName, l.ServerName = text(36), text(48), text(52)
	if err != nil {
		return Login7{}, err
	}
	if b[25]&optionFlags2 == 0 {
		return l, nil
	}
	off, n := int(binary.LittleEndian.Uint16(b[78:])), int(binary.LittleEndian.Uint16(b[80:]))
	if n == tokenElsewhere {
		return Login7{}, errors.New("tds: login7 with a token of 64 KiB or more")
	}
	if n > 0 {
		if off+n > len(b) {
			return Login7{}, fmt.Errorf("tds: login7 token at %d+%d of %d bytes", off, n, len(b))
		}
		l.Token = b[off : off+n : off+n]
	}
	return l, nil
}

// utf16le encodes at most 128 UTF-16 units of s.
func utf16le(s string) []byte {
	units := utf16.Encode([]rune(s))
	units = units[:min(len(units), 128)]
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func decodeUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
