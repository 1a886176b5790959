package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// Encryption is the ENCRYPTION option of PRELOGIN (MS-TDS 2.2.6.5). Its values are wire values: 0 means "off",
// not "unknown", so it is read only together with Prelogin.HasEncryption.
type Encryption byte

// Values of Encryption.
const (
	EncryptOff          Encryption = 0x00 // only the login packet travels in TLS
	EncryptOn           Encryption = 0x01
	EncryptNotSupported Encryption = 0x02 // no TLS at all
	EncryptRequired     Encryption = 0x03 // the server forces encryption
)

// String returns the word of MS-TDS for e.
func (e Encryption) String() string {
	switch e {
	case EncryptOff:
		return "ENCRYPT_OFF"
	case EncryptOn:
		return "ENCRYPT_ON"
	case EncryptNotSupported:
		return "ENCRYPT_NOT_SUP"
	case EncryptRequired:
		return "ENCRYPT_REQ"
	}
	return "0x" + strconv.FormatUint(uint64(e), 16)
}

// Option tokens of PRELOGIN (MS-TDS 2.2.6.5).
const (
	optVersion    = 0x00
	optEncryption = 0x01
	optInstance   = 0x02
	optThreadID   = 0x03
	optMARS       = 0x04
	optFedAuth    = 0x06
	optTerminator = 0xff
)

// Version is a server's version: 16.0.1000 is SQL Server 2022 RTM.
type Version struct {
	Major, Minor byte
	Build        uint16
	SubBuild     uint16
}

// String returns major.minor.build, as SQL Server prints it.
func (v Version) String() string {
	return strconv.Itoa(int(v.Major)) + "." + strconv.Itoa(int(v.Minor)) + "." + strconv.Itoa(int(v.Build))
}

// Product returns the marketing name of the release that v.Major belongs to, "" when it is not known. Azure SQL
// Database reports 12 too, and the name is a hint, not a fact.
func (v Version) Product() string {
	switch v.Major {
	case 8:
		return "SQL Server 2000"
	case 9:
		return "SQL Server 2005"
	case 10:
		if v.Minor >= 50 {
			return "SQL Server 2008 R2"
		}
		return "SQL Server 2008"
	case 11:
		return "SQL Server 2012"
	case 12:
		return "SQL Server 2014"
	case 13:
		return "SQL Server 2016"
	case 14:
		return "SQL Server 2017"
	case 15:
		return "SQL Server 2019"
	case 16:
		return "SQL Server 2022"
	case 17:
		return "SQL Server 2025"
	}
	return ""
}

// Prelogin is what Signet reads of a PRELOGIN structure (MS-TDS 2.2.6.5). Options it does not read are dropped.
type Prelogin struct {
	Version       Version
	HasEncryption bool // the option was there; without it Encryption says nothing
	Encryption    Encryption
	Instance      []byte // INSTOPT as sent; in an answer a single byte: 0 matches, 1 does not
	ThreadID      []byte // 0 or 4 bytes
	HasMARS, MARS bool
	HasFedAuth    bool
	FedAuth       byte // FEDAUTHREQUIRED: 1 asks for federated authentication
}

// maxOptions is above the eight options that MS-TDS knows; it bounds a table that never ends.
const maxOptions = 32

