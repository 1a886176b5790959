package ldap

import (
	"fmt"

	"signet/internal/wire/ber"
)

// AuthChoice is the identifier octet of an AuthenticationChoice.
type AuthChoice byte

// The choices of RFC 4511 §4.2. Captures show others: the Sicily ones of [MS-ADTS] §5.1.1.1.3, which are never sent.
const (
	AuthSimple AuthChoice = tagSimple
	AuthSASL   AuthChoice = tagSASL
)

// BindRequest is what a client asked for, as a capture shows it. For AuthSASL, Credentials is the token (nil when left
// out); for AuthSimple it is the password, which a caller must not keep. It points into the input.
type BindRequest struct {
	Version     int32
	Name        string
	Auth        AuthChoice
	Mechanism   string
	Credentials []byte
}

// ParseBindRequest reads a bind request out of m. On error the result is zero.
func ParseBindRequest(m Message) (BindRequest, error) {
	r, err := bindRequest(m)
	if err != nil {
		return BindRequest{}, fmt.Errorf("ldap: bind request: %w", whole(err))
	}
	return r, nil
}

func bindRequest(m Message) (r BindRequest, err error) {
	if m.Op != OpBindRequest {
		return r, fmt.Errorf("operation 0x%02x", byte(m.Op))
	}
	b := m.Body
	if r.Version, b, err = readInt(b, ber.Integer); err != nil {
		return r, err
	}
	name, b, err := ber.Expect(b, ber.OctetString)
	if err != nil {
		return r, err
	}
	r.Name = string(name)
	tag, auth, rest, err := ber.Read(b)
	if err != nil {
		return r, err
	}
	if len(rest) != 0 {
		return r, fmt.Errorf("%d bytes after the authentication", len(rest))
	}
	r.Auth = AuthChoice(tag)
	if r.Auth != AuthSASL {
		r.Credentials = auth
		return r, nil
	}
	mechanism, auth, err := ber.Expect(auth, ber.OctetString)
	if err != nil {
		return r, err
	}
	r.Mechanism = string(mechanism)
	if len(auth) == 0 {
		return r, nil
	}
	if r.Credentials, rest, err = ber.Expect(auth, ber.OctetString); err != nil {
		return r, err
	}
	if len(rest) != 0 {
		return r, fmt.Errorf("%d bytes after the credentials", len(rest))
	}
	return r, nil
}
