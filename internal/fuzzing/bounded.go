// Package fuzzing is for the fuzz targets of packages that read files: it fails a target that takes more time or
// memory than the size of its input allows. It is for tests alone.
package fuzzing

import (
	"runtime/metrics"
	"testing"
	"time"
)

// Time and memory that reading may take: so much for each megabyte, and never less than the floor, which a busy machine
// and what a reader sets up for any file need.
const (
	perMegabyte = time.Second
	timeFloor   = 5 * time.Second * min(raceFactor, 4)

	bytesPerByte = 512 * raceFactor
	bytesFloor   = 64 << 20
)

// Bounded runs do on an input of a size, and fails t where it took longer, or allocated more, than an input of that size
// may cost. What is allocated is counted whole, kept or not: growth that is out of proportion shows there first.
func Bounded(t testing.TB, size int, do func()) {
	t.Helper()
	bounded(t, size, timeFloor, do)
}

func bounded(t testing.TB, size int, floor time.Duration, do func()) {
	t.Helper()
	before, begun := allocated(), time.Now()
	do()
	took, grown := time.Since(begun), allocated()-before
	if limit := max(floor, perMegabyte*time.Duration(size)/(1<<20)); took > limit {
		t.Errorf("%d bytes took %v, more than %v", size, took.Round(time.Millisecond), limit)
	}
	if limit := max(bytesFloor, bytesPerByte*uint64(size)); grown > limit {
		t.Errorf("%d bytes allocated %d, more than %d", size, grown, limit)
	}
}

// allocated is how many bytes this process has ever put on its heap.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
