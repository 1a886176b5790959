package engine

import "testing"

// Entries stay where they are, and as they are, while the table grows.
func TestTable(t *testing.T) {
	var list table[int]
	first := list.reach(0)
	*first = 7
	last := list.reach(3*tableLeaf - 1)
	*last = 9
	if list.size() != 3*tableLeaf || list.at(0) != first || *list.at(0) != 7 || list.reach(3*tableLeaf-1) != last || *list.at(tableLeaf) != 0 {
		t.Errorf("size %d, first %d, last %d", list.size(), *list.at(0), *list.at(3*tableLeaf - 1))
	}
	if list.reach(3 * tableLeaf); list.size() != 4*tableLeaf || *list.at(3 * tableLeaf) != 0 {
		t.Errorf("size %d after one more", list.size())
	}
}
