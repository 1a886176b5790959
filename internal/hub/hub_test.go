package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/notify"
	"signet/internal/report"
	"signet/internal/report/prose"
	"signet/internal/run"
	"signet/internal/seal"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// opened is a hub as one process has it.
type openedHub struct {
	*Hub
	stop  func()
	later atomic.Int64 // by how much its clock is fast
}

func openHub(t *testing.T, path string, allow ...string) *openedHub {
	return openHubAt(t, path, nil, allow...)
}

// openHubAt opens one with a clock of its own; nil: the system's.
func openHubAt(t *testing.T, path string, now func() time.Time, allow ...string) *openedHub {
	return openHubTo(t, path, now, nil, allow...)
}

// openHubTo opens one whose messages send takes; nil: nobody does.
func openHubTo(t *testing.T, path string, now func() time.Time, send func(context.Context, notify.Channel, *notify.Message) (notify.Result, error), allow ...string) *openedHub {
	t.Helper()
	return openHubWith(t, path, now, func(c *Config) { c.Send = send }, allow...)
}

// openHubWith opens one of a configuration that is changed before.
func openHubWith(t *testing.T, path string, now func() time.Time, change func(*Config), allow ...string) *openedHub {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	return openHubOver(t, st, now, change, allow...)
}

// deskStore is what a hub stands on.
type deskStore interface {
	store.Store
	store.Desk
}

// openHubOver opens one over a store that is open, and closes that at its end.
func openHubOver(t *testing.T, st deskStore, now func() time.Time, change func(*Config), allow ...string) *openedHub {
	t.Helper()
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.Open(t.Context(), st, desk.Config{Policies: []string{"baseline", "strict"}, Rules: []string{"rdp-nla-not-required"}, Checks: []string{"rdp"}, Now: now, CheckSchedule: CheckSchedule, CheckChannel: CheckChannel, Sealer: box})
	if err != nil {
		t.Fatal(err)
	}
	e := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	if e.Limits, err = e.NewLimits(t.Context(), run.Limits{Allow: allow, Depth: signet.Anonymous, Rate: 500}); err != nil {
		t.Fatal(err)
	}
	o := &openedHub{}
	if now == nil {
		now = func() time.Time { return time.Now().Add(time.Duration(o.later.Load())) }
	}
	c := Config{Env: e, Store: st, Desk: d, Grace: 100 * time.Millisecond, Now: now, URL: "https://signet.example", Warn: func(s string) { t.Log(s) }}
	change(&c)
	h, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { h.Work(ctx); close(gone) }()
	o.Hub = h
	var stopped atomic.Bool
	o.stop = func() {
		if !stopped.Swap(true) {
			cancel()
			<-gone
			d.Close()
			st.Close()
		}
	}
	t.Cleanup(o.stop)
	return o
}

// done waits for the end of a job.
func (h *openedHub) done(t *testing.T, j Job, err error) Job {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		now, _, err := h.Job(system(), j.ID)
		switch {
		case err != nil:
			t.Fatal(err)
		case now.State.Ended():
			if now.State != desk.Done {
				t.Fatalf("job %s is %s: %s", j.ID, now.State, now.Failed)
			}
			return now
		case time.Since(begin) > 20*time.Second:
			t.Fatalf("job %s is %s after 20 s", j.ID, now.State)
		}
	}
}

// soon waits for what a background does.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("after 20 s: %s", what)
		}
	}
}

// rows are the rows of a board, by rule.
func rows(t *testing.T, v *View) map[string]estate.Row {
	t.Helper()
	page, err := v.Board.Page(&estate.RowFilter{}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]estate.Row{}
	for _, r := range page.Items {
		by[r.Rule] = r
	}
	return by
}

const nla = "rdp-nla-not-required"

