package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check/all"
	"signet/internal/desk"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// server is a hub's jobs over a store of its own, as one process has them.
type server struct {
	*Jobs
	store store.Store
	done  chan Job
	stop  func() // as the end of the process does
}

func serve(t *testing.T, path string, allow ...string) *server {
	return serveTo(t, path, nil, allow...)
}

// serveTo has out hear of the run of each job.
func serveTo(t *testing.T, path string, out func(*Job) report.Handler, allow ...string) *server {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.Open(t.Context(), st, desk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := &run.Env{Checks: all.Checks()}
	if e.Limits, err = e.NewLimits(t.Context(), run.Limits{Allow: allow, Depth: signet.Anonymous, Rate: 2000}); err != nil {
		t.Fatal(err)
	}
	s := &server{store: st, done: make(chan Job, 16)}
	s.Jobs = NewJobs(JobsConfig{Desk: d, Store: st, Out: out,
		Runner: func(site string) (Runner, error) {
			if site == "nobody" {
				return nil, errors.New("there is no such site")
			}
			return &Here{Env: e, Store: st}, nil
		},
		Done: func(_ context.Context, j *Job) { s.done <- *j },
	})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { s.Work(ctx, 100*time.Millisecond); close(gone) }()
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			cancel()
			<-gone
			d.Close()
			st.Close()
		})
	}
	t.Cleanup(s.stop)
	return s
}

// act is what somebody who may all does.
func act() desk.Act { return desk.Act{Who: desk.System()} }

// silent accepts connections and says nothing, as a server that hangs. It counts those to its address; of all of them where that is
// 0.0.0.0, and all gives the addresses that were connected to.
func silent(t *testing.T, addr string) (port int, seen func() int, all func() map[string]bool) {
	t.Helper()
	l, err := net.Listen("tcp4", addr+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var mu sync.Mutex
	n, to := 0, map[string]bool{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			n++
			to[c.LocalAddr().(*net.TCPAddr).IP.String()] = true
			mu.Unlock()
			t.Cleanup(func() { c.Close() })
		}
	}()
	locked := func(f func()) { mu.Lock(); defer mu.Unlock(); f() }
	return l.Addr().(*net.TCPAddr).Port, func() (k int) { locked(func() { k = n }); return k }, func() (m map[string]bool) { locked(func() { m = maps.Clone(to) }); return m }
}

func ask(port int, targets ...string) *run.Order {
	o := run.NewOrder(targets...)
	o.Checks, o.Ports, o.Discover = []string{"smb"}, []string{fmt.Sprint("smb=", port)}, "connect"
	return o
}

// until waits for a job to be as want says, and gives it.
func (s *server) until(t *testing.T, id string, want func(*Job) bool) Job {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		j, changed, err := s.Job(desk.System(), id)
		if err != nil {
			t.Fatal(err)
		}
		if want(&j) {
			return j
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("job %s is %+v after 20 s", id, j)
		}
	}
}

func is(s desk.JobState) func(*Job) bool { return func(j *Job) bool { return j.State == s } }

func (s *server) launch(t *testing.T, o *run.Order) Job {
	t.Helper()
	j, err := s.Launch(t.Context(), act(), "", &Ordered{Order: o})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestJobsOneAtATime: jobs are made in order, one after another, and each names its run, which the store has.
func TestJobsOneAtATime(t *testing.T) {
	port, _, _ := silent(t, "127.9.1.1")
	s := serve(t, filepath.Join(t.TempDir(), "s.db"), "127.9.1.0/24")
	slow := ask(port, "127.9.1.1")
	slow.HostTimeout = run.Duration(time.Second)
	first, second := s.launch(t, slow), s.launch(t, ask(port+1, "127.9.1.1"))
	s.until(t, first.ID, is(desk.Running))
	if j, _, _ := s.Job(desk.System(), second.ID); j.State != desk.Queued || j.Run != "" {
		t.Errorf("the second is %+v while the first runs, want it to wait", j)
	}
	a, b := s.until(t, first.ID, is(desk.Done)), s.until(t, second.ID, is(desk.Done))
	if b.Began.Before(a.Ended) {
		t.Errorf("the second began at %v, before the first ended at %v", b.Began, a.Ended)
	}
	runs, err := store.AllRuns(t.Context(), s.store)
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs are stored (%v), want 2", len(runs), err)
	}
	for _, j := range []Job{a, b} {
		if !slices.ContainsFunc(runs, func(r store.Run) bool { return r.ID == j.Run && r.Finished() }) {
			t.Errorf("job %s names run %q, which is not stored or not finished", j.ID, j.Run)
		}
		if got := <-s.done; got.ID != j.ID || got.State != desk.Done {
			t.Errorf("told that %+v is done, want %s", got, j.ID)
		}
	}
	if a.Progress.Addresses != 1 || a.Progress.Total != 1 || a.Progress.Asked == 0 {
		t.Errorf("the first is %+v far", a.Progress)
	}
	if list, err := s.List(desk.System()); err != nil || len(list) != 2 || list[0].ID != second.ID {
		t.Errorf("listed: %+v; want the newest first", list)
	}
}

