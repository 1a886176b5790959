package rdp

import (
	"errors"
	"fmt"

	"signet/internal/wire/ber"
)

// Version of CredSSP that Signet's requests state (MS-CSSP 2.2.1): servers of every release take the lower of theirs
// and ours.
const Version = 6

// MaxTSRequest bounds a TSRequest in bytes, header included: a challenge is a few hundred.
const MaxTSRequest = 64 << 10

// maxTokens bounds NegoData: SPNEGO and NTLM use one.
const maxTokens = 8

// TSRequest is a CredSSP message (MS-CSSP 2.2.1) as far as it comes before an authentication. authInfo, pubKeyAuth
// and clientNonce are skipped on reading, and cannot be written.
type TSRequest struct {
	Version int64
	// Tokens are the SPNEGO or NTLM messages of negoTokens. They point into the input.
	Tokens [][]byte
	// HasError says that the peer gave up with ErrorCode, an NTSTATUS (version 3 and later).
	HasError  bool
	ErrorCode uint32
}

// TSRequestSize returns how many bytes the TSRequest at the start of b takes in all. ErrShort means that its header
// is not complete; any other error, that this is no TSRequest, or one over MaxTSRequest.
func TSRequestSize(b []byte) (int, error) {
	if len(b) > 0 && b[0] != ber.Sequence {
		return 0, fmt.Errorf("rdp: not a TSRequest: starts with 0x%02x", b[0])
	}
	n, err := ber.Size(b)
	if errors.Is(err, ber.ErrShort) {
		return 0, ErrShort
	}
	if err != nil {
		return 0, err
	}
	if n > MaxTSRequest {
		return 0, fmt.Errorf("rdp: TSRequest of %d bytes, at most %d are read", n, MaxTSRequest)
	}
	return n, nil
}

// ParseTSRequest reads one TSRequest, and what follows it. On error every result is zero.
func ParseTSRequest(b []byte) (TSRequest, []byte, error) {
	n, err := TSRequestSize(b)
	if err != nil {
		return TSRequest{}, nil, err
	}
	if len(b) < n {
		return TSRequest{}, nil, ErrShort
	}
	body, _, err := ber.Expect(b[:n], ber.Sequence)
	if err != nil {
		return TSRequest{}, nil, inside(err)
	}
	var r TSRequest
	last := byte(0x9f)
	for len(body) > 0 {
		tag, content, after, err := ber.Read(body)
		if err != nil {
			return TSRequest{}, nil, inside(err)
		}
		// The six fields are tagged [0] to [5], in this order; the first is not optional.
		if tag <= last || tag > 0xa5 || last == 0x9f && tag != 0xa0 {
			return TSRequest{}, nil, fmt.Errorf("rdp: TSRequest with field 0x%02x after 0x%02x", tag, last)
		}
		if err := r.set(tag, content); err != nil {
			return TSRequest{}, nil, inside(err)
		}
		body, last = after, tag
	}
	if last == 0x9f {
		return TSRequest{}, nil, errors.New("rdp: empty TSRequest")
	}
	return r, b[n:], nil
}

func (r *TSRequest) set(tag byte, content []byte) error {
	switch tag {
	case 0xa0:
		v, err := onlyInt(content)
		r.Version = v
		return err
	case 0xa1:
		tokens, err := parseTokens(content)
		r.Tokens = tokens
		return err
	case 0xa4:
		v, err := onlyInt(content)
		if err != nil {
			return err
		}
		if v < -1<<31 || v > 1<<32-1 { // written with or without a sign
			return fmt.Errorf("rdp: error code %d", v)
		}
		r.HasError, r.ErrorCode = true, uint32(v)
	}
	return nil
}

// parseTokens reads NegoData: SEQUENCE OF SEQUENCE { [0] OCTET STRING }.
func parseTokens(b []byte) ([][]byte, error) {
	list, rest, err := ber.Expect(b, ber.Sequence)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errors.New("rdp: bytes after the tokens")
	}
	var tokens [][]byte
	for len(list) > 0 {
		var item []byte
		if item, list, err = ber.Expect(list, ber.Sequence); err != nil {
			return nil, err
		}
		field, rest, err := ber.Expect(item, 0xa0)
		if err != nil {
			return nil, err
		}
		token, after, err := ber.Expect(field, ber.OctetString)
		if err != nil {
			return nil, err
		}
		if len(rest) > 0 || len(after) > 0 || len(tokens) == maxTokens {
			return nil, errors.New("rdp: malformed token list")
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

func onlyInt(b []byte) (int64, error) {
	content, rest, err := ber.Expect(b, ber.Integer)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, errors.New("rdp: bytes after an integer")
	}
	return ber.Int(content)
}

// inside hides ber.ErrShort: once the outer length is satisfied, more bytes cannot help.
func inside(err error) error {
	if errors.Is(err, ber.ErrShort) {
		return errors.New("rdp: an element of the TSRequest ends past it")
	}
	return err
}

// AppendTSRequest appends r. A negative error code is written as a positive one.
func AppendTSRequest(dst []byte, r TSRequest) []byte {
	body := ber.Append(nil, 0xa0, ber.AppendInt(nil, ber.Integer, r.Version))
	if r.Tokens != nil {
		var list []byte
		for _, token := range r.Tokens {
			list = ber.Append(list, ber.Sequence, ber.Append(nil, 0xa0, ber.Append(nil, ber.OctetString, token)))
		}
		body = ber.Append(body, 0xa1, ber.Append(nil, ber.Sequence, list))
	}
	if r.HasError {
		body = ber.Append(body, 0xa4, ber.AppendInt(nil, ber.Integer, int64(r.ErrorCode)))
	}
	return ber.Append(dst, ber.Sequence, body)
}
