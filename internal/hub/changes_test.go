package hub

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"signet/internal/check/all"
	"signet/internal/check/checktest"
	"signet/internal/compare"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// told are the changes that somebody sees, a line each.
func (h *openedHub) told(t *testing.T, who desk.Who, after string) (lines []string, next string) {
	t.Helper()
	page, err := h.Changes(t.Context(), who, after, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range page.Items {
		lines = append(lines, fmt.Sprintf("%s %s %s>%s", c.Kind, c.Endpoint(), c.OldVerdict, c.NewVerdict))
	}
	return lines, page.Next
}

// compared waits until a run was compared, and gives what came of it.
func (h *openedHub) compared(t *testing.T, id string) (of *ChangeSet) {
	t.Helper()
	soon(t, "run "+id+" is compared", func() bool { return h.changes.knows(id) })
	sets, _ := h.ChangeSets(system(), 0)
	for _, s := range sets {
		if s.Run == id {
			of = s
		}
	}
	return of
}

// TestChangesOfASite: what changed is told once after each run, also of a verification and never again by the run after it; it outlives the runs.
func TestChangesOfASite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	server, other := checktest.ServeDesktop(t, "127.9.31.1"), checktest.ServeDesktop(t, "127.9.31.2")
	h := openHub(t, path, "127.9.31.0/24")
	ctx := t.Context()
	site, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "desks", Targets: []string{"127.9.31.1", "127.9.31.2"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	launch := func() Job {
		t.Helper()
		j, err := h.LaunchSite(ctx, act(), site.ID)
		return h.done(t, j, err)
	}
	want := func(after string, lines ...string) (next string) {
		t.Helper()
		got, next := h.told(t, system(), after)
		if !reflect.DeepEqual(got, lines) {
			t.Errorf("behind %q: %q, want %q", after, got, lines)
		}
		return next
	}
	first := launch()
	if s := h.compared(t, first.Run); s != nil {
		t.Errorf("the first run is compared with %+v", s)
	}
	at := want("")

	server.Mended.Store(true)
	page, err := h.View(system()).Board.Page(&estate.RowFilter{Q: "127.9.31.1"}, "", 0)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v (%v)", page, err)
	}
	v, err := h.Verify(ctx, act(), page.Items[0].ID)
	v = h.done(t, v, err)
	if s := h.compared(t, v.Run); s == nil || s.Before != first.Run || s.Site != site.ID || s.Verifies == nil || s.Sums["improved"] != 1 {
		t.Fatalf("of the verification came %+v", s)
	}
	at = want(at, "improved 127.9.31.1:3389 unseen>guarded")

	second := launch() // what the verification told is no news
	if s := h.compared(t, second.Run); s == nil || s.Rows != 0 || s.Before != first.Run {
		t.Fatalf("of the run after it came %+v", s)
	}
	at = want(at)
	want(at)

	server.Mended.Store(false)
	again, err := h.Verify(ctx, act(), page.Items[0].ID)
	again = h.done(t, again, err)
	h.compared(t, again.Run)
	server.Mended.Store(true)
	other.Mended.Store(true)
	third := launch() // the first endpoint is as in the run before, and not as it was verified
	if s := h.compared(t, third.Run); s == nil || s.Before != second.Run {
		t.Fatalf("of the third run came %+v", s)
	}
	want(at, "worsened 127.9.31.1:3389 guarded>unseen", "improved 127.9.31.2:3389 unseen>guarded", "improved 127.9.31.1:3389 unseen>guarded")

	// Who sees other sites alone hears nothing.
	if got, _ := h.told(t, desk.Who{Via: desk.BySession, ID: "u", Role: desk.Viewer, Sites: []string{"another"}}, ""); got != nil {
		t.Errorf("who is limited to another site is told %q", got)
	}
	mine := desk.Who{Via: desk.BySession, ID: "u", Role: desk.Viewer, Sites: []string{site.ID}}
	if got, _ := h.told(t, mine, ""); len(got) != 4 {
		t.Errorf("who is limited to the site is told %q", got)
	}
	if _, err := h.Changes(ctx, system(), "0-1", 10); !errors.Is(err, ErrCursor) {
		t.Errorf("a cursor that was never given: %v", err)
	}

	// The newest first, by host and by kind, page by page.
	history := func(f *ChangeFilter, most int) (lines []string) {
		t.Helper()
		for after := ""; ; {
			page, err := h.History(ctx, system(), f, after, most)
			if err != nil || len(page.Items) > most {
				t.Fatalf("%+v (%v)", page, err)
			}
			for _, c := range page.Items {
				lines = append(lines, c.Kind.String()+" "+c.Endpoint().Addr.String()+" "+c.Set.Run)
			}
			if after = page.Next; after == "" {
				return lines
			}
		}
	}
	all := []string{"improved 127.9.31.2 " + third.Run, "improved 127.9.31.1 " + third.Run, "worsened 127.9.31.1 " + again.Run, "improved 127.9.31.1 " + v.Run}
	for _, most := range []int{1, 2, 3, 100} {
		if got := history(&ChangeFilter{}, most); !reflect.DeepEqual(got, all) {
			t.Errorf("%d at a time: %q, want %q", most, got, all)
		}
	}
	none := ""
	for _, c := range []struct {
		f    ChangeFilter
		want []string
	}{
		{ChangeFilter{Kinds: []compare.Kind{compare.Worsened}}, all[2:3]}, {ChangeFilter{Site: &site.ID}, all}, {ChangeFilter{Site: &none}, nil},
		{ChangeFilter{Since: again.Began}, all[:3]}, {ChangeFilter{Since: time.Now().Add(time.Hour)}, nil},
	} {
		if got := history(&c.f, 2); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
	}

	// They outlive the runs, and the process.
	for _, j := range []Job{first, v, second, again} {
		if err := h.Store.Delete(ctx, j.Run); err != nil {
			t.Fatal(err)
		}
	}
	h.stop()
	h = openHub(t, path, "127.9.31.0/24")
	if got := history(&ChangeFilter{}, 100); !reflect.DeepEqual(got, all) {
		t.Errorf("after the runs went: %q, want %q", got, all)
	}
	var host estate.Host
	soon(t, "the host is shown", func() bool {
		hosts, err := h.View(system()).HostsPage(&estate.HostFilter{Q: "127.9.31.1"}, "", 10)
		if err == nil && len(hosts.Items) == 1 {
			host = hosts.Items[0]
		}
		return host.Address.IsValid()
	})
	list, err := h.HostChanges(ctx, system(), &host, 100)
	if err != nil || len(list) != 3 || list[0].Set.Run != third.Run || list[2].Set.Run != v.Run {
		t.Errorf("of the host: %+v (%v)", list, err)
	}
}