// TestJobsRefuse: what may not be asked is refused at launch, and no job comes of it.
func TestJobsRefuse(t *testing.T) {
	s := serve(t, filepath.Join(t.TempDir(), "s.db"), "127.9.1.0/24")
	_, err := s.Launch(t.Context(), act(), "", &Ordered{Order: run.NewOrder("127.9.2.1")})
	if wrong, ok := errors.AsType[*run.OrderError](err); !ok || !wrong.Limit || !strings.Contains(err.Error(), "127.9.2.1") {
		t.Errorf("outside the limits: %v", err)
	}
	if _, err := s.Launch(t.Context(), act(), "nobody", &Ordered{Order: run.NewOrder("127.9.1.1")}); err == nil {
		t.Error("a site that does not exist: launched")
	}
	for _, w := range []desk.Who{{}, {Via: desk.BySession, Role: desk.Viewer}, {Via: desk.BySession, Role: desk.Operator, Sites: []string{"another"}}} {
		if _, err := s.Launch(t.Context(), desk.Act{Who: w}, "", &Ordered{Order: run.NewOrder("127.9.1.1")}); !errors.Is(err, desk.ErrForbidden) {
			t.Errorf("%+v: %v", w, err)
		}
	}
	if list, err := s.List(desk.System()); err != nil || len(list) != 0 {
		t.Errorf("jobs came of it: %+v", list)
	}
	if _, err := s.Stop(t.Context(), act(), "job999", 0); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("stopping none: %v", err)
	}
}

// TestJobsStop: one that waits is stopped at once and never begins; one under way ends soon, although its host hangs.
func TestJobsStop(t *testing.T) {
	port, seen, _ := silent(t, "127.9.1.1")
	other, seenOther, _ := silent(t, "127.9.1.2")
	s := serve(t, filepath.Join(t.TempDir(), "s.db"), "127.9.1.0/24")
	first, second := s.launch(t, ask(port, "127.9.1.1")), s.launch(t, ask(other, "127.9.1.2"))
	s.until(t, first.ID, func(j *Job) bool { return j.State == desk.Running && seen() > 0 })
	if _, err := s.Stop(t.Context(), act(), second.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	if j, _, _ := s.Job(desk.System(), second.ID); j.State != desk.Stopped || j.Run != "" || j.Ended.IsZero() {
		t.Errorf("one that waited is %+v, want stopped", j)
	}
	begin := time.Now()
	if err := s.StopAll(t.Context(), act(), 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if j := s.until(t, first.ID, is(desk.Stopped)); j.Run == "" || j.Ended.IsZero() {
		t.Errorf("one under way is %+v", j)
	}
	if long := time.Since(begin); long > 10*time.Second {
		t.Errorf("stopping took %v, with 50 ms of grace", long)
	}
	if seenOther() > 0 {
		t.Error("a job that was stopped while it waited was begun")
	}
}

// TestJobsGoOn: what was under way when the process ended goes on in the next one, unasked, as the same run.
func TestJobsGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	port, seen, all := silent(t, "0.0.0.0")
	s := serve(t, path, "127.9.1.0/24")
	o := ask(port, "127.9.1.1-127.9.1.9")
	o.HostTimeout, o.InFlight = run.Duration(time.Second), 2 // so that some are not begun
	first, second := s.launch(t, o), s.launch(t, ask(port+1, "127.9.1.1"))
	s.until(t, first.ID, func(j *Job) bool { return j.State == desk.Running && seen() > 0 })
	s.stop()
	if j, _, _ := s.Job(desk.System(), first.ID); j.State != desk.Running {
		t.Fatalf("after the end of the process it is %+v, want it to be taken for under way", j)
	}
	if _, err := s.Launch(t.Context(), act(), "", &Ordered{Order: o}); !errors.Is(err, ErrStopped) {
		t.Errorf("launched while stopping: %v", err)
	}

	s = serve(t, path, "127.9.1.0/24")
	a, b := s.until(t, first.ID, is(desk.Done)), s.until(t, second.ID, is(desk.Done))
	if a.Progress.Addresses != 9 || len(all()) != 9 {
		t.Errorf("%+v, and %v were asked: want all 9 addresses", a.Progress, all())
	}
	runs, err := store.AllRuns(t.Context(), s.store)
	if err != nil || len(runs) != 2 || a.Run == b.Run {
		t.Errorf("%d runs are stored (%v), want 2: the one that was cut short goes on as itself", len(runs), err)
	}
}

// TestJobsGoOnWithin: one that was under way is not gone on with where the limits leave it out by now.
func TestJobsGoOnWithin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	port, seen, _ := silent(t, "127.9.1.1")
	s := serve(t, path, "127.9.1.0/24")
	first := s.launch(t, ask(port, "127.9.1.1"))
	s.until(t, first.ID, func(j *Job) bool { return j.State == desk.Running && seen() > 0 })
	s.stop()
	before := seen()
	s = serve(t, path, "127.9.1.128/25")
	if j := s.until(t, first.ID, is(desk.Failed)); !strings.Contains(j.Failed, "127.9.1.1") {
		t.Errorf("it failed since %q, want the target named", j.Failed)
	}
	if seen() != before {
		t.Error("it was asked, outside the limits")
	}
}

// TestJobsBrokenStore: a job whose run cannot be stored has failed, and the next one is begun.
func TestJobsBrokenStore(t *testing.T) {
	port, _, _ := silent(t, "127.9.1.1")
	broken := true
	s := serveTo(t, filepath.Join(t.TempDir(), "s.db"), func(*Job) report.Handler {
		if broken {
			broken = false
			return brokenHandler{}
		}
		return report.Ignore{}
	}, "127.9.1.0/24")
	hanging := ask(port, "127.9.1.1")
	hanging.HostTimeout = run.Duration(300 * time.Millisecond)
	j, err := s.Launch(t.Context(), act(), "", &Ordered{Order: hanging})
	if err != nil {
		t.Fatal(err)
	}
	next := s.launch(t, ask(port+1, "127.9.1.1"))
	if got := s.until(t, j.ID, is(desk.Failed)); !strings.Contains(got.Failed, "nobody takes this") {
		t.Errorf("failed since %q", got.Failed)
	}
	s.until(t, next.ID, is(desk.Done))
}

type brokenHandler struct{ report.Ignore }

func (brokenHandler) Endpoint(*report.Line) error { return errors.New("nobody takes this") }
