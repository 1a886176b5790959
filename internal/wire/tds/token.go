package tds

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Tokens that can stand in the answer to a LOGIN7 (MS-TDS 2.2.7; 3.3.5.3 says when).
const (
	tokenError         = 0xaa
	tokenInfo          = 0xab
	tokenLoginAck      = 0xad
	tokenFeatureExtAck = 0xae
	tokenEnvChange     = 0xe3
	tokenSSPI          = 0xed
	tokenDone          = 0xfd
)

// Notice is an ERROR or INFO token (MS-TDS 2.2.7.10, 2.2.7.13). Numbers identify; Text is in the server's language
// and is the server's to choose: it is never matched, and is cleaned before it is shown.
type Notice struct {
	Number int32
	State  byte
	Class  byte // severity: 10 and below inform, 11 to 25 are errors
	Text   string
	Server string // name that the server gives itself
}

// Error numbers by which a login itself is refused (SQL Server's sys.messages).
const (
	ErrLoginFailed     = 18456
	ErrUntrustedDomain = 18452
	ErrNoWindowsLogins = 40607 // Azure SQL: "Windows logins are not supported in this version of SQL Server"
)

// LoginAck is a LOGINACK token (MS-TDS 2.2.7.14).
type LoginAck struct {
	TDSVersion uint32
	Program    string
	Version    Version
}

// EnvChange is an ENVCHANGE token (MS-TDS 2.2.7.9): its type and undecoded value.
type EnvChange struct {
	Type byte
	Data []byte // points into the input
}

// Done is a DONE token (MS-TDS 2.2.7.6); the row count is dropped.
type Done struct {
	Status, Command uint16
}

// LoginAnswer is what a server's answer to LOGIN7 says, each kind of token in its order.
type LoginAnswer struct {
	SSPI   []byte // of the first SSPI token (2.2.7.22), nil when there is none; points into the input
	Errors []Notice
	Infos  []Notice
	Ack    *LoginAck
	Env    []EnvChange
	Done   *Done
}

// maxTokens bounds the number of tokens of one answer: a real one has fewer than ten.
const maxTokens = 64

// ParseLoginAnswer reads the token stream that answers LOGIN7. A token that cannot stand there, or one that does
// not fit its length, is an error: half a stream proves nothing. On error the result is zero.
func ParseLoginAnswer(b []byte) (LoginAnswer, error) {
	var a LoginAnswer
	if len(b) == 0 {
		return a, errors.New("tds: empty login answer")
	}
	for n := 0; len(b) > 0; n++ {
		if n == maxTokens {
			return LoginAnswer{}, fmt.Errorf("tds: login answer of more than %d tokens", maxTokens)
		}
		rest, err := a.read(b)
		if err != nil {
			return LoginAnswer{}, err
		}
		b = rest
	}
	return a, nil
}

// read takes the first token of b, which is not empty, and returns what follows it.
func (a *LoginAnswer) read(b []byte) ([]byte, error) {
	token := b[0]
	switch token {
	case tokenDone:
		return a.readDone(b[1:])
	case tokenError, tokenInfo, tokenLoginAck, tokenEnvChange, tokenSSPI:
	case tokenFeatureExtAck:
		// Ends the part that matters: it answers a FeatureExt that Signet never sends (2.2.7.11).
		return nil, errors.New("tds: feature acknowledgement that was not asked for")
	default:
		return nil, fmt.Errorf("tds: token 0x%02x in a login answer", token)
	}
	if len(b) < 3 {
		return nil, fmt.Errorf("tds: token 0x%02x ends inside its length", token)
	}
	n := int(binary.LittleEndian.Uint16(b[1:]))
	if n > len(b)-3 {
		return nil, fmt.Errorf("tds: token 0x%02x of %d bytes where %d are left", token, n, len(b)-3)
	}
	body, rest := b[3:3+n:3+n], b[3+n:]
	switch token {
	case tokenError, tokenInfo:
		notice, err := parseNotice(body)
		if err != nil {
			return nil, err
		}
		if token == tokenError {
			a.Errors = append(a.Errors, notice)
		} else {
			a.Infos = append(a.Infos, notice)
		}
	case tokenLoginAck:
		ack, err := parseLoginAck(body)
		if err != nil {
			return nil, err
		}
		a.Ack = &ack
	case tokenEnvChange:
		if n == 0 {
			return nil, errors.New("tds: empty environment change")
		}
		a.Env = append(a.Env, EnvChange{Type: body[0], Data: body[1:]})
	case tokenSSPI:
		if a.SSPI == nil {
			a.SSPI = body
		}
	}
	return rest, nil
}

// readDone takes the body of a DONE token: its row count has 4 bytes up to TDS 7.1 and 8 from 7.2 on, and in a
// login answer it is the last token, which tells the two apart.
func (a *LoginAnswer) readDone(b []byte) ([]byte, error) {
	if len(b) != 8 && len(b) != 12 {
		return nil, fmt.Errorf("tds: done token with %d bytes to the end, want 8 or 12", len(b))
	}
	a.Done = &Done{Status: binary.LittleEndian.Uint16(b), Command: binary.LittleEndian.Uint16(b[2:])}
	return nil, nil
}

func parseNotice(b []byte) (Notice, error) {
	if len(b) < 8 {
		return Notice{}, fmt.Errorf("tds: error token of %d bytes", len(b))
	}
	n := Notice{Number: int32(binary.LittleEndian.Uint32(b)), State: b[4], Class: b[5]}
	text, rest, err := cutText(b[8:], int(binary.LittleEndian.Uint16(b[6:])))
	if err != nil {
		return Notice{}, err
	}
	n.Text = text
	if len(rest) == 0 {
		return Notice{}, errors.New("tds: error token ends before its server name")
	}
	if n.Server, _, err = cutText(rest[1:], int(rest[0])); err != nil {
		return Notice{}, err
	}
	return n, nil
}

func parseLoginAck(b []byte) (LoginAck, error) {
	if len(b) < 6 {
		return LoginAck{}, fmt.Errorf("tds: loginack of %d bytes", len(b))
	}
	// Big-endian here, little-endian in LOGIN7: the same constants read the same in both.
	a := LoginAck{TDSVersion: binary.BigEndian.Uint32(b[1:])}
	program, rest, err := cutText(b[6:], int(b[5]))
	if err != nil {
		return LoginAck{}, err
	}
	if len(rest) < 4 {
		return LoginAck{}, errors.New("tds: loginack ends before its version")
	}
	a.Program = strings.TrimRight(program, "\x00") // SQL Server 2000 pads it
	a.Version = Version{Major: rest[0], Minor: rest[1], Build: binary.BigEndian.Uint16(rest[2:])}
	return a, nil
}

// cutText decodes n UTF-16 units at the start of b.
func cutText(b []byte, n int) (string, []byte, error) {
	if 2*n > len(b) {
		return "", nil, fmt.Errorf("tds: text of %d characters in %d bytes", n, len(b))
	}
	return decodeUTF16(b[:2*n]), b[2*n:], nil
}
