package store

import (
	"encoding/binary"
	"hash/crc32"
)

// Sum is the checksum that a stored row carries of itself: CRC-32C (RFC 3720, 12.1), which a processor computes by itself, and
// which misses no change of one bit, nor any within 32 bits. It covers where a row stands too, so that one that was moved is
// told. The zero value is that of nothing.
type Sum uint32

// Bytes goes on with bytes whose length the rest of the row says.
func (s Sum) Bytes(b []byte) Sum {
	return Sum(crc32.Update(uint32(s), crc32.MakeTable(crc32.Castagnoli), b))
}

// Number goes on with a number.
func (s Sum) Number(n int64) Sum {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return s.Bytes(b[:])
}

// Section goes on with bytes and their length; nil differs from none.
func (s Sum) Section(b []byte) Sum {
	if b == nil {
		return s.Number(-1)
	}
	return s.Number(int64(len(b))).Bytes(b)
}

// RunRow is a run as a database keeps it, all of which its sum covers.
type RunRow struct {
	Key      int64
	ID       string
	Started  int64 // microseconds since 1970; by it runs are ordered
	Epoch    int64 // see Removed
	Gone     bool  // being deleted
	Unsealed bool  // begun by a version that kept no sums: rows of it may have none
	Count    uint64
	Head     []byte
	Progress []byte
}

// removal is what a removal of rows adds to the epoch of a run. Its low half counts who went on with the run, so that a writer of
// before learns that it writes no more; a reader need not know of that.
const removal = 1 << 32

// Removed notes that rows of the run are removed.
func (r *RunRow) Removed() { r.Epoch += removal }

// Removals is how often rows of a run of that epoch were removed.
func Removals(epoch int64) int64 { return epoch / removal }

// Sum is the checksum of a run.
func (r *RunRow) Sum() Sum {
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	s := Sum(0).Number(r.Key).Section([]byte(r.ID)).Number(r.Started).Number(r.Epoch).Number(flag(r.Gone)).Number(flag(r.Unsealed))
	return s.Number(int64(r.Count)).Section(r.Head).Section(r.Progress)
}

// Run is the run that the row holds. whole: its checksum is right; a run that cannot be read is one that is Damaged.
func (r *RunRow) Run(whole bool) Run {
	if whole {
		if run, err := ParseHead(r.Head, r.Progress, r.Count); err == nil && run.ID == r.ID {
			run.Unsealed = r.Unsealed
			return run
		}
	}
	return Run{ID: r.ID, Damaged: true}
}

// Sum is the checksum of a kind of the run of that key.
func (k *Kind) Sum(run int64) Sum {
	return Sum(0).Number(run).Number(int64(k.ID)).Section([]byte(k.Check)).Number(int64(k.Version)).Section(k.Facts).Section(k.Trace)
}

// SumPage is the checksum of a page that stands under a number.
func SumPage(id int64, rows uint64, body []byte) Sum {
	return Sum(0).Number(id).Number(int64(rows)).Bytes(body)
}

// Sum is the checksum of a row of the run of that key, for a database that keeps each row by itself.
func (r *Row) Sum(key int64) Sum {
	var b [64]byte
	head := binary.BigEndian.AppendUint64(b[:0], uint64(RowID(key, r.Seq)))
	head = binary.BigEndian.AppendUint64(head, uint64(r.At))
	head = binary.BigEndian.AppendUint64(head, uint64(r.Took))
	head = binary.BigEndian.AppendUint16(head, r.Port)
	head = binary.BigEndian.AppendUint16(head, r.Kind)
	head = append(head, r.State, byte(r.Addr.BitLen()))
	head, _ = r.Addr.AppendBinary(head) // it never fails; rows have no zones
	return Sum(0).Bytes(head).Number(int64(len(r.Body))).Bytes(r.Body).Section(r.Trace)
}
