package engine

// table is a list that grows without moving what stands in it: nothing is copied, and pointers into it stay good.
type table[T any] struct{ leaves []*[tableLeaf]T }

const tableLeaf = 256

// at gives an entry that was reached.
func (t *table[T]) at(i int32) *T { return &t.leaves[uint32(i)/tableLeaf][uint32(i)%tableLeaf] }

// reach grows the table to have entry i. New ones are zero.
func (t *table[T]) reach(i int32) *T {
	for int(i/tableLeaf) >= len(t.leaves) {
		t.leaves = append(t.leaves, new([tableLeaf]T))
	}
	return t.at(i)
}

// size is how many entries can be had.
func (t *table[T]) size() int32 { return int32(len(t.leaves)) * tableLeaf }
