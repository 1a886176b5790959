package hub

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
)

// left is all that a hub keeps besides the desk's own, in a text.
func left(t *testing.T, h *openedHub) string {
	t.Helper()
	var b strings.Builder
	for _, kind := range []string{readingKind, partKind, unseenKind, sampleKind, memoryKind, comparedKind, changeSetKind, changePartKind, changeIndexKind, "row-state", "row-note"} {
		list, err := h.documents.Documents(t.Context(), kind, "", "", 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			b.WriteString(kind + " " + list[i].ID + " " + string(list[i].Body) + "\n")
		}
	}
	runs, err := store.AllRuns(t.Context(), h.Store)
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		b.WriteString("run " + runs[i].ID + "\n")
	}
	return b.String()
}

// rowsIn gives the rows of a board in some states.
func rowsIn(t *testing.T, b *estate.Board, states ...estate.State) []estate.Row {
	t.Helper()
	got, err := b.Page(&estate.RowFilter{States: states}, "", 500)
	if err != nil {
		t.Fatal(err)
	}
	return got.Items
}

// sums counts the endpoints of a run by verdict, as they are judged now.
type sums struct {
	report.Ignore
	of *report.Summary
}

func (s *sums) End(of *report.Summary) error { s.of = of; return nil }

// TestSample: the sample is a few weeks of an estate, survives a restart, can be worked at but not asked, and goes without a trace; what was
// said before it came stays.
func TestSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	h := openHub(t, path, "127.20.0.0/16")
	ctx := t.Context()
	act := desk.Act{Who: system()}
	if err := h.RemoveSample(ctx, act); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("removed what is not there: %v", err)
	}
	before := left(t, h)
	if err := h.LoadSample(ctx, act); err != nil {
		t.Fatal(err)
	}
	if err := h.LoadSample(ctx, act); !errors.Is(err, ErrSampled) {
		t.Errorf("loaded twice: %v", err)
	}
	v := h.View(system())
	open, closed := rowsIn(t, v.Board, estate.Open), rowsIn(t, v.Board, estate.Closed)
	if !v.Sample || v.Hosts() < 50 || len(open) < 50 || len(closed) < 5 || len(rowsIn(t, v.Board, estate.ToVerify)) != 0 {
		t.Fatalf("sample %v, %d hosts, %d open, %d closed", v.Sample, v.Hosts(), len(open), len(closed))
	}
	if limited := h.View(desk.Who{Via: desk.BySession, Role: desk.Operator, Sites: []string{"x"}}); limited.Sample || limited.Hosts() != 0 {
		t.Error("who is limited to a site sees the sample")
	}
	runs, err := h.Runs(ctx, system())
	if err != nil {
		t.Fatal(err)
	}
	if sets, _ := h.ChangeSets(system(), 0); len(sets) != 3 || sets[2].Sums["worsened"] != 1 || sets[2].Sums["improved"] != 1 {
		t.Errorf("what changed in the sample: %+v", sets)
	}
	if list := Trend(runs, v.Overview().Sites[0].Run, 10); len(list) != 4 {
		t.Errorf("a trend of %d runs", len(list))
	}
	stored := &run.Stored{Store: h.Store, Runs: runs}
	for i := range runs {
		r := &runs[i]
		j, err := h.judge("baseline", "")
		if err != nil {
			t.Fatal(err)
		}
		got := &sums{}
		if _, err := h.Env.Report(ctx, stored.Input(ctx, r), &run.Replay{Judge: j}, got); err != nil {
			t.Fatal(err)
		}
		if got := got.of.Verdicts; report.CountsOf(r.Verdicts) != got {
			t.Errorf("run %s says that it was judged %v, and is judged %v: write before.jsonl anew", r.ID, report.CountsOf(r.Verdicts), got)
		}
		if !strings.HasSuffix(r.ID, "-sample") || len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0], "no host of yours") || r.Started.After(time.Now()) {
			t.Errorf("run %s, %s: %q", r.ID, r.Started, r.Warnings)
		}
	}
	if _, err := h.Verify(ctx, act, open[0].ID); !errors.Is(err, ErrSample) {
		t.Errorf("a row of the sample was asked: %v", err)
	}
	owner := "desk team"
	if err := h.Edit(ctx, act, []desk.RowEdit{{ID: open[0].ID.String(), Owner: &owner}}); err != nil {
		t.Fatal(err)
	}
	h.stop()

	h = openHub(t, path)
	v = h.View(system())
	if r, _ := v.Board.Row(open[0].ID); !v.Sample || r.Mark.Owner != owner || len(rowsIn(t, v.Board, estate.Closed)) != len(closed) {
		t.Errorf("after a restart: sample %v, owner %q", v.Sample, r.Mark.Owner)
	}
	if err := h.RemoveSample(ctx, act); err != nil {
		t.Fatal(err)
	}
	if got := left(t, h); got != before {
		t.Errorf("of the sample is left: %.500s", got)
	}
	if v := h.View(system()); v.Sample || v.Hosts() != 0 || v.Board.Rows() != 0 {
		t.Errorf("shown after it was removed: sample %v, %d hosts, %d rows", v.Sample, v.Hosts(), v.Board.Rows())
	}
	list, err := h.Desk.Audit(ctx, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(e desk.Entry) bool { return e.Action == "sample.load" }) || !slices.ContainsFunc(list, func(e desk.Entry) bool { return e.Action == "sample.remove" }) {
		b, _ := json.Marshal(list)
		t.Errorf("the audit log: %s", b)
	}

	// Said before the sample came: it is somebody's real row.
	if err := h.Desk.EditRows(ctx, act, []desk.RowEdit{{ID: open[1].ID.String(), Owner: &owner}}); err != nil {
		t.Fatal(err)
	}
	before = left(t, h)
	time.Sleep(2 * time.Millisecond)
	if err := errors.Join(h.LoadSample(ctx, act), h.RemoveSample(ctx, act)); err != nil {
		t.Fatal(err)
	}
	if got := left(t, h); got != before || !strings.Contains(got, owner) {
		t.Errorf("what was said before it came: %.500s", got)
	}
}

// TestSampleMakesRoom: the sample stands beside nothing real, and goes by itself when a run of somebody's own can be shown.
func TestSampleMakesRoom(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.12.1")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.12.1")
	ctx := t.Context()
	act := desk.Act{Who: system()}
	if err := h.LoadSample(ctx, act); err != nil {
		t.Fatal(err)
	}
	j, err := h.LaunchBare(ctx, act, &Bare{Targets: []string{"127.9.12.1"}, Checks: []string{"rdp"}})
	j = h.done(t, j, err)
	v := h.View(system())
	rows := rowsIn(t, v.Board, estate.Open, estate.InWork, estate.ToVerify, estate.Closed, estate.Excepted)
	if v.Sample || v.Hosts() != 1 || len(rows) != 1 || rows[0].Endpoint.Addr.String() != "127.9.12.1" {
		t.Errorf("beside a real host: sample %v, %d hosts, %d rows", v.Sample, v.Hosts(), len(rows))
	}
	for begin := time.Now(); strings.Contains(left(t, h), "sample"); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("the sample stays: %.500s", left(t, h))
		}
	}
	memory, err := h.remembered(ctx)
	if err != nil || memory.Rows() != 1 {
		t.Errorf("the board remembers %d rows (%v)", memory.Rows(), err)
	}
	if runs, err := h.Runs(ctx, system()); err != nil || len(runs) != 1 || runs[0].ID != j.Run {
		t.Errorf("runs: %v (%v)", runs, err)
	}
	if err := h.LoadSample(ctx, act); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("the sample beside a real run: %v", err)
	}
}
