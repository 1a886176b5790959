package dcerpc

import (
	"encoding/binary"
	"fmt"
)

// epm is the endpoint mapper's interface, version 3.0 (C706 appendix O).
func epm() UUID {
	return UUID{0xe1, 0xaf, 0x83, 0x08, 0x5d, 0x1f, 0x11, 0xc9, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}
}

// ndr is the transfer syntax of 32-bit NDR, version 2.0 (C706 appendix I).
func ndr() UUID {
	return UUID{0x8a, 0x88, 0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}
}

// AppendBind appends the bind to the endpoint mapper with 32-bit NDR: 72 octets, no authentication.
func AppendBind(dst []byte, callID uint32) []byte {
	var body []byte
	body = binary.LittleEndian.AppendUint16(body, maxFragment) // longest fragment sent
	body = binary.LittleEndian.AppendUint16(body, maxFragment) // longest fragment received
	body = binary.LittleEndian.AppendUint32(body, 0)           // no association group yet
	body = append(body, 1, 0, 0, 0)                            // one context
	body = append(body, 0, 0, 1, 0)                            // its id 0, one transfer syntax
	body = binary.LittleEndian.AppendUint32(appendUUID(body, epm()), 3)
	body = binary.LittleEndian.AppendUint32(appendUUID(body, ndr()), 2)
	return AppendPDU(dst, PDU{Type: Bind, Flags: FirstFragment | LastFragment, CallID: callID, Body: body})
}

// Ack is what a bind_ack says (C706 §12.6.4.4). Result is of the first context, 0 for acceptance.
type Ack struct {
	MaxSend   uint16 // longest fragment the server sends
	MaxRecv   uint16 // longest fragment it receives
	Secondary string // its secondary address: a port or a pipe
	Result    uint16 // 0 acceptance, 1 user rejection, 2 provider rejection
	Reason    uint16
}

// ParseBindAck reads the body of a bind_ack. On error the result is zero.
func ParseBindAck(p PDU) (Ack, error) {
	b := p.Body
	if p.Type != BindAck || len(b) < 10 {
		return Ack{}, fmt.Errorf("dcerpc: bind_ack of type %d and %d octets", p.Type, len(b))
	}
	a := Ack{MaxSend: p.Order.Uint16(b), MaxRecv: p.Order.Uint16(b[2:])}
	n := int(p.Order.Uint16(b[8:]))
	// The result list starts at the next multiple of four of the PDU, whose header is a multiple of four itself.
	results := (10 + n + 3) &^ 3
	if len(b) < results+4 {
		return Ack{}, fmt.Errorf("dcerpc: bind_ack of %d octets with a secondary address of %d", len(b), n)
	}
	if n > 0 {
		a.Secondary = printable(b[10 : 10+n])
	}
	if b[results] == 0 || len(b) < results+4+24 {
		return Ack{}, fmt.Errorf("dcerpc: bind_ack with %d results in %d octets", b[results], len(b))
	}
	a.Result, a.Reason = p.Order.Uint16(b[results+4:]), p.Order.Uint16(b[results+6:])
	return a, nil
}

// ParseBindNak reads the reason of a bind_nak (C706 §12.6.4.5): 0 not specified, 1 temporary congestion, 2 local
// limit exceeded, 4 protocol version not supported, 8 authentication type not recognized. On error it is zero.
func ParseBindNak(p PDU) (reason uint16, err error) {
	if p.Type != BindNak || len(p.Body) < 2 {
		return 0, fmt.Errorf("dcerpc: bind_nak of type %d and %d octets", p.Type, len(p.Body))
	}
	return p.Order.Uint16(p.Body), nil
}

// Fault statuses that a mapper may give (C706 appendix E; the small ones are Win32 codes, [MS-ERREF] §2.2).
const (
	FaultAccessDenied = 0x00000005
	FaultOpRange      = 0x1c010002
	FaultUnknownIf    = 0x1c010003
)

// ParseFault reads the status of a fault (C706 §12.6.4.7). On error it is zero.
func ParseFault(p PDU) (status uint32, err error) {
	if p.Type != Fault || len(p.Body) < 12 {
		return 0, fmt.Errorf("dcerpc: fault of type %d and %d octets", p.Type, len(p.Body))
	}
	return p.Order.Uint32(p.Body[8:]), nil
}

// printable turns octets of a peer into text: up to the first NUL, anything but printable ASCII replaced.
func printable(b []byte) string {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		if c == 0 {
			break
		}
		if c < 0x20 || c > 0x7e {
			c = '?'
		}
		out = append(out, c)
	}
	return string(out)
}

// Context is a presentation context that a client offers (C706 §12.6.3.1, p_cont_elem_t).
type Context struct {
	ID        uint16
	Interface UUID
	NDR       bool // 32-bit NDR is the one transfer syntax that it offers
}

// Mapper tells whether the context is of the endpoint mapper.
func (c Context) Mapper() bool { return c.Interface == epm() }

// ParseBind reads the presentation contexts of a bind or an alter_context. On error there are none.
func ParseBind(p PDU) ([]Context, error) {
	b := p.Body
	if p.Type != Bind && p.Type != AlterContext || len(b) < 12 {
		return nil, fmt.Errorf("dcerpc: bind of type %d and %d octets", p.Type, len(b))
	}
	count := int(b[8])
	b = b[12:]
	const head, syntax = 4, 20
	list := make([]Context, 0, min(count, len(b)/(head+syntax)))
	for range count {
		if len(b) < head+syntax || len(b) < head+syntax+int(b[2])*syntax {
			return nil, fmt.Errorf("dcerpc: bind ends inside context %d of %d", len(list)+1, count)
		}
		c := Context{ID: p.Order.Uint16(b), Interface: readUUID(b[head:], p.Order)}
		transfers := int(b[2])
		b = b[head+syntax:]
		c.NDR = transfers == 1 && readUUID(b, p.Order) == ndr()
		b = b[transfers*syntax:]
		list = append(list, c)
	}
	return list, nil
}
