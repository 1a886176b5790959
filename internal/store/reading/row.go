package reading

import (
	"encoding/binary"
	"net/netip"

	"signet/internal/store"
)

// AppendRow appends a row in the form in which it is sorted, and in which SQLite keeps it: the address after its length, port and Seq first, in such a way that rows in
// the order of their bytes are rows by address. Bytes that stand for numbers of any size are varints.
func AppendRow(b []byte, r *store.Row) []byte {
	b = append(b, byte(r.Addr.BitLen()/8))
	b, _ = r.Addr.AppendBinary(b) // it never fails; rows have no zones
	b = binary.BigEndian.AppendUint16(b, r.Port)
	b = append(b, byte(r.Seq>>32)) // of which there are forty bits
	b = binary.BigEndian.AppendUint32(b, uint32(r.Seq))
	b = append(b, r.State)
	b = binary.AppendUvarint(b, uint64(r.Kind))
	b = binary.AppendVarint(b, r.At)
	b = binary.AppendVarint(b, r.Took)
	b = append(binary.AppendUvarint(b, uint64(len(r.Body))), r.Body...)
	if r.Trace == nil {
		return append(b, 0)
	}
	return append(binary.AppendUvarint(b, uint64(len(r.Trace))+1), r.Trace...)
}

// ReadRow takes a row off the front of some; Body and Trace stay where they are. What is no row is store.ErrDamaged.
func ReadRow(r *store.Row, b []byte) (rest []byte, err error) {
	size := 0
	if len(b) > 0 {
		size = int(b[0])
	}
	const fixed = 2 + 5 + 1 // port, Seq, state
	if (size != 4 && size != 16) || len(b) < 1+size+fixed {
		return nil, store.ErrDamaged
	}
	r.Addr, _ = netip.AddrFromSlice(b[1 : 1+size])
	b = b[1+size:]
	r.Port = binary.BigEndian.Uint16(b)
	r.Seq = uint64(b[2])<<32 | uint64(binary.BigEndian.Uint32(b[3:]))
	r.State, b = b[7], b[fixed:]
	kind, ok := uint64(0), true
	number := func() (n uint64) {
		var used int
		if n, used = binary.Uvarint(b); used <= 0 {
			ok = false
			return 0
		}
		b = b[used:]
		return n
	}
	signed := func() int64 {
		n := number()
		return int64(n>>1) ^ -int64(n&1)
	}
	section := func(n uint64) (s []byte) {
		if n > uint64(len(b)) {
			ok = false
			return nil
		}
		s, b = b[:n:n], b[n:]
		return s
	}
	kind, r.At, r.Took = number(), signed(), signed()
	r.Kind = uint16(kind)
	r.Body = section(number())
	r.Trace = nil
	if n := number(); n > 0 {
		r.Trace = section(n - 1)
	}
	if !ok || kind != uint64(r.Kind) {
		return nil, store.ErrDamaged
	}
	return b, nil
}
