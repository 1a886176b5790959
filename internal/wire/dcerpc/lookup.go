package dcerpc

import (
	"encoding/binary"
	"fmt"
)

// MaxEntries bounds the entries of one answer, and is how many a request asks for.
const MaxEntries = 500

// StatusNoMore is the status with which a mapper says that nothing is left: ept_s_not_registered (C706 appendix O).
const StatusNoMore = 0x16c9a0d6

// Handle is the context handle by which a mapper goes on where its last answer ended, as a little-endian sender writes
// it: attributes and a UUID (C706 appendix N). The zero value starts.
type Handle [20]byte

// handle reads a handle in its sender's byte order. Sent back as it came it would be another one to a mapper of the
// other order.
func (r *reader) handle() Handle {
	attributes, id := r.uint32(), r.uuid()
	return Handle(appendUUID(binary.LittleEndian.AppendUint32(nil, attributes), id))
}

// AppendLookup appends the ept_lookup request for every entry: all elements inquired, no object, no interface, all
// versions, at most [MaxEntries] (C706 appendix O).
func AppendLookup(dst []byte, callID uint32, h Handle) []byte {
	body := binary.LittleEndian.AppendUint32(nil, 40) // allocation hint: the stub below
	body = append(body, 0, 0)                         // context 0
	body = append(body, 2, 0)                         // operation 2, ept_lookup
	body = append(body, make([]byte, 12)...)          // inquire all; object NULL; interface NULL
	body = binary.LittleEndian.AppendUint32(body, 1)  // versions: ignored without an interface
	body = append(body, h[:]...)
	body = binary.LittleEndian.AppendUint32(body, MaxEntries)
	return AppendPDU(dst, PDU{Type: Request, Flags: FirstFragment | LastFragment, CallID: callID, Body: body})
}

// LookupRequest is an ept_lookup as a client of whatever kind sends it. All says that it inquires every element.
type LookupRequest struct {
	Context uint16
	All     bool
	Handle  Handle
}

// ParseLookupRequest reads a request; ok is false for one of another operation, and for one that is cut or in more
// fragments than one.
func ParseLookupRequest(p PDU) (r LookupRequest, ok bool) {
	const whole, operation = FirstFragment | LastFragment, 2
	b := p.Body
	if p.Type != Request || p.Flags&whole != whole || p.Flags&ObjectPresent != 0 || len(b) < 8 || p.Order.Uint16(b[6:]) != operation {
		return LookupRequest{}, false
	}
	in := reader{b: b[8:], order: p.Order}
	r.Context, r.All = p.Order.Uint16(b[4:]), in.uint32() == 0
	if object := in.uint32(); object != 0 {
		in.uuid()
	}
	if iface := in.uint32(); iface != 0 {
		in.uuid()
		in.uint32() // its version
	}
	in.uint32() // which versions
	r.Handle = in.handle()
	if in.err != nil {
		return LookupRequest{}, false
	}
	return r, true
}

// Entry is one endpoint of one interface. Annotation is text of the peer, printable ASCII.
type Entry struct {
	Object     UUID
	Annotation string
	Tower      Tower
}

// Lookup is the answer to one ept_lookup. More says that Handle is worth another request; Status is 0,
// [StatusNoMore] or an error of the mapper.
type Lookup struct {
	Handle  Handle
	Entries []Entry
	Status  uint32
}

// More tells whether the mapper keeps a place from which to go on.
func (l Lookup) More() bool { return l.Handle != Handle{} && l.Status == 0 }

// ParseLookup reads the stub of an ept_lookup response. Entries without a tower, or with one whose protocols are not
// known here, are kept with what could be read. On error the result is zero.
func ParseLookup(s Stub) (Lookup, error) {
	r := reader{b: s.Data, order: s.Order}
	var l Lookup
	l.Handle = r.handle()
	count := r.uint32()
	r.uint32() // how many the array could hold
	offset, actual := r.uint32(), r.uint32()
	if r.err == nil && (actual > MaxEntries || count != actual || offset != 0) {
		return Lookup{}, fmt.Errorf("dcerpc: lookup of %d entries, %d in the array from %d", count, actual, offset)
	}
	present := make([]bool, 0, min(int(actual), len(s.Data)/28))
	for range actual {
		if r.err != nil {
			break
		}
		var e Entry
		e.Object = r.uuid()
		present = append(present, r.uint32() != 0)
		e.Annotation = r.varying()
		l.Entries = append(l.Entries, e)
	}
	// What the pointers of the array point to follows the array, in its order (C706 §14.3.12.3).
	for i := range l.Entries {
		if r.err != nil {
			break
		}
		if present[i] {
			l.Entries[i].Tower = parseTower(r.tower())
		}
	}
	l.Status = r.uint32()
	if r.err != nil {
		return Lookup{}, r.err
	}
	return l, nil
}

// reader takes NDR values off a stub; the first error sticks.
type reader struct {
	b     []byte
	at    int
	order binary.ByteOrder
	err   error
}

func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || len(r.b)-r.at < n {
		r.err = fmt.Errorf("dcerpc: lookup ends at octet %d of %d wanted", len(r.b), r.at+n)
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

func (r *reader) uint32() uint32 {
	r.take((4 - r.at%4) % 4)
	b := r.take(4)
	if b == nil {
		return 0
	}
	return r.order.Uint32(b)
}

func (r *reader) uuid() UUID {
	r.take((4 - r.at%4) % 4)
	b := r.take(16)
	if b == nil {
		return UUID{}
	}
	return readUUID(b, r.order)
}

// varying reads the annotation: a string of at most 64 characters, with offset and actual count in front.
func (r *reader) varying() string {
	offset, n := r.uint32(), r.uint32()
	if r.err == nil && (offset != 0 || n > 64) {
		r.err = fmt.Errorf("dcerpc: annotation of %d octets from %d", n, offset)
	}
	return printable(r.take(int(min(n, 64))))
}

// tower reads a conformant tower: its length twice, then its octets.
func (r *reader) tower() []byte {
	size, n := r.uint32(), r.uint32()
	if r.err == nil && (size != n || n > maxTower) {
		r.err = fmt.Errorf("dcerpc: tower of %d octets in an array of %d", n, size)
	}
	return r.take(int(min(n, maxTower)))
}
