package hub

import (
	"path/filepath"
	"testing"
	"time"

	"signet/internal/check/all"
	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// TestHubRemembersAfterItsEnd: a process ends between a reading and what the board remembers of it, and so does the next one. Each makes
// up for the one before: the finding that is gone by then has a row that is closed, and is not forgotten.
func TestHubRemembersAfterItsEnd(t *testing.T) {
	server := checktest.ServeDesktop(t, "127.9.22.1")
	path := filepath.Join(t.TempDir(), "s.db")
	ctx := t.Context()
	later := 0 // days
	process := func(do func(*Hub)) {
		t.Helper()
		st, err := sqlite.Open(ctx, path, true)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		d, err := desk.Open(ctx, st, desk.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		h, err := Open(ctx, Config{Env: &run.Env{Checks: all.Checks()}, Store: st, Desk: d, Policy: "baseline", Now: func() time.Time { return time.Now().AddDate(0, 0, later) }, Warn: func(s string) { t.Error(s) }})
		if err != nil {
			t.Fatal(err)
		}
		do(h)
	}
	scan := func(h *Hub) {
		t.Helper()
		o := run.NewOrder("127.9.22.1")
		o.Checks = []string{"rdp"}
		if _, err := h.Env.Scan(ctx, o, run.Into{Store: h.Store}, report.Ignore{}); err != nil {
			t.Fatal(err)
		}
	}
	// read makes the reading of the newest run, and the process ends.
	read := func(h *Hub) {
		t.Helper()
		scan(h)
		runs, err := store.AllRuns(ctx, h.Store)
		if err != nil {
			t.Fatal(err)
		}
		j, err := h.judge("baseline", "")
		if err != nil {
			t.Fatal(err)
		}
		in := &run.Stored{Store: h.Store, Runs: runs}
		if _, err := h.Env.Report(ctx, in.Input(ctx, &runs[0]), &run.Replay{Judge: j}, h.record("", nil)); err != nil {
			t.Fatal(err)
		}
	}
	process(read)
	process(func(h *Hub) {
		if row := rows(t, h.View(system()))[nla]; row.State != estate.Open || row.Rule != nla {
			t.Errorf("the row is %+v", row)
		}
		server.Mended.Store(true)
		read(h)
	})
	process(func(h *Hub) {
		if row := rows(t, h.View(system()))[nla]; row.State != estate.Closed || row.Rule != nla {
			t.Errorf("once it is mended the row is %+v", row)
		}
		if list, err := h.documents.Documents(ctx, unseenKind, "", "", 10); err != nil || len(list) > 0 {
			t.Errorf("the board has yet to remember %+v (%v)", list, err)
		}
	})
	for days, want := range map[int]int{399: 1, 402: 0} {
		later = days
		process(func(h *Hub) {
			if n := h.View(system()).Board.Rows(); n != want {
				t.Errorf("%d days later %d rows are remembered, want %d", days, n, want)
			}
		})
	}
}
