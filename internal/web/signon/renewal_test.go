package signon_test

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// clock is one that goes on when it is told to, besides by itself.
type clock struct {
	mu   sync.Mutex
	more time.Duration
}

func newClock() *clock { return &clock{} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return time.Now().Add(c.more) }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.more += d }

// While the provider is away a session goes on, for a quarter of an hour and no longer.
func TestGrace(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	c := newClock()
	s := serve(t, h.config(), c.now, false, "admins=admin")
	b := s.browser(t)
	if b.get(answer(h.begun(b, "/"))); !b.in() {
		t.Fatalf("not in: %s", s.text())
	}
	for range 3 { // and it is renewed as often as it is due
		gave := h.gave
		c.add(5*time.Minute + time.Second)
		s.RenewNow(t)
		if h.gave != gave+1 || !b.in() {
			t.Fatalf("%d renewals, in %v", h.gave-gave, b.in())
		}
	}
	h.change(func() {
		h.token = func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return true
		}
	})
	c.add(5*time.Minute + 14*time.Minute)
	s.RenewNow(t)
	if !b.in() {
		t.Error("it ends while the provider is away for a while")
	}
	c.add(2 * time.Minute)
	s.RenewNow(t)
	if b.in() {
		t.Error("it goes on while the provider is away for good")
	}
}
