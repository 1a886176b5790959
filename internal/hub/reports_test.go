package hub

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/notify"
	"signet/internal/store"
)

// writer makes reports of what the board of a site has.
type writer struct {
	mu    sync.Mutex
	h     *Hub
	size  int
	lines int
	fail  error
	asked []string // format, since
}

func (w *writer) report(_ context.Context, site string, since time.Time, format string) (*Report, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return nil, w.fail
	}
	who := desk.System()
	if site != "" {
		who.Sites = []string{site}
	}
	w.asked = append(w.asked, format+" "+since.UTC().Format(time.RFC3339))
	r := &Report{Lead: fmt.Sprintf("%d rows", w.h.View(who).Board.Count(&estate.RowFilter{})), File: notify.File{Name: "r", Body: make([]byte, w.size)}}
	for i := range w.lines {
		r.Lines = append(r.Lines, fmt.Sprint("line ", i))
	}
	return r, nil
}

func (w *writer) set(change func()) { w.mu.Lock(); defer w.mu.Unlock(); change() }

// TestClockReports: a report goes on its own day, or after each run that asked the whole site, to addresses and channels; one that is not taken
// waits, under its ID, and the next one is left out; what is too large is linked to.
func TestClockReports(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z") // a Monday
	path := filepath.Join(t.TempDir(), "s.db")
	checktest.ServeDesktop(t, "127.9.46.1")
	checktest.ServeDesktop(t, "127.9.46.2")
	office, w := &postOffice{}, &writer{size: 10}
	open := func() *openedHub {
		h := openHubWith(t, path, c.now, func(conf *Config) { conf.Send, conf.Means.Report = office.send, w.report }, "127.9.46.0/24")
		w.set(func() { w.h = h.Hub })
		return h
	}
	h := open()
	h.channel(t, desk.Channel{Kind: "mail", Name: "boss", URL: "mailto:boss@corp.example"})
	site, made := scheduled(t, h, "127.9.46.1", desk.Schedule{Kind: desk.ReportKind, Cron: "0 6 * * 1", To: []string{"ada@corp.example", "bob@corp.example", "boss"}, Format: "csv"})
	weekly := made[0].ID
	for _, to := range []string{"a,b@corp.example", "@", "Ada <ada@corp.example>", "a@b@c", strings.Repeat("a", 250) + "@"} {
		_, err := h.Desk.PutSchedule(t.Context(), act(), desk.Schedule{Kind: desk.ReportKind, Site: "hq", To: []string{to}}, 0)
		if f, ok := errors.AsType[*desk.FieldError](err); !ok || f.Field != "to" {
			t.Errorf("%s: %v", to, err)
		}
	}
	const boss, both = "mailto:boss@corp.example report Report: ", "mailto:ada@corp.example,bob@corp.example report Report: "
	h.still(t, weekly, "0")
	c.set(t, "2026-11-30T06:00:10Z")
	h.settled(t, weekly, "sent 0")
	want := []string{boss + "0 rows", both + "0 rows"}
	office.expects(t, h, want...)
	if m := office.last; m.Site != "hq" || len(m.Files) != 1 || len(m.Files[0].Body) != 10 || m.Link != "https://signet.example/reports/board?since=2026-10-31&site="+site.ID {
		t.Errorf("%+v", m)
	}
	h.still(t, weekly, "sent 0")

	// After a run of the whole site, and no other.
	after, err := h.Desk.PutSchedule(t.Context(), act(), desk.Schedule{Kind: desk.ReportKind, Site: "hq", To: []string{"eve@corp.example"}}, 0)
	if err != nil || Next(&after, c.now(), 5) != nil {
		t.Fatal(err)
	}
	const eve = "mailto:eve@corp.example report Report: "
	c.set(t, "2026-11-30T07:00:00Z")
	j, err := h.LaunchSite(t.Context(), act(), site.ID)
	h.done(t, j, err)
	want = append(want, eve+"1 rows")
	office.expects(t, h, want...)
	if m := office.last; m.Site != "hq" {
		t.Errorf("%+v", m)
	}
	c.set(t, "2026-11-30T08:00:00Z")
	j, err = h.Verify(t.Context(), act(), rows(t, h.View(system()))[nla].ID)
	h.done(t, j, err)
	j, err = h.LaunchBare(t.Context(), act(), &Bare{Targets: []string{"127.9.46.2"}, Checks: []string{"rdp"}})
	h.done(t, j, err)
	h.still(t, after.ID, "sent 0")
	office.expects(t, h, want...)

	// What nobody takes waits under its ID, for the next process too, with its file; the next one is left out.
	office.set(true)
	c.set(t, "2026-12-07T06:00:10Z")
	var now desk.Schedule
	soon(t, "the second one was sent", func() bool {
		h.Scheduled()
		now, err = h.Desk.Schedule(system(), weekly)
		return err == nil && now.Done.Equal(c.now())
	})
	soon(t, "they were tried", func() bool {
		list := h.Reports(&now)
		return len(list) == 2 && list[0].Why == "503" && list[1].Why == "503"
	})
	c.set(t, "2026-12-07T06:01:00Z")
	now.Cron = "* * * * *"
	if now, err = h.Desk.PutSchedule(t.Context(), act(), now, now.Rev); err != nil {
		t.Fatal(err)
	}
	c.set(t, "2026-12-07T06:02:10Z")
	h.settled(t, weekly, "skipped 0")
	now.Cron, now.Overlap = "0 6 * * 1", "queue"
	if now, err = h.Desk.PutSchedule(t.Context(), act(), now, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	var waiting []string
	for _, l := range h.Reports(&now) {
		waiting = append(waiting, l.Message.ID)
	}
	h.stop()
	w.set(func() { w.fail = errors.New("no") }) // what waits is not made anew
	h = open()
	office.set(false)
	c.set(t, "2026-12-07T07:00:00Z")
	h.Outbox.Wake()
	want = append(want, boss+"1 rows", both+"1 rows")
	office.expects(t, h, want...)
	came := slices.Clone(office.ids[len(office.ids)-2:])
	slices.Sort(came)
	if slices.Sort(waiting); !slices.Equal(came, waiting) || len(office.last.Files) != 1 {
		t.Errorf("%q came with %d files, %q waited", came, len(office.last.Files), waiting)
	}

	// One that cannot be made is said, and told of; the next one goes back to the last that was sent.
	c.set(t, "2026-12-14T06:00:10Z")
	h.settled(t, weekly, "failed 0")
	want = append(want, boss[:len("mailto:boss@corp.example ")]+"job.failed A report could not be made at hq")
	office.expects(t, h, want...)
	w.set(func() { w.fail, w.size, w.lines = nil, 5<<20, 30 })
	c.set(t, "2026-12-21T06:00:10Z")
	h.settled(t, weekly, "sent 0")
	want = append(want, boss+"1 rows", both+"1 rows")
	office.expects(t, h, want...)
	if m := office.last; len(m.Files) != 0 || len(m.Rows) != notify.MostRows || m.More != 11 || !strings.Contains(m.Rows[0].Text, "5 MiB") || !strings.HasSuffix(m.Link, "since=2026-12-07&site="+site.ID) {
		t.Errorf("%d files, %+v, %d more, %s", len(m.Files), m.Rows, m.More, m.Link)
	}
	w.set(func() {
		if w.asked[0] != "csv 2026-10-31T06:00:10Z" || w.asked[1] != "html 2026-10-31T07:00:00Z" || w.asked[len(w.asked)-1] != "csv 2026-12-07T06:00:10Z" {
			t.Errorf("reports were asked for %q", w.asked)
		}
	})

	// A channel that serves other sites by now gets nothing of this one.
	if _, err := h.Desk.PutSite(t.Context(), act(), desk.Site{Name: "other", Targets: []string{"127.9.46.9"}}, 0); err != nil {
		t.Fatal(err)
	}
	ch := h.Desk.Channels(system())[0]
	ch.Sites = []string{"other"}
	if _, err := h.Desk.PutChannel(t.Context(), act(), ch, nil, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	c.set(t, "2026-12-28T06:00:10Z")
	h.settled(t, weekly, "sent 0")
	want = append(want, both+"1 rows")
	office.expects(t, h, want...)
}
