package storetest

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"signet"
	"signet/internal/store"
)

// Benchmark measures rows per second through the contract, and in the same run those of bare: an insert of rows of the same
// bytes by the quickest means of the database, at once. It reports both and their ratio; b.N is the number of rows.
func Benchmark(b *testing.B, s store.Store, bare func(n int, row func(i int) *store.Row)) {
	const sample = 4096
	observations := make([]*signet.Observation, sample)
	for i := range observations {
		observations[i] = Observation(i)
		observations[i].Trace = nil
	}
	// The rows of the bare insert are those of a first run.
	fill(b, s, NewRun("sample"), 0, 2*sample, false)
	var rows []store.Row
	for r, err := range s.Rows(b.Context(), "sample", store.Which{}) {
		if err != nil {
			b.Fatal(err)
		}
		if r.Seq > sample {
			c := *r
			c.Body = bytes.Clone(r.Body)
			rows = append(rows, c)
		}
	}
	address := func(i int) netip.Addr {
		var four [4]byte
		binary.BigEndian.PutUint32(four[:], 0x0a000000|uint32(i)*2654435761>>8)
		return netip.AddrFrom4(four)
	}
	through := func() time.Duration {
		start := time.Now()
		r, err := store.Begin(b.Context(), s, NewRun("bench"), func() store.Progress { return store.Progress{} })
		if err != nil {
			b.Fatal(err)
		}
		for i := range b.N {
			o := *observations[i%sample]
			o.Addr, o.At = address(i), Started().Add(time.Duration(i)*5*time.Microsecond)
			if err := r.Record(&o, false); err != nil {
				b.Fatal(err)
			}
		}
		if err := r.Finish(func(*store.Run) {}); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	plain := func() time.Duration {
		start := time.Now()
		bare(b.N, func(i int) *store.Row {
			r := &rows[i%sample]
			r.Addr, r.At, r.Seq = address(i), int64(i)*5, uint64(i)+1
			return r
		})
		return time.Since(start)
	}
	b.ResetTimer()
	a, c := through(), plain()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/a.Seconds(), "rows/s")
	b.ReportMetric(float64(b.N)/c.Seconds(), "bare-rows/s")
	b.ReportMetric(c.Seconds()/a.Seconds(), "ratio")
}
