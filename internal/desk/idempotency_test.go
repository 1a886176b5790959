package desk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

func TestOnce(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	for _, key := range []string{"", "a b", "ä", strings.Repeat("x", 256)} {
		_, _, err := f.Once(ctx, f.root.Who, key, "POST /jobs {}")
		wantField(t, err, "Idempotency-Key")
	}
	begin := func(w Who, key, request string) *Claim {
		t.Helper()
		r, c, err := f.Once(ctx, w, key, request)
		if err != nil || r != nil || c == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		return c
	}
	c := begin(f.root.Who, "k", "POST /jobs {}")
	_, _, err := f.Once(ctx, f.root.Who, "k", "POST /jobs {}")
	wantError(t, "while it is under way", err, ErrUnderWay)
	begin(f.operator.Who, "k", "POST /jobs {}").Drop() // another's key is another one
	if err := c.Done(ctx, Reply{Status: 202, Header: map[string]string{"Location": "/jobs/1"}, Body: []byte(`{"id":"1"}`)}); err != nil {
		t.Fatal(err)
	}
	f.again(t)
	r, c, err := f.Once(ctx, f.root.Who, "k", "POST /jobs {}")
	if err != nil || c != nil || r.Status != 202 || r.Header["Location"] != "/jobs/1" || string(r.Body) != `{"id":"1"}` || r.Once {
		t.Fatalf("%+v, %v", r, err)
	}
	_, _, err = f.Once(ctx, f.root.Who, "k", "POST /jobs {other}")
	wantError(t, "another call", err, ErrReused)
	begin(f.operator.Who, "k", "POST /jobs {}").Drop()
	begin(f.operator.Who, "k", "POST /jobs {}").Drop() // what came to nothing may be made again
	// A secret is not kept, nor what is too large.
	for i, reply := range []Reply{{Status: 201, Body: []byte("signet_secret"), Once: true}, {Status: 200, Body: make([]byte, mostReply+1)}} {
		key := string(rune('a' + i))
		if err := begin(f.root.Who, key, "x").Done(ctx, reply); err != nil {
			t.Fatal(err)
		}
		if r, _, err := f.Once(ctx, f.root.Who, key, "x"); err != nil || r == nil || !r.Once || r.Body != nil {
			t.Errorf("%d: %+v, %v", i, r, err)
		}
	}
	// A day later it is a new call.
	f.move(24*time.Hour - time.Second)
	if err := f.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if r, _, err := f.Once(ctx, f.root.Who, "k", "POST /jobs {}"); err != nil || r == nil {
		t.Errorf("within a day: %v, %v", r, err)
	}
	f.move(time.Second)
	begin(f.root.Who, "k", "POST /jobs {other}").Drop()
	if err := f.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if docs, err := f.store.Documents(ctx, replyKind, "", "", 10); err != nil || len(docs) != 0 {
		t.Errorf("%d answers are stored, %v", len(docs), err)
	}
}

func TestJobs(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	if _, err := f.PutSite(ctx, f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0); err != nil {
		t.Fatal(err)
	}
	limited := f.act(f.make(t, "liv", Operator, "Berlin"))
	site := limited.Who.Sites[0]
	for _, act := range []Act{{}, f.viewer, limited} {
		_, err := f.QueueJob(ctx, act, "", json.RawMessage(`{}`))
		wantError(t, act.Who.Name, err, ErrForbidden)
	}
	first, err := f.QueueJob(ctx, f.operator, "", json.RawMessage(`{"targets":["10.0.0.1"]}`))
	if err != nil || first.State != Queued || first.By != f.operator.Who.ID || first.Rev == 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	f.move(time.Second)
	second, err := f.QueueJob(ctx, limited, site, json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if list := f.Jobs(limited.Who); len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("who is limited sees %+v", list)
	}
	if list := f.Jobs(f.viewer.Who); len(list) != 2 || list[0].ID != first.ID {
		t.Errorf("%+v", list)
	}
	f.move(time.Second)
	j, err := f.MoveJob(ctx, first.ID, func(j *Job) { j.State, j.Run, j.By = Running, "run-1", "other" })
	if err != nil || j.State != Running || j.Run != "run-1" || !j.Began.Equal(f.now()) || j.By != f.operator.Who.ID || !j.Ended.IsZero() {
		t.Fatalf("%+v, %v", j, err)
	}
	f.again(t)
	if j, err := f.Job(first.ID); err != nil || j.State != Running || string(j.Order) != `{"targets":["10.0.0.1"]}` {
		t.Errorf("in the next process: %+v, %v", j, err)
	}
	f.move(time.Second)
	j, err = f.MoveJob(ctx, first.ID, func(j *Job) { j.State, j.Failed = Failed, "the disk is full" })
	if e := f.lastEntry(t); err != nil || !j.Ended.Equal(f.now()) || e.Action != "job.end" || e.Detail["run"] != "run-1" || e.Via != "system" {
		t.Errorf("%+v, %v, %+v", j, err, e)
	}
	_, err = f.MoveJob(ctx, "nope", func(*Job) {})
	wantError(t, "one that is not there", err, store.ErrUnknown)
	f.sound(t)
}

// Of jobs that ended the newest are kept, and all that did not.
func TestJobsAreBounded(t *testing.T) {
	f := ready(t)
	var edits []store.Edit
	for i := range mostJobs + 5 {
		j := Job{ID: auditID(uint64(1e6 - i)), State: Done, Queued: f.now().Add(time.Duration(i) * time.Second)}
		if i == 0 {
			j.State = Running
		}
		b, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		edits = append(edits, store.Edit{Kind: "job", ID: j.ID, Body: b})
	}
	if _, err := f.store.Write(t.Context(), edits...); err != nil {
		t.Fatal(err)
	}
	f.again(t)
	if _, err := f.QueueJob(t.Context(), f.root, "", nil); err != nil {
		t.Fatal(err)
	}
	list := f.Jobs(f.root.Who)
	if len(list) != mostJobs+2 || list[0].State != Running && list[1].State != Running {
		t.Errorf("%d jobs are kept", len(list))
	}
	if _, err := f.Job(auditID(1e6 - 1)); err == nil {
		t.Error("the oldest is kept")
	}
	f.again(t)
	if len(f.Jobs(f.root.Who)) != mostJobs+2 {
		t.Error("in the next process others are")
	}
}
