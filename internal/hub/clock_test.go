package hub

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/internal/desk"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// hands are those of a clock that a test sets.
type hands struct{ at atomic.Pointer[time.Time] }

func (h *hands) now() time.Time { return *h.at.Load() }

func (h *hands) set(t *testing.T, s string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	h.at.Store(&at)
}

// scheduled makes a site with a schedule of each line.
func scheduled(t *testing.T, h *openedHub, target string, list ...desk.Schedule) (site desk.Site, made []desk.Schedule) {
	t.Helper()
	site, err := h.Desk.PutSite(t.Context(), act(), desk.Site{Name: "hq", Targets: []string{target}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		s.Site = "hq"
		s, err := h.Desk.PutSchedule(t.Context(), act(), s, 0)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, s)
	}
	h.Scheduled()
	return site, made
}

// settled waits until the clock has looked at the time that is set, and tells what the jobs and the schedule say.
func (h *openedHub) settled(t *testing.T, id, want string) {
	t.Helper()
	got := ""
	for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		h.Scheduled()
		s, err := h.Desk.Schedule(system(), id)
		if err != nil {
			t.Fatal(err)
		}
		var states []string
		for _, j := range h.Desk.Jobs(system()) {
			if j.Schedule == id {
				states = append(states, string(j.State))
			}
		}
		got = strings.TrimSpace(fmt.Sprintf("%s %s %d", strings.Join(states, " "), s.Last.Did, s.Last.Missed))
		if got == want {
			return
		}
	}
	t.Fatalf("%s, want %s", got, want)
}

// still waits for a while, so that what must not happen would have.
func (h *openedHub) still(t *testing.T, id, want string) {
	t.Helper()
	for range 5 {
		h.Scheduled()
		time.Sleep(20 * time.Millisecond)
	}
	h.settled(t, id, want)
}

func TestClockStarts(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	path := filepath.Join(t.TempDir(), "s.db")
	h := openHubAt(t, path, c.now, "127.9.41.0/24")
	_, made := scheduled(t, h, "127.9.41.1", desk.Schedule{Cron: "0 6 * * *"}, desk.Schedule{Cron: "0 7 * * *", Missed: "skip"}, desk.Schedule{Cron: "0 6 * * *", Paused: true})
	once, skips, paused := made[0].ID, made[1].ID, made[2].ID
	h.still(t, once, "0")
	c.set(t, "2026-11-30T06:00:10Z")
	h.settled(t, once, "done started 0")
	h.still(t, once, "done started 0")
	if list := Next(&made[0], c.now(), 5); len(list) != 5 || list[0].Format(time.RFC3339) != "2026-12-01T06:00:00Z" {
		t.Errorf("next %v", list)
	}
	c.set(t, "2026-11-30T04:00:00Z") // the clock goes back: what was done is not done again
	h.still(t, once, "done started 0")
	c.set(t, "2026-11-30T06:30:00Z")
	h.still(t, once, "done started 0")
	c.set(t, "2026-12-03T12:00:00Z") // the machine stood still for days
	h.settled(t, once, "done done started 3")
	h.settled(t, skips, "missed 4")
	h.still(t, paused, "0")
	h.stop()

	c.set(t, "2026-12-05T12:00:00Z") // nobody was there
	h = openHubAt(t, path, c.now, "127.9.41.0/24")
	h.settled(t, once, "done done done started 2")
	h.settled(t, skips, "missed 2")
	c.set(t, "2027-12-05T12:00:00Z") // somebody sets the clock a year ahead, and back
	h.settled(t, once, "done done done done started 365")
	c.set(t, "2026-12-05T12:10:00Z")
	h.still(t, once, "done done done done started 365")
	c.set(t, "2026-12-06T06:00:20Z")
	h.settled(t, once, "done done done done done started 0")

	// What the limits do not let is said, and the next time is tried again.
	h.stop()
	h = openHubAt(t, path, c.now, "127.9.42.0/24")
	c.set(t, "2026-12-07T06:00:20Z")
	h.settled(t, once, "done done done done done failed 0")
	if s, err := h.Desk.Schedule(system(), once); err != nil || !strings.Contains(s.Last.Why, "127.9.41.1") {
		t.Errorf("%v %+v", err, s.Last)
	}
}

// full is a store whose disk can be full: it has room for little things alone, which a job is none of.
type full struct {
	*sqlite.Store
	now atomic.Bool
}

