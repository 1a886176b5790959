package hub

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/desk"
	"signet/internal/run"
	"signet/internal/store"
)

// copies are the backups in a folder, by name.
func copies(t *testing.T, folder string) (list []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, filepath.Base(f))
	}
	return list
}

// TestClockBackups: backups are written on time, made up for once, of which the newest stay; one that fails is told of; one that was cut short
// is written by the next process.
func TestClockBackups(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	path := filepath.Join(t.TempDir(), "s.db")
	folder := filepath.Join(t.TempDir(), "a", "b")
	office := &postOffice{}
	hold := make(chan chan struct{}, 1) // a backup waits for what is sent here
	open := func() *openedHub {
		t.Helper()
		return openHubWith(t, path, c.now, func(conf *Config) {
			conf.Send = office.send
			write, err := run.Backups(conf.Store, "sqlite:"+path, folder, 2)
			if err != nil {
				t.Fatal(err)
			}
			conf.Means.BackUp = func(ctx context.Context, at time.Time) (string, error) {
				select {
				case until := <-hold:
					select {
					case <-until:
					case <-ctx.Done():
						return "", ctx.Err()
					}
				default:
				}
				return write(ctx, at)
			}
		})
	}
	h := open()
	h.channel(t, desk.Channel{Kind: "webhook", Name: "soc", URL: "https://soc.example"})
	s, err := h.Desk.PutSchedule(t.Context(), act(), desk.Schedule{Kind: desk.BackupKind, Cron: "0 6 * * *"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	has := func(want ...string) {
		t.Helper()
		if got := copies(t, folder); !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
	h.still(t, s.ID, "0")
	c.set(t, "2026-11-30T06:00:10Z")
	h.settled(t, s.ID, "written 0")
	h.still(t, s.ID, "written 0")
	has("signet-20261130T060010Z.db")
	last, err := h.Desk.Schedule(system(), s.ID)
	if err != nil || last.Last.File != "signet-20261130T060010Z.db" || !last.Done.Equal(c.now()) || last.Last.Why != "" {
		t.Errorf("%v %+v", err, last)
	}
	office.expects(t, h)
	h.stop()
	if _, err := run.Restore(t.Context(), filepath.Join(folder, last.Last.File), "sqlite:"+filepath.Join(t.TempDir(), "other.db")); err != nil {
		t.Errorf("it cannot be restored: %v", err)
	}

	// Nobody was there; and while it is written the schedule is changed, and the process ends.
	until := make(chan struct{})
	hold <- until
	c.set(t, "2026-12-03T12:00:00Z")
	h = open()
	soon(t, "a backup is under way", func() bool { return len(hold) == 0 })
	h.still(t, s.ID, "written 0")
	h.stop()
	has("signet-20261130T060010Z.db")
	hold <- until
	h = open()
	soon(t, "a backup is under way", func() bool { return len(hold) == 0 })
	last.Zone = "Europe/Berlin"
	if last, err = h.Desk.PutSchedule(t.Context(), act(), last, store.AnyRev); err != nil || last.Last.File == "" || last.Done.IsZero() {
		t.Fatalf("%v %+v", err, last)
	}
	close(until)
	h.settled(t, s.ID, "written 3")
	has("signet-20261130T060010Z.db", "signet-20261203T120000Z.db")
	want := []string{"https://soc.example job.missed Backups: missed at 3 of their times"}
	office.expects(t, h, want...)

	c.set(t, "2026-12-04T05:00:10Z") // 06:00 there
	h.settled(t, s.ID, "written 0")
	has("signet-20261203T120000Z.db", "signet-20261204T050010Z.db")

	// Where none can be written it is said, and told of; the next time is tried again.
	if err := os.Rename(folder, folder+" moved"); err != nil {
		t.Fatal(err)
	}
	c.set(t, "2026-12-05T05:00:10Z")
	h.settled(t, s.ID, "failed 0")
	h.still(t, s.ID, "failed 0")
	want = append(want, "https://soc.example job.failed A backup failed")
	office.expects(t, h, want...)
	now, err := h.Desk.Schedule(system(), s.ID)
	if err != nil || now.Last.Why == "" || strings.Contains(now.Last.Why, "\n") || now.Done.Format(time.DateOnly) != "2026-12-04" {
		t.Errorf("%v %+v", err, now)
	}
	if err := os.Rename(folder+" moved", folder); err != nil {
		t.Fatal(err)
	}
	c.set(t, "2026-12-06T05:00:10Z")
	h.settled(t, s.ID, "written 0")
	has("signet-20261204T050010Z.db", "signet-20261206T050010Z.db")

	var did []string
	entries, err := h.Desk.Audit(t.Context(), 0, 100)
	for _, e := range entries {
		if e.Object == s.ID {
			did = append(did, e.Action+" "+e.Detail["file"])
		}
	}
	if err != nil || strings.Join(did, ", ") != "schedule.written signet-20261206T050010Z.db, schedule.failed , schedule.written signet-20261204T050010Z.db, schedule.written signet-20261203T120000Z.db, "+
		"schedule.change , schedule.written signet-20261130T060010Z.db, schedule.create " {
		t.Errorf("%v, the log says %q", err, did)
	}
}

// Where a server writes no backups, one that was scheduled before fails, and says why; none can be scheduled.
func TestNoBackups(t *testing.T) {
	m := &Means{NoBackup: "only elsewhere"}
	err := m.CheckSchedule(&desk.Schedule{Kind: desk.BackupKind, Cron: "0 6 * * *"})
	if f, ok := errors.AsType[*desk.FieldError](err); !ok || f.Field != "kind" || f.Text != "only elsewhere" {
		t.Error(err)
	}
	if err := m.CheckSchedule(&desk.Schedule{Kind: desk.ScanKind, Cron: "0 6 * * *"}); err != nil {
		t.Error(err)
	}
	m.BackUp = func(context.Context, time.Time) (string, error) { return "x", nil }
	if err := m.CheckSchedule(&desk.Schedule{Kind: desk.BackupKind, Cron: "0 6 * * *"}); err != nil {
		t.Error(err)
	}
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	h := openHubAt(t, filepath.Join(t.TempDir(), "s.db"), c.now)
	s, err := h.Desk.PutSchedule(t.Context(), act(), desk.Schedule{Kind: desk.BackupKind, Cron: "0 6 * * *"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.set(t, "2026-11-30T06:00:10Z")
	h.settled(t, s.ID, "failed 0")
	if s, err = h.Desk.Schedule(system(), s.ID); err != nil || s.Last.Why != "this server writes no backups" {
		t.Errorf("%v %+v", err, s)
	}
}
