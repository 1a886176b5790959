package xlsx

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// piles keep the rows of a sheet until the end, by rank and in the order in which they came, so that the worst come first on the
// sheet however large the run is. They are kept compressed: rows resemble each other, and a million of them take thirty
// megabytes.
type piles struct {
	by   map[int]*pile
	pack *packing
}

// pile holds the rows of one rank, in blocks.
type pile struct {
	blocks [][]byte
	open   []byte // the block that rows are added to, not compressed yet
}

// blockBytes is how long a block gets before it is compressed.
const blockBytes = 128 << 10

// packing compresses and reads blocks, those of all sheets.
type packing struct {
	in  *zstd.Encoder
	out *zstd.Decoder
}

func newPacking() (*packing, error) {
	in, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(blockBytes), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	out, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	return &packing{in, out}, err
}

// A cell is text or a number; behind its length, or before the number, stands which.
const (
	cellText   = 0
	cellNumber = 1
)

// add appends a row. One may be a heading.
func (p *piles) add(rank int, heading bool, row []any) {
	of := p.by[rank]
	if of == nil {
		of = &pile{}
		p.by[rank] = of
	}
	head := uint64(len(row)) << 1
	if heading {
		head |= 1
	}
	b := binary.AppendUvarint(of.open, head)
	for _, cell := range row {
		switch v := cell.(type) {
		case string:
			b = append(binary.AppendUvarint(b, uint64(len(v))<<1|cellText), v...)
		case int:
			b = binary.AppendUvarint(b, uint64(v)<<1|cellNumber)
		case uint64:
			b = binary.AppendUvarint(b, v<<1|cellNumber)
		default:
			panic("a cell that is neither text nor a number")
		}
	}
	if of.open = b; len(b) >= blockBytes {
		of.blocks = append(of.blocks, p.pack.in.EncodeAll(b, nil))
		of.open = of.open[:0]
	}
}

// each gives every row to f, the lowest rank first. What it is given holds until the next row.
func (p *piles) each(f func(row []cell, heading bool) error) error {
	var plain []byte
	var row []cell
	rows := func(b []byte) (err error) {
		for len(b) > 0 && err == nil {
			var heading bool
			row, heading, b = readRow(row[:0], b)
			err = f(row, heading)
		}
		return err
	}
	for _, rank := range slices.Sorted(maps.Keys(p.by)) {
		of := p.by[rank]
		for _, block := range of.blocks {
			var err error
			if plain, err = p.pack.out.DecodeAll(block, plain[:0]); err != nil {
				return err
			}
			if err := rows(plain); err != nil {
				return err
			}
		}
		if err := rows(of.open); err != nil {
			return err
		}
	}
	return nil
}

// cell is a cell that is read.
type cell struct {
	text   []byte
	number uint64 // where text is nil
}

func readRow(row []cell, b []byte) (_ []cell, heading bool, rest []byte) {
	number := func() uint64 {
		n, size := binary.Uvarint(b)
		b = b[size:]
		return n
	}
	head := number()
	for range head >> 1 {
		n := number()
		if n&1 == cellNumber {
			row = append(row, cell{number: n >> 1})
			continue
		}
		size := int(n >> 1)
		row = append(row, cell{text: b[:size:size]})
		b = b[size:]
	}
	return row, head&1 != 0, b
}
