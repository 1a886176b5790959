package ldap

import (
	"fmt"

	"signet/internal/wire/ber"
)

const (
	tagSASLCreds     = 0x87
	tagResponseName  = 0x8a
	tagResponseValue = 0x8b
)

// Result is an LDAPResult (RFC 4511 §4.1.9) without its referrals. MatchedDN is raw, because Sicily carries an NTLM
// challenge in it ([MS-ADTS] §5.1.1.1.3). Both fields are the peer's bytes: clean them before showing them.
type Result struct {
	Code       ResultCode
	MatchedDN  []byte
	Diagnostic string
}

// BindResponse is the answer to a bind (RFC 4511 §4.2.2). SASLCreds is the peer's token, nil when it sent none, and
// points into the input.
type BindResponse struct {
	Result
	SASLCreds []byte
}

// ExtendedResponse is the answer to an extended request (RFC 4511 §4.12), or an unsolicited notice.
type ExtendedResponse struct {
	Result
	Name  string
	Value []byte
}

// ParseBindResponse reads a bind response out of m. On error the result is zero.
func ParseBindResponse(m Message) (BindResponse, error) {
	res, rest, err := result(m, OpBindResponse)
	if err != nil {
		return BindResponse{}, fmt.Errorf("ldap: bind response: %w", whole(err))
	}
	r := BindResponse{Result: res}
	for len(rest) > 0 {
		tag, content, tail, err := ber.Read(rest)
		if err != nil {
			return BindResponse{}, fmt.Errorf("ldap: bind response: %w", whole(err))
		}
		if tag == tagSASLCreds {
			r.SASLCreds = content
		}
		rest = tail // referrals, and what a later version may add, are passed over (RFC 4511 §4)
	}
	return r, nil
}

// ParseExtendedResponse reads an extended response out of m. On error the result is zero.
func ParseExtendedResponse(m Message) (ExtendedResponse, error) {
	res, rest, err := result(m, OpExtendedResponse)
	if err != nil {
		return ExtendedResponse{}, fmt.Errorf("ldap: extended response: %w", whole(err))
	}
	r := ExtendedResponse{Result: res}
	for len(rest) > 0 {
		tag, content, tail, err := ber.Read(rest)
		if err != nil {
			return ExtendedResponse{}, fmt.Errorf("ldap: extended response: %w", whole(err))
		}
		switch tag {
		case tagResponseName:
			r.Name = string(content)
		case tagResponseValue:
			r.Value = content
		}
		rest = tail
	}
	return r, nil
}

// ParseSearchDone reads the end of a search out of m. On error the result is zero.
func ParseSearchDone(m Message) (Result, error) {
	res, _, err := result(m, OpSearchResultDone)
	if err != nil {
		return Result{}, fmt.Errorf("ldap: search result: %w", whole(err))
	}
	return res, nil
}

// result reads the three components that every LDAPResult starts with; referrals stay in rest.
func result(m Message, want Op) (r Result, rest []byte, err error) {
	if m.Op != want {
		return Result{}, nil, fmt.Errorf("operation 0x%02x, want 0x%02x", byte(m.Op), byte(want))
	}
	code, rest, err := readInt(m.Body, ber.Enumerated)
	if err != nil {
		return Result{}, nil, err
	}
	matched, rest, err := ber.Expect(rest, ber.OctetString)
	if err != nil {
		return Result{}, nil, err
	}
	text, rest, err := ber.Expect(rest, ber.OctetString)
	if err != nil {
		return Result{}, nil, err
	}
	return Result{Code: ResultCode(code), MatchedDN: matched, Diagnostic: string(text)}, rest, nil
}

// AppendBindResponse appends a bind response: for fakes and round-trip tests.
func AppendBindResponse(dst []byte, id int32, r BindResponse) []byte {
	b := appendResult(nil, r.Result)
	if r.SASLCreds != nil {
		b = ber.Append(b, tagSASLCreds, r.SASLCreds)
	}
	return AppendMessage(dst, Message{ID: id, Op: OpBindResponse, Body: b})
}

// AppendExtendedResponse appends an extended response: for fakes and round-trip tests.
func AppendExtendedResponse(dst []byte, id int32, r ExtendedResponse) []byte {
	b := appendResult(nil, r.Result)
	if r.Name != "" {
		b = ber.Append(b, tagResponseName, []byte(r.Name))
	}
	if r.Value != nil {
		b = ber.Append(b, tagResponseValue, r.Value)
	}
	return AppendMessage(dst, Message{ID: id, Op: OpExtendedResponse, Body: b})
}

// AppendSearchDone appends the end of a search: for fakes and round-trip tests.
func AppendSearchDone(dst []byte, id int32, r Result) []byte {
	return AppendMessage(dst, Message{ID: id, Op: OpSearchResultDone, Body: appendResult(nil, r)})
}

func appendResult(dst []byte, r Result) []byte {
	dst = ber.AppendInt(dst, ber.Enumerated, int64(r.Code))
	dst = ber.Append(dst, ber.OctetString, r.MatchedDN)
	return ber.Append(dst, ber.OctetString, []byte(r.Diagnostic))
}
