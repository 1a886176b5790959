package store

// A database numbers the rows of all its runs by one integer: the run's key, then the row's Seq. So the rows of a run stand
// together, are appended at their end and deleted as a range, without an index that every insert would pay for.
const (
	seqBits = 40
	seqMask = 1<<seqBits - 1
)

// RowID numbers a row of the run of that key.
func RowID(key int64, seq uint64) int64 { return key<<seqBits | int64(seq&seqMask) }

// Seq is the Seq in a row's number.
func Seq(id int64) uint64 { return uint64(id) & seqMask }

// Key is the key of the run in a row's number.
func Key(id int64) int64 { return id >> seqBits }

// RowIDs numbers rows of a run.
func RowIDs(key int64, seqs []uint64) []int64 {
	ids := make([]int64, len(seqs))
	for i, seq := range seqs {
		ids[i] = RowID(key, seq)
	}
	return ids
}

// Span is the range of a run's numbers.
func Span(key int64) (from, to int64) { return RowID(key, 0), RowID(key, seqMask) }

// Span is the range of numbers that w asks for.
func (w *Which) Span(key int64) (from, to int64) {
	last := w.Last
	if last == 0 || last > seqMask {
		last = seqMask
	}
	return RowID(key, min(w.First, seqMask)), RowID(key, last)
}

// All tells whether w asks for every row.
func (w *Which) All() bool { return w.First <= 1 && w.Last == 0 && w.Only == nil }
