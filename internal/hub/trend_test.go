package hub

import (
	"testing"
	"time"

	"signet"
	"signet/internal/store"
)

func TestTrend(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := func(id string, change func(*store.Run)) store.Run {
		r := store.Run{ID: id, Started: at, Ended: at, Scope: "s", Checks: []string{"smb"}, Depth: signet.Anonymous, Verdicts: []uint64{1, 2, 3, 4}}
		if change != nil {
			change(&r)
		}
		return r
	}
	runs := []store.Run{
		run("newer", nil), run("this", nil),
		run("scope", func(r *store.Run) { r.Scope = "other" }),
		run("checks", func(r *store.Run) { r.Checks = []string{"smb", "rdp"} }),
		run("depth", func(r *store.Run) { r.Depth = signet.Handshake }),
		run("interrupted", func(r *store.Run) { r.Interrupted = true }),
		run("failed", func(r *store.Run) { r.Failed = "why" }),
		run("old", func(r *store.Run) { r.Verdicts = nil }),
		run("before", nil), run("first", nil),
	}
	names := func(list []store.Run) (s string) {
		for i := range list {
			s += list[i].ID + " "
		}
		return s
	}
	for _, c := range []struct {
		newest string
		most   int
		want   string
	}{{"this", 9, "this before first "}, {"this", 2, "this before "}, {"newer", 2, "newer this "}, {"gone", 9, ""}} {
		if got := names(Trend(runs, c.newest, c.most)); got != c.want {
			t.Errorf("%d from %s: %s, want %s", c.most, c.newest, got, c.want)
		}
	}
}
