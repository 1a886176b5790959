package hub

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet"
	"signet/internal/check/checktest"
	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/store"
)

// post is who takes messages.
type postOffice struct {
	mu   sync.Mutex
	down bool
	took []string // URL, kind, title
	ids  []string
	last notify.Message
}

func (p *postOffice) send(_ context.Context, c notify.Channel, m *notify.Message) (notify.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return notify.Result{Status: "503"}, errors.New("503")
	}
	p.took, p.ids, p.last = append(p.took, c.URL+" "+string(m.Kind)+" "+m.Title), append(p.ids, m.ID), *m
	return notify.Result{Status: "204"}, nil
}

func (p *postOffice) set(down bool) { p.mu.Lock(); defer p.mu.Unlock(); p.down = down }

func (p *postOffice) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.took)
}

// expects waits until so many messages came, and a little longer for one too many.
func (p *postOffice) expects(t *testing.T, h *openedHub, want ...string) {
	t.Helper()
	for begin := time.Now(); len(p.all()) < len(want) && time.Since(begin) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		h.Ring()
	}
	h.Ring()
	time.Sleep(100 * time.Millisecond)
	got := p.all()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("messages:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (h *openedHub) channel(t *testing.T, c desk.Channel) desk.Channel {
	t.Helper()
	c, err := h.Desk.PutChannel(t.Context(), act(), c, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAlerts weakens a server and mends it, ten times: one message a weakening and channel, and none else.
func TestAlerts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	server := checktest.ServeDesktop(t, "127.9.50.1")
	server.Mended.Store(true)
	office := &postOffice{}
	h := openHubTo(t, path, nil, office.send, "127.9.50.0/24")
	site, err := h.Desk.PutSite(t.Context(), act(), desk.Site{Name: "desks", Targets: []string{"127.9.50.1"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.Desk.PutSite(t.Context(), act(), desk.Site{Name: "other", Targets: []string{"127.9.50.2"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.channel(t, desk.Channel{Kind: "webhook", Name: "soc", URL: "https://soc.example"})
	h.channel(t, desk.Channel{Kind: "slack", Name: "desks", URL: "https://chat.example", Sites: []string{"desks"}})
	h.channel(t, desk.Channel{Kind: "slack", Name: "others", URL: "https://others.example", Sites: []string{"other"}})
	scan := func(id string) {
		t.Helper()
		j, err := h.LaunchSite(t.Context(), act(), id)
		j = h.done(t, j, err)
		soon(t, "the run was compared", func() bool { return h.changes.knows(j.Run) })
	}
	scan(site.ID)
	scan(other.ID)
	scan(site.ID)
	office.expects(t, h)
	var want []string
	for range 10 {
		server.Mended.Store(false)
		scan(site.ID)
		want = append(want, "https://soc.example findings.worsened 1 finding is new or worse at desks", "https://chat.example findings.worsened 1 finding is new or worse at desks")
		office.expects(t, h, want...)
		scan(site.ID) // as it was
		server.Mended.Store(true)
		scan(site.ID)
	}
	office.expects(t, h, want...)
	if m := office.last; m.Site != "desks" || m.Rows[0].Rule != nla || m.Rows[0].Address != "127.9.50.1" || m.Rows[0].Port != 3389 || m.Severity == "" || !strings.HasPrefix(m.Link, "https://signet.example/diff?new=") {
		t.Errorf("%+v", m)
	}

	// While nobody takes messages they wait, for the next process too, and come once each, under the ID that they had.
	office.set(true)
	server.Mended.Store(false)
	scan(site.ID)
	soon(t, "two messages wait", func() bool {
		n := 0
		for _, c := range h.Desk.Channels(system()) {
			n += len(h.Outbox.Letters(c.ID))
		}
		return n == 2
	})
	h.stop()
	h = openHubTo(t, path, nil, office.send, "127.9.50.0/24")
	var waiting []string
	for _, c := range h.Desk.Channels(system()) {
		for _, l := range h.Outbox.Letters(c.ID) {
			waiting = append(waiting, l.Message.ID)
		}
	}
	office.set(false)
	want = append(want, "https://soc.example findings.worsened 1 finding is new or worse at desks", "https://chat.example findings.worsened 1 finding is new or worse at desks")
	office.expects(t, h, want...)
	came := slices.Clone(office.ids[len(office.ids)-2:])
	slices.Sort(came)
	if slices.Sort(waiting); !slices.Equal(came, waiting) {
		t.Errorf("%q came, %q waited", came, waiting)
	}
	// What was told of before is not told of by the next process, though it is seen again.
	scan(site.ID)
	office.expects(t, h, want...)
}

func TestAlertsOfEvents(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	path := filepath.Join(t.TempDir(), "s.db")
	office := &postOffice{}
	h := openHubTo(t, path, c.now, office.send, "127.9.51.0/24")
	ch := h.channel(t, desk.Channel{Kind: "webhook", Name: "soc", URL: "https://soc.example"})
	_, made := scheduled(t, h, "127.9.51.1", desk.Schedule{Cron: "0 6 * * *"})
	e, err := h.Desk.ProposeException(t.Context(), act(), desk.Exception{Rule: nla, Site: "hq", Owner: "ada", Reason: "lab", Until: "2026-12-20"})
	if err != nil {
		t.Fatal(err)
	}
	office.expects(t, h)
	c.set(t, "2026-12-02T12:00:00Z")
	h.settled(t, made[0].ID, "done started 3")
	want := []string{"https://soc.example job.missed 3 scheduled times were missed at hq"}
	office.expects(t, h, want...)
	c.set(t, "2026-12-06T12:00:00Z")
	h.settled(t, made[0].ID, "done done started 4")
	want = append(want, "https://soc.example job.missed 4 scheduled times were missed at hq", "https://soc.example exception.ending An exception at hq ends on 2026-12-20")
	office.expects(t, h, want...)
	h.stop()

	h = openHubTo(t, path, c.now, office.send, "127.9.52.0/24") // which forbids what the site asks
	office.expects(t, h, want...)
	c.set(t, "2026-12-07T06:00:10Z")
	h.settled(t, made[0].ID, "done done failed 0")
	want = append(want, "https://soc.example job.missed A scheduled time was missed at hq")
	office.expects(t, h, want...)
	if m := office.last; !slices.ContainsFunc(m.Rows, func(r notify.Row) bool { return strings.Contains(r.Text, "127.9.51.1") }) {
		t.Errorf("%+v", m)
	}

	// A job that fails is told of, and why.
	asked := ask(3389, "127.9.51.1")
	asked.Rate = 100
	order, err := json.Marshal(&Ordered{Order: asked})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Desk.QueueJob(t.Context(), act(), made[0].Site, order); err != nil {
		t.Fatal(err)
	}
	h.Jobs.mind(0)
	want = append(want, "https://soc.example job.failed A job failed at hq")
	office.expects(t, h, want...)
	if m := office.last; len(m.Rows) != 1 || !strings.Contains(m.Rows[0].Text, "127.9.51.1") || !strings.Contains(m.Link, "/jobs/") {
		t.Errorf("%+v", m)
	}

	// A test says how it went, whether or not it arrived.
	if r, ok, err := h.TestChannel(t.Context(), act(), ch.ID); err != nil || !ok || r.Status != "204" {
		t.Errorf("%+v %v %v", r, ok, err)
	}
	office.set(true)
	if r, ok, err := h.TestChannel(t.Context(), act(), ch.ID); err != nil || ok || r.Status != "503" {
		t.Errorf("%+v %v %v", r, ok, err)
	}
	if _, _, err := h.TestChannel(t.Context(), desk.Act{Who: desk.Who{Via: desk.BySession, Role: desk.Operator}}, ch.ID); !errors.Is(err, desk.ErrForbidden) {
		t.Error(err)
	}
	if _, _, err := h.TestChannel(t.Context(), act(), e.ID); !errors.Is(err, store.ErrUnknown) {
		t.Error(err)
	}
}

func TestDigests(t *testing.T) {
	var c hands
	c.set(t, "2026-11-30T05:30:00Z")
	office := &postOffice{}
	h := openHubTo(t, filepath.Join(t.TempDir(), "s.db"), c.now, office.send, "127.9.53.0/24")
	ch := h.channel(t, desk.Channel{Kind: "webhook", Name: "soc", URL: "https://soc.example", Digest: "0 8 * * *", Zone: "Europe/Berlin"})
	_, made := scheduled(t, h, "127.9.53.1", desk.Schedule{Cron: "0 * * * *"})
	c.set(t, "2026-11-30T12:10:00Z")
	h.settled(t, made[0].ID, "done started 7")
	soon(t, "it waits", func() bool { h.Ring(); return len(h.Outbox.Held(ch.ID)) == 1 })
	c.set(t, "2026-12-01T02:10:00Z")
	h.settled(t, made[0].ID, "done done started 14")
	soon(t, "both wait", func() bool { h.Ring(); return len(h.Outbox.Held(ch.ID)) == 2 })
	office.expects(t, h)
	made[0].Paused = true
	if _, err := h.Desk.PutSchedule(t.Context(), act(), made[0], store.AnyRev); err != nil {
		t.Fatal(err)
	}
	c.set(t, "2026-12-01T07:00:30Z") // 08:00 there
	office.expects(t, h, "https://soc.example digest 2 messages since 30 November 12:10 UTC")
}

// Nobody is told of what changed in the sample.
func TestNoAlertsOfTheSample(t *testing.T) {
	office := &postOffice{}
	h := openHubTo(t, filepath.Join(t.TempDir(), "s.db"), nil, office.send, "127.9.54.0/24")
	h.channel(t, desk.Channel{Kind: "webhook", Name: "soc", URL: "https://soc.example"})
	if err := h.LoadSample(t.Context(), act()); err != nil {
		t.Fatal(err)
	}
	soon(t, "its changes are known", func() bool {
		h.Ring()
		sets, _ := h.ChangeSets(system(), 0)
		return len(sets) == 3
	})
	office.expects(t, h)
}

// TestCoverageFell: what could be told before and cannot now counts, and by how much; never where other things were asked, or nothing is known.
func TestCoverageFell(t *testing.T) {
	run := func(scope string, exposed, guarded, undetermined uint64) *store.Run {
		v := make([]uint64, len(signet.Verdicts())+1)
		v[signet.Exposed], v[signet.Guarded], v[signet.Undetermined] = exposed, guarded, undetermined
		return &store.Run{Scope: scope, Checks: []string{"rdp"}, Verdicts: v}
	}
	none, other := run("a", 0, 0, 0), run("a", 1, 1, 0)
	none.Verdicts, other.Checks = nil, []string{"smb"}
	for _, c := range []struct {
		name   string
		before *store.Run
		after  *store.Run
		want   bool
	}{
		{"as it was", run("a", 50, 50, 5), run("a", 50, 50, 5), false},
		{"a tenth vanished", run("a", 50, 50, 0), run("a", 45, 45, 0), true},
		{"less than a tenth", run("a", 50, 50, 0), run("a", 50, 41, 0), false},
		{"a tenth cannot be told any more", run("a", 50, 50, 0), run("a", 45, 45, 10), true},
		{"four of five, which is a machine", run("a", 5, 0, 0), run("a", 1, 0, 0), false},
		{"all of five", run("a", 5, 0, 0), run("a", 0, 0, 5), true},
		{"more than before", run("a", 5, 0, 0), run("a", 50, 0, 0), false},
		{"mended", run("a", 50, 0, 0), run("a", 0, 50, 0), false},
		{"another scope", run("a", 50, 50, 0), run("b", 1, 1, 0), false},
		{"other checks", run("a", 50, 50, 0), other, false},
		{"nothing is known of it", run("a", 50, 50, 0), none, false},
		{"nothing was known before", none, run("a", 0, 0, 0), false},
	} {
		if _, _, got := fell(c.before, c.after); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
