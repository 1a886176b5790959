package hub

import (
	"slices"
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

// TestTrendOfASite: runs of other sites, and verifications, are in no trend, and that a site asked something else before is said.
func TestTrendOfASite(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var runs []store.Run
	of := map[string]place{}
	for i, r := range []struct {
		id, scope string
		at        place
	}{
		{"newest", "s", place{Site: "a"}}, {"verified", "s", place{Site: "a", Verifies: &Verifies{}}}, {"same scope", "s", place{Site: "b"}},
		{"before", "s", place{Site: "a"}}, {"drawn otherwise", "t", place{Site: "a"}}, {"first", "s", place{Site: "a"}}, {"bare", "s", place{}}, {"bare too", "t", place{}},
	} {
		started := at.AddDate(0, 0, -i)
		runs = append(runs, store.Run{ID: r.id, Started: started, Ended: started, Scope: r.scope, Checks: []string{"smb"}, Verdicts: []uint64{1}})
		of[r.id] = r.at
	}
	for _, c := range []struct {
		site, newest string
		want         []string
		other        time.Time
	}{
		{"a", "newest", []string{"newest", "before", "first"}, at.AddDate(0, 0, -4)}, {"a", "first", []string{"first"}, time.Time{}},
		{"b", "same scope", []string{"same scope"}, time.Time{}}, {"", "bare", []string{"bare"}, time.Time{}},
	} {
		got := trendOf(runs, of, c.site, c.newest, 9)
		var ids []string
		for i := range got.Runs {
			ids = append(ids, got.Runs[i].ID)
		}
		if !slices.Equal(ids, c.want) || !got.Other.Equal(c.other) {
			t.Errorf("of %q from %s: %q, other %v", c.site, c.newest, ids, got.Other)
		}
	}
}
