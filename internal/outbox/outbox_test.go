package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"signet/internal/notify"
	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// desk is a store's desk in a bubble of synctest, whose clock a database's own goroutines would hold up.
type desk struct {
	mu   sync.Mutex
	all  map[string]store.Document
	fail bool
	rev  uint64
}

func (d *desk) Documents(_ context.Context, kind, _, after string, most int) (list []store.Document, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, doc := range d.all {
		if doc.Kind == kind && id > after {
			list = append(list, doc)
		}
	}
	slices.SortFunc(list, func(a, b store.Document) int { return strings.Compare(a.ID, b.ID) })
	return list[:min(len(list), most)], nil
}

func (d *desk) Write(_ context.Context, edits ...store.Edit) (revs []uint64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail {
		return nil, errors.New("the disk is full")
	}
	for _, e := range edits {
		if was := d.all[e.ID].Rev; was != e.Was && e.Was != store.AnyRev {
			return nil, &store.Stale{Kind: e.Kind, ID: e.ID}
		}
	}
	for _, e := range edits {
		d.rev++
		revs = append(revs, d.rev)
		if d.all[e.ID] = (store.Document{Kind: e.Kind, ID: e.ID, Rev: d.rev, Body: e.Body}); e.Body == nil {
			delete(d.all, e.ID)
		}
	}
	return revs, nil
}

func (d *desk) Document(_ context.Context, kind, id string) (*store.Document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc, ok := d.all[id]
	if !ok || d.fail {
		return nil, store.NoDocument(kind, id)
	}
	return &doc, nil
}
func (d *desk) Hold(context.Context, string) (context.Context, func(), error) {
	return nil, nil, errors.ErrUnsupported
}

// receiver is what channels lead to.
type receiver struct {
	mu    sync.Mutex
	down  map[string]bool
	bad   string // in the title of what it never takes
	after time.Duration
	took  []string // channel, title, ID
	tried map[string][]time.Time
	files [][]notify.File // of each try
}

func (r *receiver) send(_ context.Context, channel string, m *notify.Message) (notify.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if channel == "gone" {
		return notify.Result{}, ErrNoChannel
	}
	if r.tried == nil {
		r.tried = map[string][]time.Time{}
	}
	r.tried[m.ID] = append(r.tried[m.ID], time.Now())
	r.files = append(r.files, m.Files)
	if r.down[channel] || r.bad != "" && strings.Contains(m.Title, r.bad) {
		return notify.Result{Status: "503", After: r.after}, errors.New("503")
	}
	r.took = append(r.took, fmt.Sprint(channel, " ", m.Title, " ", m.ID))
	return notify.Result{Status: "204"}, nil
}

// opened opens a box and has it work until stop.
func opened(t *testing.T, d store.Desk, r *receiver) (b *Box, stop func()) {
	t.Helper()
	b, err := Open(t.Context(), Config{Desk: d, Now: time.Now, Send: r.send, Warn: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.Work(ctx); close(done) }()
	return b, func() { cancel(); <-done }
}

func post(t *testing.T, b *Box, title string, channels, held []string) {
	t.Helper()
	edits, letters, err := b.Post(notify.Message{Title: title}, channels, held)
	if err != nil {
		t.Fatal(err)
	}
	revs, err := b.Desk.Write(t.Context(), edits...)
	if err != nil {
		t.Fatal(err)
	}
	b.Posted(letters, revs)
}

func (r *receiver) titles() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.took {
		list = append(list, s[:strings.LastIndexByte(s, ' ')])
	}
	return list
}

func TestUntilTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{all: map[string]store.Document{}}, &receiver{down: map[string]bool{"b": true}}
		b, stop := opened(t, d, r)
		post(t, b, "one", []string{"a", "b", "gone"}, nil)
		post(t, b, "two", []string{"b", "a"}, nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got, []string{"a one", "a two"}) {
			t.Errorf("taken: %q", got)
		}
		// One channel that is down for two hours holds up no other, and what it missed arrives in order, each under its first ID.
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		list := b.Letters("b")
		if len(list) != 2 || list[1].Tries < 15 || list[1].Why != "503" || list[1].Failed {
			t.Fatalf("%+v", list)
		}
		tries := r.tried[list[1].Message.ID]
		if tries[1].Sub(tries[0]) > 5*time.Second || tries[8].Sub(tries[7]) != time.Minute || len(tries) > 40 { // it is tried before what came after it, too
			t.Errorf("tried %v", tries)
		}
		first := list[1].Message.ID
		stop()
		r.down["b"] = false // while nobody is there
		b, stop = opened(t, d, r)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got, []string{"a one", "a two", "b one", "b two"}) || !strings.HasSuffix(r.took[2], " "+first) || len(d.all) != 0 {
			t.Errorf("taken: %q, left %d", r.took, len(d.all))
		}
		if s, ok := b.Last("b"); !ok || !s.OK || s.Status != "204" {
			t.Errorf("%+v", s)
		}

		// A day later it is given up, shown for a month, and holds up nothing.
		r.down["b"], r.after = true, 3*time.Hour
		post(t, b, "three", []string{"b"}, nil)
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		list = b.Letters("b")
		if len(list) != 1 || !list[0].Failed {
			t.Fatalf("%+v", list)
		}
		if n := len(r.tried[list[0].Message.ID]); n < 8 || n > 10 { // as it was asked to wait
			t.Errorf("%d tries", n)
		}
		r.down["b"] = false
		post(t, b, "four", []string{"b"}, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got[4:], []string{"b four"}) {
			t.Errorf("taken: %q", got)
		}
		time.Sleep(31 * 24 * time.Hour)
		synctest.Wait()
		if len(b.Letters("b")) != 0 || len(d.all) != 0 {
			t.Errorf("%+v", b.Letters("b"))
		}
		stop()
	})
}

// What was taken is not sent again while that cannot be written, for hours: a full disk is no mail a minute. The next process, which cannot
// know, sends it once more, under the same ID.
func TestSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{all: map[string]store.Document{}}, &receiver{}
		b, stop := opened(t, d, r)
		edits, letters, err := b.Post(notify.Message{Title: "one"}, []string{"a"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		revs, err := d.Write(t.Context(), edits...)
		if err != nil {
			t.Fatal(err)
		}
		d.fail = true
		b.Posted(letters, revs)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if len(r.took) != 1 || len(b.Letters("a")) != 1 {
			t.Errorf("taken %q", r.took)
		}
		stop()
		b, stop = opened(t, d, r)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(r.took) != 2 || r.took[0] != r.took[1] {
			t.Errorf("taken by the next process: %q", r.took)
		}
		d.mu.Lock()
		d.fail = false
		d.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(r.took) != 2 || len(d.all) != 0 || len(b.Letters("a")) != 0 {
			t.Errorf("taken %q, left %d", r.took, len(d.all))
		}
		stop()
	})
}

func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{all: map[string]store.Document{}}, &receiver{}
		b, stop := opened(t, d, r)
		post(t, b, "one", nil, []string{"a"})
		post(t, b, "two", []string{"b"}, []string{"a"})
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got, []string{"b two"}) {
			t.Errorf("taken: %q", got)
		}
		stop()
		b, stop = opened(t, d, r)
		held := b.Held("a")
		if len(held) != 2 || held[0].Message.Title != "one" {
			t.Fatalf("%+v", held)
		}
		if err := b.Digest(t.Context(), "a", notify.Message{Title: "both"}, held); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := r.titles(); !slices.Equal(got[1:], []string{"a both"}) || len(d.all) != 0 {
			t.Errorf("taken: %q, left %d", got, len(d.all))
		}
		if err := b.Digest(t.Context(), "a", notify.Message{Title: "again"}, held); !errors.Is(err, store.ErrStale) {
			t.Errorf("of what is gone: %v", err)
		}
		stop()
	})
}

