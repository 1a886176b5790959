package dcerpc

import (
	"encoding/binary"
	"fmt"
)

// MaxStub bounds the stub data of one response, all fragments together. An inventory of a large server is some 60 KB.
const MaxStub = 512 << 10

// Stub is the answer to one request, put together from its fragments.
type Stub struct {
	Order binary.ByteOrder
	Data  []byte
	// Fault is set when the answer is a fault instead, and Status says which.
	Fault  bool
	Status uint32
}

// ReadResponse splits the answer to the request callID, of as many fragments as it takes, off b. [ErrShort] means
// that its last fragment has not wholly arrived. On error every result is zero.
func ReadResponse(b []byte, callID uint32) (s Stub, rest []byte, err error) {
	if err := complete(b, callID); err != nil {
		return Stub{}, nil, err
	}
	for rest = b; ; {
		p, after, err := ReadPDU(rest)
		if err != nil {
			return Stub{}, nil, err
		}
		rest = after
		if p.Type == Fault {
			status, err := ParseFault(p)
			if err != nil {
				return Stub{}, nil, err
			}
			return Stub{Order: p.Order, Fault: true, Status: status}, rest, nil
		}
		s.Order = p.Order
		// Allocation hint, context and cancel count are not needed: the data itself is what counts.
		s.Data = append(s.Data, p.Body[8:]...)
		if p.Flags&LastFragment != 0 {
			return s, rest, nil
		}
	}
}

// complete checks the fragments of an answer without copying any, so that waiting for the last costs little.
func complete(b []byte, callID uint32) error {
	total := 0
	for first := true; ; first = false {
		p, rest, err := ReadPDU(b)
		if err != nil {
			return err
		}
		if p.CallID != callID {
			return fmt.Errorf("dcerpc: answer to call %d, want %d", p.CallID, callID)
		}
		if p.Type == Fault {
			return nil
		}
		if p.Type != Response || len(p.Body) < 8 {
			return fmt.Errorf("dcerpc: response of type %d and %d octets", p.Type, len(p.Body))
		}
		if first != (p.Flags&FirstFragment != 0) {
			return fmt.Errorf("dcerpc: fragment flags 0x%02x out of order", p.Flags)
		}
		total += len(p.Body) - 8
		if total > MaxStub {
			return fmt.Errorf("dcerpc: response of more than %d octets", MaxStub)
		}
		if p.Flags&LastFragment != 0 {
			return nil
		}
		b = rest
	}
}

// AppendResponse appends data as the answer to callID in fragments of at most size octets of it, as a server writes
// it: for tests and imitations. A size out of range is set right.
func AppendResponse(dst []byte, callID uint32, data []byte, size int) []byte {
	size = max(1, min(size, maxFragment-headerSize-8))
	flags := uint8(FirstFragment)
	for {
		n := min(size, len(data))
		if n == len(data) {
			flags |= LastFragment
		}
		body := binary.LittleEndian.AppendUint32(nil, uint32(len(data)))
		body = append(body, 0, 0, 0, 0)
		dst = AppendPDU(dst, PDU{Type: Response, Flags: flags, CallID: callID, Body: append(body, data[:n]...)})
		if data = data[n:]; len(data) == 0 {
			return dst
		}
		flags = 0
	}
}
