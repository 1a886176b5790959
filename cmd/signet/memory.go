package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"signet/internal/cli"
)

// collect is the only place that changes a setting of the whole process.
func collect(c cli.Collector) (restore func()) {
	restore = func() {}
	if c.Percent > 0 {
		was := debug.SetGCPercent(c.Percent)
		restore = func() { debug.SetGCPercent(was) }
	}
	if c.Limit > 0 {
		percent, was := restore, debug.SetMemoryLimit(c.Limit)
		restore = func() { debug.SetMemoryLimit(was); percent() }
	}
	if c.Tend > 0 {
		settings, stop := restore, tend(c)
		restore = func() { stop(); settings() }
	}
	return restore
}

// tend looks after memory until stop is called.
func tend(c cli.Collector) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(c.Tend)
		defer tick.Stop()
		held := uint64(0)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				held = giveBack(held, c.Limit)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// spareBytes may be held unused: it is needed again soon.
const spareBytes = 16 << 20

// giveBack gives memory that is not used back to the system, where more is held than was left the last time or than lived when it was last
// collected, and raises the limit where
// as much as that lives: below it nothing would be done any more but collecting. It says what is held now.
func giveBack(before uint64, limit int64) (held uint64) {
	of := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/gc/heap/live:bytes"}}
	look := func() uint64 {
		metrics.Read(of)
		return of[0].Value.Uint64() + of[1].Value.Uint64() + of[2].Value.Uint64()
	}
	spare := func(n uint64) uint64 { return n + max(spareBytes, n/4) }
	if held = look(); held > min(spare(before), spare(of[3].Value.Uint64())) {
		debug.FreeOSMemory()
		before = look()
	}
	if limit > 0 {
		debug.SetMemoryLimit(max(limit, int64(2*of[3].Value.Uint64())))
	}
	return min(held, before)
}
