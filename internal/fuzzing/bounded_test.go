package fuzzing

import (
	"testing"
	"time"
)

// reported takes what a bound reports instead of failing.
type reported struct {
	testing.TB
	failures int
}

func (r *reported) Helper()               {}
func (r *reported) Errorf(string, ...any) { r.failures++ }

// What is out of proportion is reported, and nothing else.
func TestBounded(t *testing.T) {
	var kept [][]byte
	for name, c := range map[string]struct {
		size  int
		floor time.Duration
		do    func()
		want  int
	}{
		"nothing":         {1, time.Hour, func() {}, 0},
		"memory":          {1000, time.Hour, func() { kept = append(kept, make([]byte, bytesFloor+1<<20)) }, 1},
		"memory of a big": {1 << 20, time.Hour, func() { kept = append(kept, make([]byte, bytesFloor+1<<20)) }, 0},
		"time of a big":   {4 << 20, 50 * time.Millisecond, func() { time.Sleep(60 * time.Millisecond) }, 0},
		"time":            {1000, 50 * time.Millisecond, func() { time.Sleep(60 * time.Millisecond) }, 1},
	} {
		r := &reported{TB: t}
		bounded(r, c.size, c.floor, c.do)
		if r.failures != c.want {
			t.Errorf("%s: %d reports, want %d", name, r.failures, c.want)
		}
	}
	kept = nil
}
