package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"signet/internal/store"
)

// The environment of a process that Kill starts: it is the test's own program, told to write and nothing else.
const (
	killedEnv = "SIGNET_TEST_WRITES"
	fromEnv   = "SIGNET_TEST_FROM"
)

// Writer turns the process into the one that Kill or HoldKilled kills, if it is that: it stores observations of the run, or documents,
// until it dies. A test program calls it first thing, from TestMain.
func Writer(open func(ctx context.Context, where string) (store.Store, error)) {
	fatal := func(err error) {
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
	}
	if where := os.Getenv(holdsEnv); where != "" {
		fatal(holdAndWrite(open, where))
	}
	where, from := os.Getenv(killedEnv), os.Getenv(fromEnv)
	if where == "" {
		return
	}
	ctx := context.Background()
	s, err := open(ctx, where)
	fatal(err)
	first, err := strconv.Atoi(from)
	fatal(err)
	progress := func() store.Progress { return store.Progress{} }
	r, err := store.Begin(ctx, s, NewRun("killed"), progress)
	if errors.Is(err, store.ErrExists) {
		var runs []store.Run
		runs, err = store.AllRuns(ctx, s)
		fatal(err)
		var run *store.Run
		run, err = store.Find(runs, "killed")
		fatal(err)
		r, err = store.GoOn(ctx, s, run, progress)
	}
	fatal(err)
	for i := first; ; i++ {
		fatal(r.Record(Observation(i), i%2 == 0))
	}
}

// Kill kills a process in the middle of a bulk write, times over; each one goes on where the one before was committed. What
// was committed must be whole each time, and grow.
func Kill(t *testing.T, times int, where string, p Place) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	s := open(t, p)
	for range times {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), killedEnv+"="+where, fromEnv+"="+strconv.Itoa(stored))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "nothing is stored", func() bool {
			runs, err := store.AllRuns(t.Context(), s)
			return err == nil && len(runs) > 0 && runs[0].Observations > uint64(stored)
		})
		time.Sleep(time.Duration(rand.IntN(800)) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		runs, err := store.AllRuns(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		n := int(runs[0].Observations)
		i := 0
		for o, err := range store.Observations(t.Context(), s, &runs[0], store.AsStored) {
			if err != nil {
				t.Fatal(err)
			}
			if i >= stored || i%997 == 0 {
				if d := differ(o, canonical(Observation(i), i%2 == 0)); d != "" {
					t.Fatalf("observation %d: %s", i, d)
				}
			}
			i++
		}
		if i != n {
			t.Fatalf("%d observations can be read, the run counts %d", i, n)
		}
		stored = n
	}
	t.Logf("%d kills, %d observations", times, stored)
}

// Kills is how often a test kills: twice, or twenty times in the long tests.
func Kills() int {
	if os.Getenv("SIGNET_LONG") != "" {
		return 20
	}
	return 2
}
