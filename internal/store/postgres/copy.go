package postgres

import (
	"encoding/binary"

	"signet/internal/store"
)

// copyRows takes what appendCopy makes.
const copyRows = "COPY observation (id, at, took, port, kind, state, addr, body, trace, sum) FROM STDIN (FORMAT binary)"

// appendCopy appends rows of the run of that key in the binary format of COPY: a signature, flags and an empty extension; a row
// is the number of its fields, then each with its length, of which -1 is NULL; -1 fields end it. Row by row through the
// driver's own COPY takes twice the time.
func appendCopy(b []byte, key int64, rows []store.Row) []byte {
	b = append(b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	eight := func(v int64) { b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, 8), uint64(v)) }
	four := func(v uint32) { b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, 4), v) }
	section := func(v []byte) { b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...) }
	for i := range rows {
		r := &rows[i]
		b = append(b, 0, 10)
		eight(store.RowID(key, r.Seq))
		eight(r.At)
		eight(r.Took)
		four(uint32(r.Port))
		four(uint32(r.Kind))
		b = append(b, 0, 0, 0, 2, 0, r.State)
		if r.Addr.Is4() {
			a := r.Addr.As4()
			section(a[:])
		} else {
			a := r.Addr.As16()
			section(a[:])
		}
		section(r.Body)
		if r.Trace != nil {
			section(r.Trace)
		} else {
			b = append(b, 0xff, 0xff, 0xff, 0xff)
		}
		four(uint32(sealed(r.Sum(key))))
	}
	return append(b, 0xff, 0xff)
}
