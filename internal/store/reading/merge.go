package reading

import (
	"bytes"
	"container/heap"
	"encoding/binary"

	"signet/internal/store"
)

// merge gives the rows of sorted parts in one order. Of each part it holds one piece.
type merge struct {
	next  func(part int, number int64) (piece []byte, err error) // nil where a part has no more
	parts []*part                                                // a heap, by the row each stands at
}

// part is a sorted part under way.
type part struct {
	number    int
	piece     int64  // the number of the next one
	row, rest []byte // where it stands, and what follows in the piece that is held
}

// begin takes a part.
func (m *merge) begin(number int) error {
	p := &part{number: number}
	if err := m.move(p); err != nil || p.row == nil {
		return err
	}
	heap.Push(m, p)
	return nil
}

// row is the row that all stand at, or nil when there is none left.
func (m *merge) row() []byte {
	if len(m.parts) == 0 {
		return nil
	}
	return m.parts[0].row
}

// pass goes on to the next row.
func (m *merge) pass() error {
	if err := m.move(m.parts[0]); err != nil {
		return err
	}
	if m.parts[0].row == nil {
		heap.Pop(m)
	} else {
		heap.Fix(m, 0)
	}
	return nil
}

// move goes on to the next row of one part; nil: it has none left.
func (m *merge) move(p *part) (err error) {
	if p.row = nil; len(p.rest) == 0 {
		if p.rest, err = m.next(p.number, p.piece); err != nil || p.rest == nil {
			return err
		}
		p.piece++
	}
	n, size := binary.Uvarint(p.rest)
	if size <= 0 || n == 0 || n > uint64(len(p.rest)-size) {
		return store.ErrDamaged
	}
	p.row, p.rest = p.rest[size:size+int(n)], p.rest[size+int(n):]
	return nil
}

// Len, Less, Swap, Push and Pop are those of heap.Interface.
func (m *merge) Len() int           { return len(m.parts) }
func (m *merge) Less(i, j int) bool { return bytes.Compare(m.parts[i].row, m.parts[j].row) < 0 }
func (m *merge) Swap(i, j int)      { m.parts[i], m.parts[j] = m.parts[j], m.parts[i] }
func (m *merge) Push(p any)         { m.parts = append(m.parts, p.(*part)) }
func (m *merge) Pop() any {
	last := m.parts[len(m.parts)-1]
	m.parts = m.parts[:len(m.parts)-1]
	return last
}
