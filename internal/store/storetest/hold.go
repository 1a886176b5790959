package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"signet/internal/store"
)

// holdsEnv makes the test's own program a holder: it takes the name "serve" of the desk, tells so, and writes pairs of documents until it
// dies, telling of each pair that is stored.
const holdsEnv = "SIGNET_TEST_HOLDS"

func holdAndWrite(open func(ctx context.Context, where string) (store.Store, error), where string) error {
	ctx := context.Background()
	s, err := open(ctx, where)
	if err != nil {
		return err
	}
	d := s.(store.Desk)
	if _, _, err := d.Hold(ctx, "serve"); err != nil {
		return err
	}
	fmt.Println("held")
	for i := 0; ; i++ {
		body := strconv.AppendInt(nil, int64(i), 10)
		if _, err := d.Write(ctx, store.Edit{Kind: "pair", ID: "a", Was: store.AnyRev, Body: body}, store.Edit{Kind: "pair", ID: "b", Was: store.AnyRev, Body: body}); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

func testHold(t *testing.T, p Place) {
	one, two := openDesk(t, p), openDesk(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	held, release, err := one.Hold(ctx, "serve")
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]store.Desk{"another handle": two, "the same handle": one} {
		if _, _, err := d.Hold(t.Context(), "serve"); !errors.Is(err, store.ErrHeld) {
			t.Errorf("%s holds it too: %v", name, err)
		}
	}
	_, other, err := two.Hold(t.Context(), "notify")
	if err != nil {
		t.Errorf("another name: %v", err)
	} else {
		other()
	}
	for _, name := range []string{"", "a/b", "../x", "A", "a b"} {
		if _, _, err := two.Hold(t.Context(), name); err == nil || errors.Is(err, store.ErrHeld) {
			t.Errorf("%q can be held: %v", name, err)
		}
	}
	// Whoever does not hold it reads and writes.
	write(t, two, store.Edit{Kind: "user", ID: "a", Body: []byte("x")})
	if held.Err() != nil {
		t.Errorf("it ended: %v", context.Cause(held))
	}
	cancel()
	<-held.Done()
	release()
	held, release, err = two.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatalf("after it was released: %v", err)
	}
	release()
	for range 20 { // what is released is free when release returns
		_, again, err := one.Hold(t.Context(), "serve")
		if err != nil {
			t.Fatal(err)
		}
		again()
	}
	release()
	if <-held.Done(); context.Cause(held) != context.Canceled {
		t.Errorf("what was released ended by %v", context.Cause(held))
	}
}

// HoldKilled has another process hold the desk, and kills it: the hold is free at once, and of what it said to have stored, in pairs,
// nothing is lost or halved.
func HoldKilled(t *testing.T, times int, where string, p Place) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, p)
	for n := range times {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), holdsEnv+"="+where)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		told := bufio.NewScanner(out)
		if !told.Scan() || told.Text() != "held" {
			t.Fatalf("the other process says %q", told.Text())
		}
		if _, _, err := d.Hold(t.Context(), "serve"); !errors.Is(err, store.ErrHeld) {
			t.Errorf("what another process holds is held here too: %v", err)
		}
		last := -1
		for i := 0; i < 5+7*n && told.Scan(); i++ {
			last, _ = strconv.Atoi(told.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for told.Scan() { // what it said before it died
			if n, err := strconv.Atoi(told.Text()); err == nil {
				last = n
			}
		}
		cmd.Wait()
		if last < 0 {
			t.Fatal("it stored nothing")
		}
		var release func()
		start := time.Now()
		eventually(t, "the hold of a process that died is not free", func() bool {
			_, release, err = d.Hold(t.Context(), "serve")
			return err == nil
		})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("free after %s", took)
		}
		release()
		a, errA := d.Document(t.Context(), "pair", "a")
		b, errB := d.Document(t.Context(), "pair", "b")
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if stored, err := strconv.Atoi(string(a.Body)); err != nil || string(a.Body) != string(b.Body) || stored < last || stored > last+1 {
			t.Errorf("%q and %q stand, and %d was said to be stored", a.Body, b.Body, last)
		}
	}
}