// A store keeps what a box does.
func TestStored(t *testing.T) {
	s, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &receiver{down: map[string]bool{"a": true}}
	b, stop := opened(t, s, r)
	m := notify.Message{Title: "one", Rows: []notify.Row{{Rule: "x", Port: 445}}, Files: []notify.File{{Name: "a", Body: []byte{1}}}}
	edits, letters, err := b.Post(m, []string{"a"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	revs, err := s.Write(t.Context(), edits...)
	if err != nil {
		t.Fatal(err)
	}
	b.Posted(letters, revs)
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if l := b.Letters("a"); len(l) == 1 && l[0].Tries > 0 {
			break
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("it was not tried")
		}
	}
	stop()
	before := len(r.files)
	b, stop = opened(t, s, r)
	defer stop()
	if l := b.Letters("a"); len(l) != 1 || l[0].Tries == 0 || l[0].Message.Rows[0] != m.Rows[0] || l[0].Message.ID != letters[0].Message.ID {
		t.Errorf("%+v", l)
	}
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) { // a start tries what waits
		r.mu.Lock()
		again := slices.Clone(r.files[before:])
		r.mu.Unlock()
		if len(again) > 0 {
			if f := again[0]; len(f) != 1 || f[0].Name != "a" || !bytes.Equal(f[0].Body, []byte{1}) {
				t.Errorf("with the file %+v", f)
			}
			break
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("it was not tried again")
		}
	}
}

// Files of a message wait in the store alone, and come with each try, at the next process's too.
func TestFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := &desk{all: map[string]store.Document{}}, &receiver{down: map[string]bool{"a": true}}
		var got []string
		send := func(ctx context.Context, channel string, m *notify.Message) (notify.Result, error) {
			for _, f := range m.Files {
				got = append(got, m.ID+" "+f.Name+" "+string(f.Body))
			}
			return r.send(ctx, channel, m)
		}
		open := func() (*Box, func()) {
			b, err := Open(t.Context(), Config{Desk: d, Now: time.Now, Send: send, Warn: func(s string) { t.Log(s) }})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { b.Work(ctx); close(done) }()
			return b, func() { cancel(); <-done }
		}
		b, stop := open()
		edits, letters, err := b.Post(notify.Message{Title: "t", Files: []notify.File{{Name: "f", Body: []byte("body")}}}, []string{"a"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		revs, err := d.Write(t.Context(), edits...)
		if err != nil {
			t.Fatal(err)
		}
		b.Posted(letters, revs)
		light := func(b *Box) {
			t.Helper()
			for _, l := range b.Letters("a") {
				if len(l.Message.Files) > 0 {
					t.Error("files are kept in memory")
				}
			}
		}
		time.Sleep(10 * time.Second)
		if light(b); len(b.Letters("a")) != 1 || len(got) < 3 {
			t.Errorf("%d letters, tried with %q", len(b.Letters("a")), got)
		}
		d.mu.Lock()
		d.fail = true // the store does not answer: nothing is sent without its files
		d.mu.Unlock()
		before := len(got)
		time.Sleep(2 * time.Minute)
		d.mu.Lock()
		d.fail = false
		d.mu.Unlock()
		if len(got) > before {
			t.Errorf("without its store it sent %q", got[before:])
		}
		stop()
		b, stop = open()
		light(b)
		r.mu.Lock()
		r.down = nil
		r.mu.Unlock()
		time.Sleep(5 * time.Minute)
		stop()
		if len(r.took) != 1 || len(b.Letters("a")) != 0 {
			t.Errorf("it took %q", r.took)
		}
		for _, g := range got {
			if g != letters[0].Message.ID+" f body" {
				t.Errorf("it brought %q", g)
			}
		}
		if len(r.tried[letters[0].Message.ID]) != len(got) {
			t.Errorf("%d tries, %d with files", len(r.tried[letters[0].Message.ID]), len(got))
		}
	})
}