func (f *full) Write(ctx context.Context, edits ...store.Edit) ([]uint64, error) {
	if f.now.Load() && slices.ContainsFunc(edits, func(e store.Edit) bool { return e.Kind == "job" }) {
		return nil, fmt.Errorf("store s.db: the disk is full: %w", store.ErrUnwritable)
	}
	return f.Store.Write(ctx, edits...)
}

// TestClockDiskFull: what is due while the store takes nothing is begun, or missed, as if nobody had been there; it did not fail.
func TestClockDiskFull(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	disk := &full{Store: st}
	h := openHubOver(t, disk, c.now, func(*Config) {}, "127.9.45.0/24")
	_, made := scheduled(t, h, "127.9.45.1", desk.Schedule{Cron: "0 6 * * *", Overlap: "queue"}, desk.Schedule{Cron: "0 6 * * *", Overlap: "queue", Missed: "skip"})
	once, skips := made[0].ID, made[1].ID
	disk.now.Store(true)
	c.set(t, "2026-11-30T06:00:10Z")
	h.still(t, once, "0")
	c.set(t, "2026-11-30T09:00:00Z")
	h.still(t, once, "0")
	h.still(t, skips, "missed 1")
	disk.now.Store(false)
	c.set(t, "2026-11-30T09:00:20Z") // it is looked at every twenty seconds
	h.settled(t, once, "done started 1")
	h.settled(t, skips, "missed 1")
	c.set(t, "2026-12-01T06:00:10Z")
	h.settled(t, once, "done done started 0")
}

func TestClockOverlap(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	l, err := net.Listen("tcp4", "127.9.43.1:3389") // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := openHubAt(t, filepath.Join(t.TempDir(), "s.db"), c.now, "127.9.43.0/24")
	_, made := scheduled(t, h, "127.9.43.1", desk.Schedule{Cron: "0,10,20 6 * * *", Overlap: "skip"}, desk.Schedule{Cron: "15 6 * * *", Overlap: "queue"})
	skips, queues := made[0].ID, made[1].ID
	c.set(t, "2026-11-30T06:00:00Z")
	h.settled(t, skips, "running started 0")
	c.set(t, "2026-11-30T06:10:00Z")
	h.settled(t, skips, "running skipped 0")
	c.set(t, "2026-11-30T06:15:00Z")
	h.settled(t, queues, "queued started 0")
	l.Close()
	h.settled(t, queues, "done started 0")
	c.set(t, "2026-11-30T06:20:00Z")
	h.settled(t, skips, "done done started 0")
}

// A job that is under way when a window begins comes to a stop, and goes on when it ends, with the same run.
func TestClockWindow(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	path := filepath.Join(t.TempDir(), "s.db")
	l, err := net.Listen("tcp4", "127.9.44.1:3389")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := openHubAt(t, path, c.now, "127.9.44.0/24")
	_, made := scheduled(t, h, "127.9.44.1-3", desk.Schedule{Cron: "0 6,9 * * *", Blackouts: []string{"mon-fri 08:00-18:00"}, Overlap: "queue"})
	id := made[0].ID
	c.set(t, "2026-11-30T06:00:00Z")
	h.settled(t, id, "running started 0")
	job := h.Desk.Jobs(system())[0]
	soon(t, "it has a run", func() bool { j, err := h.Desk.Job(job.ID); return err == nil && j.Run != "" })
	run := h.Desk.Jobs(system())[0].Run
	c.set(t, "2026-11-30T08:00:00Z")
	h.settled(t, id, "queued started 0")
	c.set(t, "2026-11-30T09:00:10Z") // due inside, which waits
	h.still(t, id, "queued started 0")
	h.stop()
	h = openHubAt(t, path, c.now, "127.9.44.0/24") // nor does another process begin it
	h.still(t, id, "queued started 0")
	l.Close()
	c.set(t, "2026-11-30T18:00:05Z")
	h.settled(t, id, "done done started 0")
	jobs := h.Desk.Jobs(system())
	if jobs[0].Run != run || jobs[1].Run == run {
		t.Errorf("runs %s and %s, the first was %s", jobs[0].Run, jobs[1].Run, run)
	}
	runs, err := store.AllRuns(t.Context(), h.Store)
	if err != nil || len(runs) != 2 || slices.ContainsFunc(runs, func(r store.Run) bool { return !r.Finished() }) {
		t.Errorf("%v %+v", err, runs)
	}
}
