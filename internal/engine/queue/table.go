package queue

// Table is a list that grows without moving what stands in it: nothing is copied, and pointers into it stay good.
type Table[T any] struct{ leaves []*[tableLeaf]T }

const tableLeaf = 256

// At gives an entry that was reached.
func (t *Table[T]) At(i int32) *T { return &t.leaves[uint32(i)/tableLeaf][uint32(i)%tableLeaf] }

// Reach grows the table to have entry i. New ones are zero.
func (t *Table[T]) Reach(i int32) *T {
	for int(i/tableLeaf) >= len(t.leaves) {
		t.leaves = append(t.leaves, new([tableLeaf]T))
	}
	return t.At(i)
}

// Size is how many entries can be had.
func (t *Table[T]) Size() int32 { return int32(len(t.leaves)) * tableLeaf }
