package spnego

import (
	"fmt"

	"signet/internal/wire/ber"
)

// State is the negState of a NegTokenResp. The zero value stands for an absent one.
type State uint8

// The states of RFC 4178 §4.2.2.
const (
	StateAbsent State = iota
	AcceptCompleted
	AcceptIncomplete
	Reject
	RequestMIC
)

// String names the state as the RFC does.
func (s State) String() string {
	switch s {
	case AcceptCompleted:
		return "accept-completed"
	case AcceptIncomplete:
		return "accept-incomplete"
	case Reject:
		return "reject"
	case RequestMIC:
		return "request-mic"
	}
	return "absent"
}

// Resp is a NegTokenResp (RFC 4178 §4.2.2). SupportedMech is in dotted form, empty if absent; the byte slices
// point into what was parsed and are nil if absent.
type Resp struct {
	State         State
	SupportedMech string
	ResponseToken []byte
	MechListMIC   []byte
}

// ParseResp reads the NegTokenResp that b starts with. What follows the token is not looked at. On error the
// result is zero.
func ParseResp(b []byte) (Resp, error) {
	content, _, err := ber.Expect(b, 0xa1)
	if err != nil {
		return Resp{}, err
	}
	f, err := readFields(content)
	if err != nil {
		return Resp{}, err
	}
	var r Resp
	if r.State, err = readState(f[0]); err != nil {
		return Resp{}, err
	}
	if f[1] != nil {
		oid, err := only(f[1], ber.OID)
		if err != nil {
			return Resp{}, err
		}
		if r.SupportedMech, err = ber.OIDString(oid); err != nil {
			return Resp{}, err
		}
	}
	if r.ResponseToken, err = octets(f[2]); err != nil {
		return Resp{}, err
	}
	if r.MechListMIC, err = octets(f[3]); err != nil {
		return Resp{}, err
	}
	return r, nil
}

func readState(b []byte) (State, error) {
	if b == nil {
		return StateAbsent, nil
	}
	content, err := only(b, ber.Enumerated)
	if err != nil {
		return 0, err
	}
	v, err := ber.Int(content)
	if err != nil {
		return 0, err
	}
	if v < 0 || v > 3 {
		return 0, fmt.Errorf("spnego: state %d", v)
	}
	return State(v) + 1, nil
}

// AppendResp appends the client's further token: a NegTokenResp with nothing but the mechanism's own token.
func AppendResp(dst, token []byte) []byte { return Resp{ResponseToken: token}.Append(dst) }

// Append appends r, leaving out what is absent.
func (r Resp) Append(dst []byte) []byte {
	var seq []byte
	if r.State != StateAbsent {
		seq = appendMember(seq, 0, ber.Enumerated, []byte{byte(r.State) - 1})
	}
	if r.SupportedMech != "" {
		seq = ber.Append(seq, 0xa1, ber.AppendOID(nil, r.SupportedMech))
	}
	if r.ResponseToken != nil {
		seq = appendMember(seq, 2, ber.OctetString, r.ResponseToken)
	}
	if r.MechListMIC != nil {
		seq = appendMember(seq, 3, ber.OctetString, r.MechListMIC)
	}
	return appendMember(dst, 1, ber.Sequence, seq)
}
