package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/store/sqlite"
)

// receiver takes lines, or does not.
type receiver struct {
	mu    sync.Mutex
	down  bool
	took  []uint64
	tries int
	text  strings.Builder
}

func (r *receiver) send(_ context.Context, lines []notify.Line) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.down {
		return errors.New("connection refused")
	}
	for _, l := range lines {
		var e desk.Entry
		if err := json.Unmarshal(l.Text, &e); err != nil {
			return err
		}
		r.took = append(r.took, e.Seq)
		r.text.Write(l.Text)
	}
	return nil
}

func (r *receiver) set(down bool) { r.mu.Lock(); defer r.mu.Unlock(); r.down = down }

func (r *receiver) numbers() string { r.mu.Lock(); defer r.mu.Unlock(); return fmt.Sprint(r.took) }

func (r *receiver) tried() int { r.mu.Lock(); defer r.mu.Unlock(); return r.tries }

// carried is a desk whose log goes to a receiver, as a process has it.
type carried struct {
	*desk.Desk
	*Courier
	warned chan string
	end    func()
}

func opened(t *testing.T, path string, r *receiver) *carried {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	out := &carried{warned: make(chan string, 10)}
	out.Courier = New(Config{To: "syslog://x.example", Send: r.send, Warn: func(s string) { out.warned <- s },
		Wait: func(ctx context.Context, _ time.Duration) error { return wait(ctx, 5*time.Millisecond) }})
	if out.Desk, err = desk.Open(t.Context(), s, desk.Config{Told: out.Told, Carrying: out.State}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- out.Work(ctx, out.Desk) }()
	out.end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		out.Desk.Close()
		s.Close()
	})
	t.Cleanup(out.end)
	return out
}

func (c *carried) note(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := c.Note(t.Context(), desk.Act{Who: desk.System()}, "test.note", "x", "a", "<é>"); err != nil {
			t.Fatal(err)
		}
	}
}

// said is what the courier warns of next.
func (c *carried) said(t *testing.T) string {
	t.Helper()
	select {
	case w := <-c.warned:
		return w
	case <-time.After(10 * time.Second):
		t.Fatal("after 10 s it has warned of nothing")
		return ""
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("after 10 s it is not so: " + what)
		}
	}
}

func numbers(n int) string {
	var list []int
	for i := range n {
		list = append(list, i+1)
	}
	return fmt.Sprint(list)
}

// TestCarried: each entry goes out once and in order, what could not be sent goes out later, over the end of a process too, and nobody waits.
func TestCarried(t *testing.T) {
	r, path := &receiver{}, filepath.Join(t.TempDir(), "s.db")
	c := opened(t, path, r)
	c.note(t, 3)
	until(t, "three are taken", func() bool { return r.numbers() == numbers(3) })
	until(t, "it knows", func() bool {
		s := c.Carrying()
		return s.Taken == 3 && s.Waiting == 0 && s.Since.IsZero() && !s.Last.IsZero()
	})
	r.set(true)
	c.note(t, batch+10)
	until(t, "it was tried", func() bool { return r.tried() > 5 })
	until(t, "it says so", func() bool {
		s := c.Carrying()
		return s.Waiting == batch+10 && s.Why == "connection refused" && !s.Since.IsZero() && s.To == "syslog://x.example"
	})
	if w := c.said(t); !strings.Contains(w, "connection refused") || len(c.warned) > 0 {
		t.Errorf("it says %q, and %d more", w, len(c.warned))
	}
	c.end()

	c = opened(t, path, r)
	until(t, "it knows what waits", func() bool { return c.Carrying().Waiting == batch+10 })
	r.set(false)
	until(t, "all are taken", func() bool { return r.numbers() == numbers(batch+13) })
	c.note(t, 1)
	until(t, "one more", func() bool { return r.numbers() == numbers(batch+14) })
	until(t, "it is remembered", func() bool { n, err := c.Carried(t.Context()); return err == nil && n == batch+14 })
	c.end()

	c = opened(t, path, r)
	c.note(t, 1)
	until(t, "the newest alone", func() bool { return r.numbers() == numbers(batch+15) })
	if !strings.Contains(r.text.String(), `"detail":{"a":"<é>"}`) || !strings.Contains(r.text.String(), `"hash":"`) {
		t.Errorf("what was sent is not what stands in the log: %.300s", r.text.String())
	}
}

// TestTakenAway: what an admin had taken away before it was sent is missed in so many words.
func TestTakenAway(t *testing.T) {
	r, path := &receiver{}, filepath.Join(t.TempDir(), "s.db")
	c := opened(t, path, r)
	c.note(t, 2)
	until(t, "two are taken", func() bool { return c.Carrying().Taken == 2 })
	r.set(true)
	c.note(t, 4)
	c.said(t)
	if n, err := c.PruneAudit(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 6 {
		t.Fatal(n, err)
	}
	r.set(false)
	until(t, "the rest is taken", func() bool { return r.numbers() == "[1 2 7]" })
	for _, want := range []string{"entries 3 to 6 of the audit log were taken away", "again"} {
		if w := c.said(t); !strings.Contains(w, want) {
			t.Errorf("%q, want %q", w, want)
		}
	}
}

func TestLongEntry(t *testing.T) {
	l, err := line(&desk.Entry{Seq: 4, Action: "a", Result: "failed", Detail: map[string]string{"x": strings.Repeat("y", 9000)}})
	if err != nil || !l.Fits() || !l.Failed || !strings.Contains(string(l.Text), `"detail":{"left out":"too long"}`) || !strings.Contains(string(l.Text), `"seq":4`) {
		t.Errorf("%v %s", err, l.Text)
	}
	if p := []time.Duration{pause(1), pause(3), pause(100)}; p[0] != time.Second || p[1] != 4*time.Second || p[2] != time.Minute {
		t.Errorf("pauses %v", p)
	}
}
