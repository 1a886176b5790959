package smb

import (
	"encoding/binary"
	"strings"

	"signet/internal/check"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
)

// request is a client's NEGOTIATE.
type request struct {
	known     bool
	smb1      []string // dialects of an SMB 1 request
	smb2      []uint16 // dialects of an SMB 2 request
	signing   uint16
	legacy    bool // it came in SMB 1
	offers1   bool // and names dialects of SMB 1
	offers202 bool
	offers2   bool // and the wildcard of SMB 2
}

// requests reads the negotiates of a client, in order.
func requests(stream []byte) []request {
	var out []request
	for msg := range messages(stream) {
		if len(out) == 8 {
			break
		}
		if h, err := smb2.ParseHeader(msg); err == nil {
			if h.Command != smb2.CommandNegotiate || h.Response() {
				break
			}
			out = append(out, request2(msg[smb2.HeaderSize:]))
			continue
		}
		h, err := smb1.ParseHeader(msg)
		if err != nil || h.Response() || h.Command != smb1.CommandNegotiate {
			break
		}
		out = append(out, request1(msg[smb1.HeaderSize:]))
	}
	return out
}

// request2 reads the body of an SMB 2 NEGOTIATE ([MS-SMB2] 2.2.3).
func request2(b []byte) request {
	if len(b) < 36 {
		return request{}
	}
	r := request{known: true, signing: binary.LittleEndian.Uint16(b[4:])}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	if len(b) < 36+2*n {
		return request{}
	}
	for i := range n {
		r.smb2 = append(r.smb2, binary.LittleEndian.Uint16(b[36+2*i:]))
	}
	return r
}

// request1 reads the body of an SMB 1 NEGOTIATE ([MS-CIFS] 2.2.4.52.1).
func request1(b []byte) request {
	if len(b) < 3 || b[0] != 0 {
		return request{}
	}
	n := int(binary.LittleEndian.Uint16(b[1:]))
	if len(b) < 3+n {
		return request{}
	}
	r := request{known: true, legacy: true}
	for d := range strings.SplitSeq(string(b[3:3+n]), "\x00") {
		d, ok := strings.CutPrefix(d, "\x02")
		switch {
		case !ok:
		case d == "SMB 2.002":
			r.offers202 = true
		case d == "SMB 2.???":
			r.offers2 = true
		default:
			r.offers1 = true
			r.smb1 = append(r.smb1, d)
		}
	}
	return r
}

// clients reads who logs on, and what its client can do.
func clients(h *check.Overheard) []check.Client {
	var shape check.Client
	for _, r := range requests(h.FromClient) {
		switch {
		case !r.known || !h.ClientWhole:
		case r.legacy && r.offers1 && !r.offers2 && !r.offers202:
			shape.SMB1 = "only"
		case r.legacy && r.offers1:
			shape.SMB1 = "offered"
		case len(r.smb2) > 0:
			shape.Signing = "none"
			if r.signing&smb2.SigningRequired != 0 {
				shape.Signing = "required"
			} else if r.signing&smb2.SigningEnabled != 0 {
				shape.Signing = "enabled"
			}
		}
	}
	list := check.Authentications(h.FromClient)
	for i := range list {
		list[i].Signing, list[i].SMB1 = shape.Signing, shape.SMB1
	}
	if len(list) == 0 && (shape.SMB1 == "only" || shape.Signing == "none") {
		return []check.Client{shape}
	}
	return list
}
