package outbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/internal/store"
)

// TestOrder: what was made while a receiver was away arrives in the order in which it was made, whatever each message waited for, and soon.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, away := range []time.Duration{20 * time.Second, 5 * time.Minute, 40 * time.Minute, 2 * time.Hour, 9 * time.Hour} {
			d, r := &desk{all: map[string]store.Document{}}, &receiver{down: map[string]bool{}}
			b, stop := opened(t, d, r)
			post(t, b, "before", []string{"a"}, nil)
			time.Sleep(time.Second)
			synctest.Wait()
			r.mu.Lock()
			r.down["a"] = true
			r.mu.Unlock()
			want := []string{"a before"}
			for i := range 7 {
				title := fmt.Sprint("message ", i)
				post(t, b, title, []string{"a"}, nil)
				want = append(want, "a "+title)
				time.Sleep(away / 7)
			}
			synctest.Wait()
			tries := 0
			for _, list := range r.tried {
				for _, at := range list {
					if time.Since(at) < 30*time.Minute {
						tries++
					}
				}
			}
			if away > 3*time.Hour && tries > 2 {
				t.Errorf("away for %v: asked %d times in the last half hour, more than twice", away, tries)
			}
			r.mu.Lock()
			r.down["a"] = false
			r.mu.Unlock()
			back := time.Now()
			for time.Since(back) < 2*time.Hour && len(r.titles()) < len(want) {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			if got := r.titles(); !slices.Equal(got, want) {
				t.Errorf("away for %v: %q", away, got)
			}
			if took := time.Since(back); took > time.Hour+time.Minute {
				t.Errorf("away for %v: everything had arrived %v after it was back", away, took)
			}
			stop()
		}
	})
}

// TestOrderOfTheNext: what comes first once the receiver is back does not pass what waits, however long before that was tried.
func TestOrderOfTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{all: map[string]store.Document{}}, &receiver{down: map[string]bool{"a": true}}
		b, stop := opened(t, d, r)
		post(t, b, "one", []string{"a"}, nil)
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		r.mu.Lock()
		r.down["a"] = false
		r.mu.Unlock()
		post(t, b, "two", []string{"a"}, nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got, []string{"a one", "a two"}) {
			t.Errorf("%q", got)
		}
		stop()
	})
}

// TestRefused: messages that a receiver never takes hold up newer ones for ten minutes each, and not for a day.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{0, 3 * time.Hour} { // as it asks for
			d, r := &desk{all: map[string]store.Document{}}, &receiver{bad: "bad", after: after}
			b, stop := opened(t, d, r)
			var want []string
			add := func(title string) {
				post(t, b, title, []string{"a"}, nil)
				if !strings.Contains(title, "bad") {
					want = append(want, "a "+title)
				}
				time.Sleep(time.Second)
			}
			for _, title := range []string{"one", "bad 1", "two", "bad 2", "three"} {
				add(title)
			}
			synctest.Wait()
			if got := r.titles(); !slices.Equal(got, want[:1]) {
				t.Errorf("at once: %q", got)
			}
			time.Sleep(11 * time.Minute)
			synctest.Wait()
			if got := r.titles(); !slices.Equal(got, want[:2]) {
				t.Errorf("after ten minutes: %q", got)
			}
			time.Sleep(11 * time.Minute)
			synctest.Wait()
			if got := r.titles(); !slices.Equal(got, want) {
				t.Errorf("after twenty: %q", got)
			}
			add("four") // what comes then waits for nothing
			time.Sleep(time.Second)
			synctest.Wait()
			if got := r.titles(); !slices.Equal(got, want) {
				t.Errorf("then: %q", got)
			}
			time.Sleep(26 * time.Hour)
			synctest.Wait()
			for _, l := range b.Letters("a") {
				if !l.Failed || l.Why != "503" || len(r.tried[l.Message.ID]) > 60 {
					t.Errorf("a day later: %+v, tried %d times", l, len(r.tried[l.Message.ID]))
				}
			}
			if n := len(b.Letters("a")); n != 2 {
				t.Errorf("%d are shown", n)
			}
			stop()
		}
	})
}

// TestAgain: who has mended something need not wait for the next hour.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{all: map[string]store.Document{}}, &receiver{down: map[string]bool{"a": true, "b": true}}
		b, stop := opened(t, d, r)
		post(t, b, "one", []string{"a", "b"}, nil)
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		r.mu.Lock()
		clear(r.down)
		r.mu.Unlock()
		b.Again("a")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got, []string{"a one"}) {
			t.Errorf("told to: %q", got)
		}
		stop()
		_, stop = opened(t, d, r)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got, []string{"a one", "b one"}) {
			t.Errorf("at the next start: %q", got)
		}
		stop()
	})
}
