package hub

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/store"
)

func TestRunsBeyond(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	var runs []store.Run
	of := map[string]place{}
	add := func(id, site string, days int, change func(*store.Run)) {
		at := now.AddDate(0, 0, -days)
		r := store.Run{ID: id, Started: at, Ended: at}
		if change != nil {
			change(&r)
		}
		runs = append(runs, r)
		of[id] = place{Site: site}
	}
	add("under way", "a", 0, func(r *store.Run) { r.Ended = time.Time{} })
	add("failed now", "a", 1, func(r *store.Run) { r.Failed = "why" })
	add("newest", "a", 10, nil)
	add("verified", "a", 15, nil)
	of["verified"] = place{Site: "a", Verifies: &Verifies{}}
	add("second", "a", 20, nil)
	add("failed", "a", 25, func(r *store.Run) { r.Failed = "why" })
	add("third", "a", 30, nil)
	add("damaged", "a", 35, func(r *store.Run) { r.Damaged = true })
	add("killed", "a", 36, func(r *store.Run) { r.Ended = time.Time{} })
	add("fourth", "a", 40, nil)
	add("of none", "", 50, nil)
	add("stands", "", 60, nil)
	add("old of none", "", 70, nil)
	stay := map[string]bool{"stands": true}
	for _, c := range []struct {
		keep desk.Retention
		want []string
	}{
		{desk.Retention{}, nil},
		{desk.Retention{Runs: 1}, []string{"verified", "second", "failed", "third", "fourth", "old of none"}},
		{desk.Retention{Runs: 3}, []string{"fourth"}},
		{desk.Retention{Days: 26}, []string{"third", "fourth", "old of none"}},
		{desk.Retention{Days: 1}, []string{"verified", "second", "failed", "third", "fourth", "old of none"}},
		{desk.Retention{Runs: 1, Days: 38}, []string{"fourth", "old of none"}},
		{desk.Retention{Runs: 4, Days: 1}, nil},
	} {
		if got := beyond(runs, of, stay, func(string) desk.Retention { return c.keep }, now); !reflect.DeepEqual(got, c.want) {
			t.Errorf("keeping %+v: %q go, want %q", c.keep, got, c.want)
		}
	}
}

// TestTidy: runs go as their site says, and nothing of the estate with them; what changed outlives them for as long as it is kept itself, and
// is not told anew.
func TestTidy(t *testing.T) {
	server := checktest.ServeDesktop(t, "127.9.35.1")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.35.0/24")
	ctx := t.Context()
	site, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "desks", Targets: []string{"127.9.35.1"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for n := range 4 {
		server.Mended.Store(n%2 == 1)
		j, err := h.LaunchSite(ctx, act(), site.ID)
		ids = append(ids, h.done(t, j, err).Run)
	}
	state := func(want []string, changes int) {
		t.Helper()
		if err := h.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		runs, err := h.Runs(ctx, system())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range runs {
			got = append([]string{runs[i].ID}, got...)
		}
		page, err := h.Changes(ctx, system(), "", 100)
		if err != nil || !reflect.DeepEqual(got, want) || len(page.Items) != changes {
			t.Errorf("there are runs %q, want %q; %d changes, want %d (%v)", got, want, len(page.Items), changes, err)
		}
		if row := rows(t, h.View(system()))[nla]; row.State != estate.Closed {
			t.Errorf("the row is %+v", row)
		}
	}
	state(ids, 3)
	site.Retention.Runs = 2
	if site, err = h.Desk.PutSite(ctx, act(), site, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	state(ids[2:], 3)
	soon(t, "the readings of the runs that went are forgotten", func() bool { heads, err := h.headed(ctx); return err == nil && len(heads) == 2 })
	log, err := h.Desk.Audit(ctx, 0, 2)
	if err != nil || log[0].Action != "run.prune" || log[1].Action != "run.prune" || log[0].Detail["site"] != site.ID {
		t.Errorf("the audit log: %+v (%v)", log, err)
	}
	// The days of the settings go by: of changes too, and of the log.
	if _, err := h.Desk.ChangeSettings(ctx, act(), desk.Settings{Retention: desk.Keeping{Changes: 30, Audit: 30}}, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	state(ids[2:], 3)
	h.later.Store(int64(31 * 24 * time.Hour))
	state(ids[2:], 0)
	if log, err = h.Desk.Audit(ctx, 0, 100); err != nil || len(log) != 1 || log[0].Action != "audit.prune" {
		t.Errorf("the audit log: %+v (%v)", log, err)
	}
	if n, err := desk.VerifyAudit(ctx, h.documents); n != 1 || err != nil {
		t.Errorf("the audit log: %d, %v", n, err)
	}
	if err := h.compareNew(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := h.told(t, system(), ""); got != nil {
		t.Errorf("what is not kept any more is told anew: %q", got)
	}
	state(ids[2:], 0)
	server.Mended.Store(true)
	j, err := h.LaunchSite(ctx, act(), site.ID)
	j = h.done(t, j, err)
	state([]string{ids[3], j.Run}, 0)
}