// TestHubFromFindingToClosed: a site is asked, its finding gets an owner, the server is mended, and asking it again closes the row.
func TestHubFromFindingToClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	server := checktest.ServeDesktop(t, "127.9.3.1")
	checktest.ServeDesktop(t, "127.9.3.2")
	h := openHub(t, path, "127.9.3.0/24")
	ctx := t.Context()
	site, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "desks", Targets: []string{"127.9.3.1", "127.9.3.2"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	j, err := h.LaunchSite(ctx, act(), site.ID)
	j = h.done(t, j, err)
	var row estate.Row
	at := func(addr string) (row estate.Row) {
		page, err := h.View(system()).Board.Page(&estate.RowFilter{}, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			if r.Endpoint.Addr.String() == addr {
				row = r
			}
		}
		return row
	}
	soon(t, "the findings stand on the board", func() bool { row = at("127.9.3.1"); return row.Rule == nla && at("127.9.3.2").Rule == nla })
	if row.State != estate.Open || row.Site != site.ID || row.Run != j.Run || row.Endpoint.String() != "127.9.3.1:3389" {
		t.Errorf("the row is %+v", row)
	}
	owner := "desktop team"
	if err := h.Edit(ctx, act(), []desk.RowEdit{{ID: row.ID.String(), Was: store.AnyRev, Owner: &owner}}); err != nil {
		t.Fatal(err)
	}
	if got, other := at("127.9.3.1").Mark.Owner, at("127.9.3.2").Mark.Owner; got != owner || other != "" {
		t.Errorf("its owner is %q, that of the other row %q", got, other)
	}

	word := desk.RowToVerify
	if err := h.Edit(ctx, act(), []desk.RowEdit{{ID: row.ID.String(), Was: store.AnyRev, State: &word}}); err != nil {
		t.Fatal(err)
	}
	if got := at("127.9.3.1").State; got != estate.ToVerify {
		t.Errorf("said to be mended, it is %v", got)
	}
	again, err := h.Verify(ctx, act(), row.ID) // and is not
	h.done(t, again, err)
	soon(t, "the row is open again", func() bool { return at("127.9.3.1").State == estate.Open })

	server.Mended.Store(true)
	v, err := h.Verify(ctx, act(), row.ID)
	v = h.done(t, v, err)
	if o := v.Ordered.Order; !slices.Equal(o.Targets, []string{"127.9.3.1"}) || !slices.Equal(o.Checks, []string{"rdp"}) || !slices.Equal(o.Ports, []string{"rdp=3389"}) {
		t.Errorf("verifying asks %+v, want that endpoint alone", o)
	}
	soon(t, "the row is closed", func() bool { r, ok := h.View(system()).Board.Row(row.ID); return ok && r.State == estate.Closed })
	closed, _ := h.View(system()).Board.Row(row.ID)
	if closed.Mark.Owner != owner {
		t.Errorf("the closed row lost its owner: %+v", closed)
	}
	if o := h.View(system()).Overview(); o.Verdicts[signet.Guarded] != 1 || o.Verdicts[signet.Unseen] != 1 || o.Findings[nla] != 1 {
		t.Errorf("verdicts %v, findings %v; want the one guarded, and the other as it was", o.Verdicts, o.Findings)
	}
	if other := at("127.9.3.2"); other.State != estate.Open {
		t.Errorf("the other row is %v: a verification says nothing of it", other.State)
	}

	// The next process shows the same.
	h.stop()
	h = openHub(t, path, "127.9.3.0/24")
	if r, ok := h.View(system()).Board.Row(row.ID); !ok || r.State != estate.Closed || r.Mark.Owner != owner {
		t.Errorf("after a restart the row is %+v", r)
	}
	runs, err := h.Runs(ctx, system())
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs (%v)", len(runs), err)
	}
	var b bytes.Buffer
	if err := h.Report(ctx, system(), v.Run, prose.Text(), &b); err != nil || !strings.Contains(b.String(), "1 guarded") {
		t.Errorf("the report of %s: %v\n%s", v.Run, err, b.String())
	}
}

// TestHubSites: who is limited to sites sees nothing of others, nor of what belongs to none.
func TestHubSites(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.5.1")
	checktest.ServeDesktop(t, "127.9.5.2")
	checktest.ServeDesktop(t, "127.9.5.3")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.5.0/24")
	ctx := t.Context()
	mine, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "mine", Targets: []string{"127.9.5.1"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.LaunchSite(ctx, act(), mine.ID)
	a = h.done(t, a, err)
	b, err := h.LaunchBare(ctx, act(), &Bare{Targets: []string{"127.9.5.2"}, Checks: []string{"rdp"}})
	b = h.done(t, b, err)
	theirs, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "theirs", Targets: []string{"127.9.5.3"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.LaunchSite(ctx, act(), theirs.ID)
	c = h.done(t, c, err)
	soon(t, "all findings stand on the board", func() bool { return h.View(system()).Board.Rows() == 3 })
	me := desk.Who{Via: desk.BySession, ID: "me", Role: desk.Operator, Sites: []string{mine.ID}}
	if v := h.View(me); v.Board.Rows() != 1 || v.Hosts() != 1 || rows(t, v)[nla].Endpoint.Addr.String() != "127.9.5.1" {
		t.Errorf("I see %d rows and %d hosts: %+v", v.Board.Rows(), v.Hosts(), rows(t, v))
	}
	if runs, err := h.Runs(ctx, me); err != nil || len(runs) != 1 || runs[0].ID != a.Run {
		t.Errorf("I see runs %+v (%v)", runs, err)
	}
	for _, id := range []string{b.Run, c.Run} {
		if err := h.Report(ctx, me, id, prose.Text(), io.Discard); err == nil {
			t.Error("I read a report of what belongs to no site of mine")
		}
	}
	var other estate.ID
	page, err := h.View(system()).Board.Page(&estate.RowFilter{}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Items {
		if r.Site == "" {
			other = r.ID
		}
	}
	if _, err := h.Verify(ctx, desk.Act{Who: me}, other); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("I verify what is not mine: %v", err)
	}
	if _, _, err := h.Job(me, b.ID); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("I see a job that is not mine: %v", err)
	}
}

// TestHubReadsOthersRuns: what a command line stored is shown, and once.
func TestHubReadsOthersRuns(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.6.1")
	path := filepath.Join(t.TempDir(), "s.db")
	st, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	e := &run.Env{Checks: all.Checks()}
	o := run.NewOrder("127.9.6.1")
	o.Checks = []string{"rdp"}
	for range 2 {
		if _, err := e.Scan(t.Context(), o, run.Into{Store: st}, report.Ignore{}); err != nil {
			t.Fatal(err)
		}
	}
	st.Close()
	h := openHub(t, path)
	soon(t, "the finding of the other process stands on the board", func() bool { return rows(t, h.View(system()))[nla].Rule != "" })
	if n := h.View(system()).Board.Rows(); n != 1 {
		t.Errorf("%d rows, want the endpoint once", n)
	}
	if _, err := h.LaunchBare(t.Context(), act(), &Bare{Targets: []string{"127.9.6.1"}}); err == nil {
		t.Error("launched without anything being allowed")
	}
}
