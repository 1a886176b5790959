package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"signet/internal/cli"
)

// held is how much of the heap the system has given.
func held() uint64 {
	of := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(of)
	return of[0].Value.Uint64() + of[1].Value.Uint64() + of[2].Value.Uint64()
}

// What was needed for a moment is given back soon; where more lives than the limit allows for the limit goes up; afterwards all is as it was.
func TestTend(t *testing.T) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(-1)
	defer debug.SetGCPercent(percent)
	restore := collect(cli.Collector{Percent: 25, Limit: 32 << 20, Tend: 10 * time.Millisecond})
	soon := func(what string, is func() bool) {
		t.Helper()
		for begun := time.Now(); !is(); time.Sleep(5 * time.Millisecond) {
			if time.Since(begun) > 10*time.Second {
				t.Fatal("after 10 s: ", what)
			}
		}
	}
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	runtime.GC()
	soon("the limit is below what lives", func() bool { return debug.SetMemoryLimit(-1) > 66<<20 })
	runtime.KeepAlive(block)
	block = nil
	runtime.GC()
	soon("what is not used is held", func() bool { return held() < 48<<20 })
	soon("the limit stays up", func() bool { return debug.SetMemoryLimit(-1) == 32<<20 })
	restore()
	if got := debug.SetMemoryLimit(-1); got != limit {
		t.Errorf("the limit is %d afterwards, it was %d", got, limit)
	}
	if got := debug.SetGCPercent(-1); got != -1 {
		t.Errorf("the percentage is %d afterwards", got)
	}
}
