package reading

import (
	"context"
	"net/netip"

	"signet/internal/store"
)

// Base is what a database does for reading. Each call takes a connection and has given it back when it returns. Errors are the
// database's own; Fail words them.
type Base interface {
	// Run finds a run: store.ErrUnknown, or a *store.Damage.
	Run(ctx context.Context, id string) (store.RunRow, error)
	// Epoch gives the epoch of the run of a key; 0 where there is none, or where it is being deleted.
	Epoch(ctx context.Context, key int64) (int64, error)
	// Rows reads rows of a run into a chunk that is empty, until it is full.
	Rows(ctx context.Context, run *store.RunRow, part Part, into *Chunk) error
	// Pages reads pages of a run from a number on, in their order: some of them, and none only where there is none left.
	Pages(ctx context.Context, run *store.RunRow, from int64) ([]Page, error)
	// Sieved is Pages that reads the sieves of pages first, and then the bodies of those that may speak of the address.
	Sieved(ctx context.Context, run *store.RunRow, from int64, of netip.Addr) ([]Page, error)
	Fail(error) error
}

// Part is what Rows is to read: the rows From to To, by number and in its order. Only: these of them alone, by Seq, sorted and not
// empty; nil: all.
type Part struct {
	From, To int64
	Only     []uint64
}

// Chunk is rows that were read at once.
type Chunk struct {
	Rows    []byte // one after another, as AppendRow writes them
	Damaged []Damaged
	Next    int64 // the number to go on from; 0: there is nothing more
}

// Damaged is damage that stands in a chunk before the row that begins at byte At of it.
type Damaged struct {
	At int
	*store.Damage
}

// Page is a page, or what is damaged in its place.
type Page struct {
	store.Page
	Sieve   []byte // nil: it has none
	Damaged *store.Damage
}

// Bounds of a chunk: it is full when it has as many bytes of rows, or as many pages. It is long enough that asking for it costs nothing
// beside reading it.
const (
	chunkBytes = 512 << 10
	ChunkPages = 64
)

// Full tells whether no more is to be read into the chunk.
func (c *Chunk) Full() bool { return len(c.Rows) >= chunkBytes }

// Fits says how many rows more fit into a chunk, going by those of one that was read: at least 64, at most 8,192.
func (c *Chunk) Fits(rows int) int {
	if rows == 0 || len(c.Rows) == 0 {
		return 1024
	}
	return min(max(chunkBytes*rows/len(c.Rows), 64), 8192)
}

// Bad notes that something is damaged where the chunk stands.
func (c *Chunk) Bad(d *store.Damage) { c.Damaged = append(c.Damaged, Damaged{len(c.Rows), d}) }
