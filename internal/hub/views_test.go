package hub

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/store"
)

// However many sets of sites users are limited to, a few views are kept; a mark shows in each of them, and in one made afterwards.
func TestViewsAreFew(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.14.1")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.14.0/24")
	ctx := t.Context()
	site, err := h.Desk.PutSite(ctx, act(), desk.Site{Name: "mine", Targets: []string{"127.9.14.1"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	j, err := h.LaunchSite(ctx, act(), site.ID)
	h.done(t, j, err)
	who := func(n int) desk.Who {
		return desk.Who{Via: desk.BySession, ID: "me", Role: desk.Viewer, Sites: []string{site.ID, fmt.Sprint("gone", n)}}
	}
	const users = 4 * mostLimited
	var wg sync.WaitGroup
	for n := range users {
		wg.Go(func() {
			if got := h.View(who(n)).Board.Rows(); got != 1 {
				t.Errorf("user %d sees %d rows", n, got)
			}
		})
	}
	wg.Wait()
	h.View(who(0))
	kept := h.View(who(0))
	if n := len(h.shown().views.some); n != mostLimited {
		t.Errorf("%d views are kept, want %d", n, mostLimited)
	}
	for n := range 2 * mostLimited { // whoever goes on asking stays
		h.View(who(users + n))
		if h.View(who(0)) != kept {
			t.Fatal("the view of who asked just now was made again")
		}
	}
	var id estate.ID
	for _, r := range rows(t, kept) {
		id = r.ID
	}
	if err := h.Edit(ctx, act(), []desk.RowEdit{{ID: id.String(), Owner: new("Mara")}}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, users + 2*mostLimited - 1, 2 * users} {
		if got := h.View(who(n)).Board.Count(&estate.RowFilter{Owner: "Mara"}); got != 1 {
			t.Errorf("user %d sees %d rows of the new owner", n, got)
		}
	}
}

// What is known of heads is what is stored, also where a write ended in an error.
func TestHeadsAreThoseStored(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.15.1")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.15.0/24")
	ctx := t.Context()
	same := func(when string) {
		t.Helper()
		got, err := h.headed(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want, err := h.readHeads(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d heads, %d are stored", when, len(got), len(want))
		}
		for id := range want {
			if fmt.Sprint(*got[id]) != fmt.Sprint(*want[id]) {
				t.Errorf("%s: the head of %s is %+v, want %+v", when, id, *got[id], *want[id])
			}
		}
	}
	same("at the beginning")
	var last Job
	for range 2 {
		j, err := h.LaunchBare(ctx, act(), &Bare{Targets: []string{"127.9.15.1"}, Checks: []string{"rdp"}})
		last = h.done(t, j, err)
	}
	same("after two runs")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := h.forget(gone, last.Run); err == nil {
		t.Fatal("a reading was forgotten without the store")
	}
	same("after an error")
	if err := h.forget(ctx, last.Run); err != nil {
		t.Fatal(err)
	}
	same("after a reading was forgotten")
}

// What the board remembers cannot be read: that ends the work, and is no estate with nothing wrong in it that somebody goes on with.
func TestBrokenMemoryEndsTheWork(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	h := openHub(t, path)
	if _, err := h.documents.Write(t.Context(), store.Edit{Kind: memoryKind, ID: "000000", Was: store.AnyRev, Body: []byte("altered")}); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), h.Config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := again.Work(ctx); err == nil || !strings.Contains(err.Error(), "board remembers") {
		t.Errorf("the work ended with %v", err)
	}
	if n := again.View(system()).Board.Rows(); n != 0 {
		t.Errorf("%d rows", n)
	}
}