// unsure is a store whose next write of changes fails: before it is made, or after.
type unsure struct {
	*sqlite.Store
	before, after bool
}

var errLost = errors.New("the connection is lost")

func (u *unsure) Write(ctx context.Context, edits ...store.Edit) ([]uint64, error) {
	if edits[len(edits)-1].Kind != comparedKind {
		return u.Store.Write(ctx, edits...)
	}
	if u.before {
		return nil, errLost
	}
	revs, err := u.Store.Write(ctx, edits...)
	if u.after {
		err = errLost
	}
	return revs, err
}

// TestChangesOnce: wherever a write of changes is cut short, the next process tells them, and nobody tells them twice. Runs of no site are
// compared with one that asked the same.
func TestChangesOnce(t *testing.T) {
	server := checktest.ServeDesktop(t, "127.9.32.1")
	path := filepath.Join(t.TempDir(), "s.db")
	ctx := t.Context()
	process := func(u *unsure, do func(*Hub)) {
		t.Helper()
		st, err := sqlite.Open(ctx, path, true)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		u.Store = st
		d, err := desk.Open(ctx, u, desk.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		h, err := Open(ctx, Config{Env: &run.Env{Checks: all.Checks()}, Store: u, Desk: d, Policy: "baseline"})
		if err != nil {
			t.Fatal(err)
		}
		do(h)
	}
	scan := func(h *Hub, checks ...string) {
		t.Helper()
		o := run.NewOrder("127.9.32.1")
		o.Checks = checks
		if _, err := h.Env.Scan(ctx, o, run.Into{Store: h.Store}, report.Ignore{}); err != nil {
			t.Fatal(err)
		}
	}
	kinds := func(h *Hub) (s string) {
		t.Helper()
		page, err := h.Changes(ctx, system(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			s += c.Kind.String() + " " + c.ID[:16] + " "
		}
		return s
	}
	const once = "improved 0000000000000001 "
	process(&unsure{before: true}, func(h *Hub) {
		scan(h, "rdp")
		server.Mended.Store(true)
		scan(h, "rdp")
		if err := h.compareNew(ctx); !errors.Is(err, errLost) {
			t.Errorf("nothing was written, and it says %v", err)
		}
	})
	process(&unsure{after: true}, func(h *Hub) {
		if got := kinds(h); got != "" {
			t.Errorf("nothing was written, and it tells %q", got)
		}
		if err := h.compareNew(ctx); !errors.Is(err, errLost) {
			t.Errorf("what came of the write is not known, and it says %v", err)
		}
		h.unlike = map[string]bool{}
		for range 2 {
			if h.compareNew(ctx); kinds(h) != once {
				t.Errorf("it tells %q", kinds(h))
			}
		}
	})
	process(&unsure{}, func(h *Hub) {
		if err := h.compareNew(ctx); err != nil || kinds(h) != once {
			t.Errorf("the next process tells %q (%v)", kinds(h), err)
		}
		server.Mended.Store(false)
		scan(h, "rdp", "http") // which asked something else
		if err := h.compareNew(ctx); err != nil || kinds(h) != once {
			t.Errorf("after a run of another scope it tells %q (%v)", kinds(h), err)
		}
		scan(h, "rdp")
		if err := h.compareNew(ctx); err != nil || kinds(h) != once+"worsened 0000000000000002 " {
			t.Errorf("after a run of that scope it tells %q (%v)", kinds(h), err)
		}
		pages(t, h)
	})
}