// ParsePrelogin reads the payload of a PRELOGIN message or of its answer. The table's offsets count from the start
// of the payload. VERSION must come first, as 2.2.6.5 demands: that is what tells a TDS server from an echo.
func ParsePrelogin(b []byte) (Prelogin, error) {
	var p Prelogin
	for i := 0; ; i++ {
		at := i * 5
		if at >= len(b) {
			return Prelogin{}, errors.New("tds: prelogin without a terminator")
		}
		if b[at] == optTerminator {
			if i == 0 {
				return Prelogin{}, errors.New("tds: prelogin without options")
			}
			return p, nil
		}
		if i == maxOptions {
			return Prelogin{}, fmt.Errorf("tds: prelogin of more than %d options", maxOptions)
		}
		if len(b)-at < 5 {
			return Prelogin{}, errors.New("tds: prelogin ends inside its option table")
		}
		off, n := int(binary.BigEndian.Uint16(b[at+1:])), int(binary.BigEndian.Uint16(b[at+3:]))
		if n > 0 && off+n > len(b) {
			return Prelogin{}, fmt.Errorf("tds: prelogin option 0x%02x at %d+%d of %d bytes", b[at], off, n, len(b))
		}
		if (i == 0) != (b[at] == optVersion) {
			return Prelogin{}, errors.New("tds: prelogin whose first option is not its only VERSION")
		}
		var data []byte
		if n > 0 {
			data = b[off : off+n : off+n]
		}
		if err := p.set(b[at], data); err != nil {
			return Prelogin{}, err
		}
	}
}

func (p *Prelogin) set(option byte, data []byte) error {
	bad := func() error {
		return fmt.Errorf("tds: prelogin option 0x%02x of %d bytes", option, len(data))
	}
	switch option {
	case optVersion:
		if len(data) != 6 {
			return bad()
		}
		p.Version = Version{
			Major: data[0], Minor: data[1],
			Build: binary.BigEndian.Uint16(data[2:]), SubBuild: binary.BigEndian.Uint16(data[4:]),
		}
	case optEncryption:
		if len(data) != 1 {
			return bad()
		}
		p.HasEncryption, p.Encryption = true, Encryption(data[0])
	case optInstance:
		p.Instance = data
	case optThreadID:
		if len(data) != 0 && len(data) != 4 {
			return bad()
		}
		p.ThreadID = data
	case optMARS:
		if len(data) > 1 {
			return bad()
		}
		p.HasMARS, p.MARS = true, len(data) == 1 && data[0] != 0
	case optFedAuth:
		if len(data) != 1 {
			return bad()
		}
		p.HasFedAuth, p.FedAuth = true, data[0]
	}
	return nil
}

// AppendPrelogin appends the payload of a PRELOGIN structure: no packet header.
func AppendPrelogin(dst []byte, p Prelogin) []byte {
	type option struct {
		token byte
		data  []byte
	}
	version := binary.BigEndian.AppendUint16([]byte{p.Version.Major, p.Version.Minor}, p.Version.Build)
	options := []option{{optVersion, binary.BigEndian.AppendUint16(version, p.Version.SubBuild)}}
	if p.HasEncryption {
		options = append(options, option{optEncryption, []byte{byte(p.Encryption)}})
	}
	options = append(options, option{optInstance, p.Instance}, option{optThreadID, p.ThreadID})
	if p.HasMARS {
		mars := []byte{0}
		if p.MARS {
			mars[0] = 1
		}
		options = append(options, option{optMARS, mars})
	}
	if p.HasFedAuth {
		options = append(options, option{optFedAuth, []byte{p.FedAuth}})
	}
	off := len(options)*5 + 1
	for _, o := range options {
		dst = append(dst, o.token)
		dst = binary.BigEndian.AppendUint16(dst, uint16(off))
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(o.data)))
		off += len(o.data)
	}
	dst = append(dst, optTerminator)
	for _, o := range options {
		dst = append(dst, o.data...)
	}
	return dst
}

// AppendPreloginRequest appends a whole PRELOGIN packet of 47 bytes: a client of version 8.0.341, which servers of
// every release accept, no instance name, no MARS. The encryption byte matters: only EncryptOff lets the answer
// tell a server that forces encryption from one that does not.
func AppendPreloginRequest(dst []byte, e Encryption) []byte {
	payload := AppendPrelogin(nil, Prelogin{
		Version: Version{Major: 8, Build: 341}, HasEncryption: true, Encryption: e,
		Instance: []byte{0}, ThreadID: []byte{0, 0, 0, 0}, HasMARS: true,
	})
	return AppendMessage(dst, TypePrelogin, payload, DefaultPacketSize)
}
