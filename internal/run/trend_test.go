package run

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/store"
)

// A trend compares like with like: earlier runs that asked the same of the same, to their end.
func TestTrend(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	run := func(id string, day int, change func(*store.Run)) store.Run {
		r := store.Run{ID: id, Started: at.AddDate(0, 0, day), Ended: at.AddDate(0, 0, day).Add(time.Minute), Scope: "s", Checks: []string{"smb"}, Depth: signet.Anonymous, Verdicts: []uint64{1, 2, uint64(day)}}
		if change != nil {
			change(&r)
		}
		return r
	}
	this := run("this", 10, nil)
	runs := []store.Run{
		run("later", 11, nil), this,
		run("other-scope", 9, func(r *store.Run) { r.Scope = "t" }),
		run("no-scope", 9, func(r *store.Run) { r.Scope = "" }),
		run("interrupted", 9, func(r *store.Run) { r.Interrupted = true }),
		run("killed", 9, func(r *store.Run) { r.Ended = time.Time{} }),
		run("other-depth", 9, func(r *store.Run) { r.Depth = signet.Decoy }),
		run("other-checks", 9, func(r *store.Run) { r.Checks = []string{"http"} }),
		run("not-counted", 9, func(r *store.Run) { r.Verdicts = nil }),
	}
	for day := 8; day > 0; day-- {
		runs = append(runs, run(fmt.Sprint("day", day), day, nil))
	}
	var got []string
	for _, p := range trendOf(runs, &this) {
		got = append(got, fmt.Sprint(p.Run, p.Verdicts[signet.Exposed]))
	}
	if s := strings.Join(got, " "); s != "day88 day77 day66 day55 day44" {
		t.Errorf("%s", s)
	}
	none := run("none", 12, func(r *store.Run) { r.Scope = "" })
	if p := trendOf(append(runs, run("empty", 1, func(r *store.Run) { r.Scope = "" })), &none); p != nil {
		t.Errorf("a run without a scope has a trend: %v", p)
	}
}
