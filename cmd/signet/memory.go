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
		tick, look := time.NewTicker(c.Tend), time.NewTicker(max(c.Tend/20, time.Millisecond))
		defer tick.Stop()
		defer look.Stop()
		held := uint64(0)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				held = giveBack(held)
			case <-look.C:
				raise(c.Limit)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// spareBytes may be held unused: it is needed again soon.
const spareBytes = 16 << 20

// giveBack gives memory that is not used back to the system, where more is held than was left the last time or than lived when it was last
// collected. It says what is held now.
func giveBack(before uint64) (held uint64) {
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
	return min(held, before)
}

// raise raises a limit where nearly as much as that lives: at it nothing would be done any more but collecting. What lives for the moment counts,
// too, so that it goes down again.
func raise(limit int64) {
	if limit == 0 {
		return
	}
	of := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(of)
	live := of[0].Value.Uint64()
	debug.SetMemoryLimit(max(limit, int64(live+live/16+spareBytes/4)))
}
