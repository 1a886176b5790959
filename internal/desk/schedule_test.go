package desk

import (
	"errors"
	"slices"
	"testing"
	"time"

	"signet/internal/store"
)

func TestSchedules(t *testing.T) {
	f := ready(t)
	f.Desk.config.CheckSchedule = func(s *Schedule) error {
		if s.Cron == "never" {
			return wrong("cron", "is never due")
		}
		return nil
	}
	ctx := t.Context()
	var sites []Site
	for _, name := range []string{"Berlin", "Hamburg"} {
		s, err := f.PutSite(ctx, f.root, Site{Name: name, Targets: []string{"10.0.0.1"}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		sites = append(sites, s)
	}
	for field, s := range map[string]Schedule{
		"site": {Site: "nowhere", Cron: "0 6 * * *"}, "cron": {Site: "Berlin", Cron: "never"}, "zone": {Site: "Berlin", Cron: "0 6 * * *", Zone: "a\x00b"},
		"overlap": {Site: "Berlin", Cron: "0 6 * * *", Overlap: "twice"}, "missed": {Site: "Berlin", Cron: "0 6 * * *", Missed: "all"},
	} {
		_, err := f.PutSchedule(ctx, f.root, s, 0)
		wantField(t, err, field)
	}
	good := Schedule{Site: "berlin", Cron: " 0 6 * * * ", Last: Kept{Did: "started"}, Until: f.now().AddDate(1, 0, 0)}
	_, err := f.PutSchedule(ctx, f.viewer, good, 0)
	wantError(t, "a viewer", err, ErrForbidden)
	made, err := f.PutSchedule(ctx, f.operator, good, 0)
	if err != nil || made.Site != sites[0].ID || made.Cron != "0 6 * * *" || made.Overlap != "skip" || made.Missed != "once" || !made.Until.Equal(f.now()) || made.Last != (Kept{}) || made.Rev == 0 {
		t.Fatalf("%+v, %v", made, err)
	}

	// Who is limited to another site neither sees nor takes it.
	limited := f.act(f.make(t, "liv", Operator, "Hamburg"))
	if list := f.Schedules(limited.Who); len(list) != 0 {
		t.Errorf("who is limited sees %+v", list)
	}
	_, err = f.Schedule(limited.Who, made.ID)
	wantError(t, "limited, reads", err, store.ErrUnknown)
	_, err = f.PutSchedule(ctx, limited, Schedule{Site: "Berlin", Cron: "0 6 * * *"}, 0)
	wantField(t, err, "site")
	stolen := made
	stolen.Site = "Hamburg"
	_, err = f.PutSchedule(ctx, limited, stolen, store.AnyRev)
	wantError(t, "limited, moves it to a site of theirs", err, store.ErrUnknown)
	wantError(t, "limited, removes", f.RemoveSchedule(ctx, limited, made.ID, store.AnyRev), store.ErrUnknown)
	if own, err := f.PutSchedule(ctx, limited, Schedule{Site: "Hamburg", Cron: "0 6 * * *"}, 0); err != nil || f.RemoveSchedule(ctx, limited, own.ID, own.Rev) != nil {
		t.Errorf("limited, at their site: %v", err)
	}
	wantError(t, "a viewer removes", f.RemoveSchedule(ctx, f.viewer, made.ID, store.AnyRev), ErrForbidden)

	// A job is queued and its time dealt with, or neither.
	until := f.now().Add(time.Hour)
	stale := made
	stale.Rev += 100
	_, err = f.StartScheduled(ctx, &stale, until, Kept{Due: until, At: until, Did: "started"}, []byte("{}"))
	if wantError(t, "stale", err, store.ErrStale); len(f.Jobs(System())) != 0 {
		t.Errorf("jobs %+v", f.Jobs(System()))
	}
	job, err := f.StartScheduled(ctx, &made, until, Kept{Due: until, At: until, Did: "started"}, []byte("{}"))
	if err != nil || job.Schedule != made.ID || job.Site != sites[0].ID || job.State != Queued || job.By != "" {
		t.Fatalf("%+v, %v", job, err)
	}
	now, err := f.Schedule(System(), made.ID)
	if err != nil || !now.Until.Equal(until) || now.Last.Job != job.ID || now.Last.Did != "started" {
		t.Fatalf("%+v, %v", now, err)
	}
	if job, err = f.MoveJob(ctx, job.ID, func(j *Job) { j.State, j.Schedule = Running, "another" }); err != nil || job.Schedule != made.ID {
		t.Errorf("%+v, %v", job, err)
	}
	if err := f.PassScheduled(ctx, &now, until.Add(time.Hour), Kept{Due: until, At: until, Did: "skipped"}); err != nil {
		t.Fatal(err)
	}
	wantError(t, "passed by what was read before", f.PassScheduled(ctx, &now, until, Kept{}), store.ErrStale)

	// What changes begins with what comes next.
	f.move(2 * time.Hour)
	now.Cron = "0 7 * * *"
	if now, err = f.PutSchedule(ctx, f.operator, now, store.AnyRev); err != nil || !now.Until.Equal(f.now()) || now.Last.Did != "skipped" {
		t.Errorf("%+v, %v", now, err)
	}

	// All of it is there for the next process, and goes with its site.
	if err := f.load(ctx); err != nil || len(f.Schedules(System())) != 1 {
		t.Errorf("%v, %+v", err, f.Schedules(System()))
	}
	if err := f.RemoveSite(ctx, f.root, sites[0].ID, store.AnyRev); err != nil || len(f.Schedules(System())) != 0 {
		t.Errorf("%v, %+v", err, f.Schedules(System()))
	}
	var did []string
	entries, err := f.Audit(ctx, 0, 100)
	for _, e := range entries {
		if e.Object == made.ID || e.Detail["schedule"] == made.ID {
			did = append(did, e.Action)
		}
	}
	if !slices.Equal(did, []string{"schedule.remove", "schedule.change", "schedule.skipped", "job.launch", "schedule.create"}) {
		t.Errorf("%v, the log says %v", err, did)
	}
	if _, err := f.Schedule(System(), made.ID); !errors.Is(err, store.ErrUnknown) {
		t.Error(err)
	}
}

// Backups are the admin's alone: nobody else makes, changes, removes or sees when they are written.
func TestBackupSchedules(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	if _, err := f.PutSite(ctx, f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0); err != nil {
		t.Fatal(err)
	}
	for field, s := range map[string]Schedule{"site": {Kind: BackupKind, Site: "Berlin", Cron: "0 6 * * *"}, "kind": {Kind: "else", Site: "Berlin", Cron: "0 6 * * *"}} {
		_, err := f.PutSchedule(ctx, f.root, s, 0)
		wantField(t, err, field)
	}
	made, err := f.PutSchedule(ctx, f.root, Schedule{Kind: BackupKind, Cron: "0 6 * * *", Done: f.now()}, 0)
	if err != nil || made.Site != "" || !made.Done.IsZero() {
		t.Fatalf("%+v, %v", made, err)
	}
	limited := f.act(f.make(t, "liv", Admin, "Berlin"))
	for name, who := range map[string]Act{"a viewer": f.viewer, "an operator": f.operator, "an admin of one site": limited} {
		_, err := f.PutSchedule(ctx, who, Schedule{Kind: BackupKind, Cron: "0 6 * * *"}, 0)
		wantError(t, name+" makes one", err, ErrForbidden)
		_, err = f.PutSchedule(ctx, who, Schedule{Kind: BackupKind, Site: "Berlin", Cron: "0 6 * * *"}, 0)
		wantError(t, name+" makes one of a site", err, ErrForbidden)
		_, err = f.PutSchedule(ctx, who, made, store.AnyRev)
		wantError(t, name+" changes it", err, ErrForbidden)
		mine := made
		mine.Kind, mine.Site = ScanKind, "Berlin"
		if _, err = f.PutSchedule(ctx, who, mine, store.AnyRev); err == nil || errors.Is(err, ErrForbidden) != (name == "a viewer") {
			t.Errorf("%s makes it a scan: %v", name, err)
		}
		wantError(t, name+" removes it", f.RemoveSchedule(ctx, who, made.ID, store.AnyRev), store.ErrUnknown)
		if _, err = f.Schedule(who.Who, made.ID); len(f.Schedules(who.Who)) != 0 || !errors.Is(err, store.ErrUnknown) {
			t.Errorf("%s sees it: %v", name, err)
		}
	}
	scan := made
	scan.Kind, scan.Site = ScanKind, "Berlin"
	_, err = f.PutSchedule(ctx, f.root, scan, store.AnyRev)
	wantField(t, err, "kind")
	at := f.now().Add(time.Hour)
	if err := f.PassScheduled(ctx, &made, at, Kept{Due: at, At: at, Did: "written", File: "x.db"}); err != nil {
		t.Fatal(err)
	}
	made.Cron = "0 7 * * *"
	if made, err = f.PutSchedule(ctx, f.root, made, store.AnyRev); err != nil || !made.Done.Equal(at) || made.Last.File != "x.db" {
		t.Errorf("%+v, %v", made, err)
	}
	if err := f.PassScheduled(ctx, &made, at.Add(time.Hour), Kept{Due: at, At: at.Add(time.Hour), Did: "failed"}); err != nil {
		t.Fatal(err)
	}
	if made, err = f.Schedule(System(), made.ID); err != nil || !made.Done.Equal(at) {
		t.Errorf("%+v, %v", made, err)
	}
	if err := f.RemoveSchedule(ctx, f.root, made.ID, made.Rev); err != nil {
		t.Error(err)
	}
}

// A report goes where who makes it may send: to addresses, of what they see, and to channels of mail that they see and that serve its site.
func TestReportSchedules(t *testing.T) {
	f := ready(t)
	f.Desk.config.Sealer = turned{}
	ctx := t.Context()
	for _, name := range []string{"Berlin", "Hamburg"} {
		if _, err := f.PutSite(ctx, f.root, Site{Name: name, Targets: []string{"10.0.0.1"}}, 0); err != nil {
			t.Fatal(err)
		}
	}
	channel := func(c Channel) string {
		t.Helper()
		c.URL = "mailto:a@corp.example"
		c, err := f.PutChannel(ctx, f.root, c, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		return c.ID
	}
	all := channel(Channel{Kind: "mail", Name: "all"})
	channel(Channel{Kind: "mail", Name: "north", Sites: []string{"Hamburg"}})
	channel(Channel{Kind: "webhook", Name: "soc"})
	good := func(change func(*Schedule)) Schedule {
		s := Schedule{Kind: ReportKind, Site: "Berlin", To: []string{"ada@corp.example", " ada@corp.example "}}
		change(&s)
		return s
	}
	for field, change := range map[string]func(*Schedule){
		"after": func(s *Schedule) { s.After, s.Cron = AfterRun, "0 6 * * *" }, "blackouts": func(s *Schedule) { s.Blackouts = []string{"sat"} }, "site": func(s *Schedule) { s.Site = "" },
		"format": func(s *Schedule) { s.Format = "pdf" }, "to": func(s *Schedule) { s.To = nil }, "kind": func(s *Schedule) { s.Kind, s.Cron = ScanKind, "0 6 * * *" },
	} {
		_, err := f.PutSchedule(ctx, f.root, good(change), 0)
		wantField(t, err, field)
	}
	for _, to := range []string{"nowhere", "north", "soc", "a\x00@corp.example"} {
		_, err := f.PutSchedule(ctx, f.root, good(func(s *Schedule) { s.To = []string{to} }), 0)
		wantField(t, err, "to")
	}
	_, err := f.PutSchedule(ctx, f.root, good(func(s *Schedule) { s.After = "dinner" }), 0)
	wantField(t, err, "after")
	made, err := f.PutSchedule(ctx, f.operator, good(func(*Schedule) {}), 0)
	if err != nil || made.After != AfterRun || made.Format != "html" || len(made.To) != 1 {
		t.Fatalf("%+v, %v", made, err)
	}
	_, err = f.PutSchedule(ctx, f.viewer, good(func(*Schedule) {}), 0)
	wantError(t, "a viewer", err, ErrForbidden)
	whole := good(func(s *Schedule) { s.Site, s.Cron = "", "0 6 * * *" })
	if _, err := f.PutSchedule(ctx, f.operator, whole, 0); err != nil {
		t.Errorf("of all: %v", err)
	}

	// Who is limited to a site has reports of that one sent, and of no other.
	limited := f.act(f.make(t, "liv", Operator, "Hamburg"))
	_, err = f.PutSchedule(ctx, limited, good(func(*Schedule) {}), 0)
	wantField(t, err, "site")
	_, err = f.PutSchedule(ctx, limited, whole, 0)
	wantError(t, "limited, of all", err, ErrForbidden)
	_, err = f.PutSchedule(ctx, limited, good(func(s *Schedule) { s.ID, s.Site = made.ID, "Hamburg" }), store.AnyRev)
	wantError(t, "limited, takes another's", err, store.ErrUnknown)
	if list := f.Schedules(limited.Who); len(list) != 0 {
		t.Errorf("limited, sees %+v", list)
	}
	if own, err := f.PutSchedule(ctx, limited, good(func(s *Schedule) { s.Site = "Hamburg" }), 0); err != nil || own.Site == made.Site {
		t.Errorf("limited, of their site: %+v %v", own, err)
	}

	// Channels are the admin's to name; an operator leaves them as they are.
	_, err = f.PutSchedule(ctx, f.operator, good(func(s *Schedule) { s.To = []string{"all"} }), 0)
	wantField(t, err, "to")
	named, err := f.PutSchedule(ctx, f.root, good(func(s *Schedule) { s.ID, s.To = made.ID, []string{"ALL", "ada@corp.example"} }), store.AnyRev)
	if err != nil || len(named.To) != 2 || named.To[0] != all {
		t.Fatalf("%+v, %v", named, err)
	}
	named.Paused = true
	if named, err = f.PutSchedule(ctx, f.operator, named, named.Rev); err != nil || named.To[0] != all {
		t.Errorf("%+v, %v", named, err)
	}
	named.Site = "Hamburg"
	_, err = f.PutSchedule(ctx, f.operator, named, named.Rev)
	wantField(t, err, "site")
	wantError(t, "a channel that a report goes to", f.RemoveChannel(ctx, f.root, all, store.AnyRev), ErrInUse)

	// What is sent is written with what was done, or neither is.
	at := f.now().Add(time.Hour)
	now, err := f.Schedule(System(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	stale, edit := now, store.Edit{Kind: "outbox", ID: "1", Body: []byte("x")}
	stale.Rev += 100
	_, err = f.ReportScheduled(ctx, &stale, at, at, Kept{At: at, Did: "sent"}, edit)
	wantError(t, "stale", err, store.ErrStale)
	if _, err := f.store.Document(ctx, "outbox", "1"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("it is there: %v", err)
	}
	revs, err := f.ReportScheduled(ctx, &now, at, at, Kept{At: at, Did: "sent"}, edit)
	doc, missing := f.store.Document(ctx, "outbox", "1")
	if err != nil || missing != nil || revs[0] != doc.Rev {
		t.Errorf("%v %v %v", revs, err, missing)
	}
	if now, err = f.Schedule(System(), made.ID); err != nil || !now.Done.Equal(at) || !now.Until.Equal(at) || now.Last.Did != "sent" {
		t.Errorf("%+v, %v", now, err)
	}
	if e := f.lastEntry(t); e.Action != "schedule.sent" || e.Object != made.ID || e.Detail["messages"] != "1" {
		t.Errorf("the log says %+v", e)
	}
}
