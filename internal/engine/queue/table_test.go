package queue

import "testing"

// Entries stay where they are, and as they are, while the table grows.
func TestTable(t *testing.T) {
	var list Table[int]
	first := list.Reach(0)
	*first = 7
	last := list.Reach(3*tableLeaf - 1)
	*last = 9
	if list.Size() != 3*tableLeaf || list.At(0) != first || *list.At(0) != 7 || list.Reach(3*tableLeaf-1) != last || *list.At(tableLeaf) != 0 {
		t.Errorf("size %d, first %d, last %d", list.Size(), *list.At(0), *list.At(3*tableLeaf - 1))
	}
	if list.Reach(3 * tableLeaf); list.Size() != 4*tableLeaf || *list.At(3 * tableLeaf) != 0 {
		t.Errorf("size %d after one more", list.Size())
	}
}
