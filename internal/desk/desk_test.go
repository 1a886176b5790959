package desk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// fixture is a desk on a real store, with a clock that stands until it is moved.
type fixture struct {
	*Desk
	store  *sqlite.Store
	config Config

	mu     sync.Mutex
	at     time.Time
	waited []time.Duration
	told   []Entry

	root, operator, viewer Act
}

const (
	rootPassword = "correct horse battery"
	anyPassword  = "staple 4711 staple"
)

func at(address string) netip.Addr { return netip.MustParseAddr(address) }

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func (f *fixture) move(by time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(by)
}

// seeded is randomness that is the same each time.
type seeded struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

func (s *seeded) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.Read(b)
}

// bare is a desk without a user.
func bare(t *testing.T) *fixture {
	t.Helper()
	s, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return bareOn(t, s)
}

func bareOn(t *testing.T, s *sqlite.Store) *fixture {
	t.Helper()
	f := &fixture{store: s, at: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	f.config = Config{
		Now: f.now, Random: &seeded{from: rand.NewChaCha8([32]byte{1})},
		Wait: func(_ context.Context, d time.Duration) error {
			f.mu.Lock()
			f.waited = append(f.waited, d)
			f.at = f.at.Add(d)
			f.mu.Unlock()
			return nil
		},
		memory: 64, Checks: []string{"smb", "http"}, Rules: []string{"smb-signing-not-required"}, Policies: []string{"baseline", "strict"},
		LintPolicy: func(yaml string) error {
			if strings.Contains(yaml, "bad") {
				return errors.New("line 3: bad")
			}
			return nil
		},
		LintScope: func(terms []string) error {
			for _, t := range terms {
				if t == "???" {
					return fmt.Errorf("%q is not a term", t)
				}
			}
			return nil
		},
		CheckTarget: func(t string) error {
			if strings.ContainsAny(t, " /\\@") && !strings.HasSuffix(t, "/24") {
				return fmt.Errorf("%q is no target", t)
			}
			return nil
		},
		Told: func(e Entry) {
			f.mu.Lock()
			f.told = append(f.told, e)
			f.mu.Unlock()
		},
	}
	f.open(t)
	return f
}

func (f *fixture) open(t *testing.T) {
	t.Helper()
	d, err := Open(t.Context(), f.store, f.config)
	if err != nil {
		t.Fatal(err)
	}
	f.Desk = d
	t.Cleanup(d.Close)
}

// again closes the desk and opens it, as another process would.
func (f *fixture) again(t *testing.T) {
	t.Helper()
	f.Desk.Close()
	f.open(t)
}

// ready is a desk with an admin, an operator and a viewer.
func ready(t *testing.T) *fixture {
	t.Helper()
	f := bare(t)
	token, err := NewSetupToken(t.Context(), f.store, f.config)
	if err != nil {
		t.Fatal(err)
	}
	u, err := f.SetUp(t.Context(), token, "root", rootPassword, at("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	f.root = f.act(u)
	f.operator = f.act(f.make(t, "otto", Operator))
	f.viewer = f.act(f.make(t, "vera", Viewer))
	return f
}

func (f *fixture) act(u User) Act {
	return Act{Who{Via: BySession, ID: u.ID, Name: u.Name, Role: u.Role, Sites: u.Sites}, at("10.0.0.9")}
}

func (f *fixture) make(t *testing.T, name string, role Role, sites ...string) User {
	t.Helper()
	u, err := f.CreateUser(t.Context(), f.root, NewUser{name, anyPassword, role, sites})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wantField fails unless an error is of that field.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	if e, ok := errors.AsType[*FieldError](err); !ok || e.Field != field || e.Text == "" {
		t.Errorf("%v, want that the field %s is at fault", err, field)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// sound fails unless the audit log is whole.
func (f *fixture) sound(t *testing.T) (entries uint64) {
	t.Helper()
	n, err := VerifyAudit(t.Context(), f.store)
	if err != nil {
		t.Errorf("the audit log: %v", err)
	}
	return n
}

// lastEntry is the newest entry of the log.
func (f *fixture) lastEntry(t *testing.T) Entry {
	t.Helper()
	list, err := f.Audit(t.Context(), 0, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	return list[0]
}

// A second process is refused, and what one wrote the next one reads.
func TestOneProcess(t *testing.T) {
	f := ready(t)
	if _, err := Open(t.Context(), f.store, f.config); !errors.Is(err, store.ErrHeld) {
		t.Fatalf("a second desk: %v", err)
	}
	site, err := f.PutSite(t.Context(), f.root, Site{Name: "hq", Targets: []string{"10.0.0.0/24"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	users := fmt.Sprint(f.Users())
	held := f.Held()
	f.again(t)
	if held.Err() == nil {
		t.Error("the desk was closed, and the hold stands")
	}
	if now := fmt.Sprint(f.Users()); now != users {
		t.Errorf("users are\n%s\nand were\n%s", now, users)
	}
	if got, err := f.Site(f.root.Who, "HQ"); err != nil || fmt.Sprint(got) != fmt.Sprint(site) {
		t.Errorf("the site: %+v, %v", got, err)
	}
	if _, err := f.CreateUser(t.Context(), f.root, NewUser{"later", anyPassword, Viewer, nil}); err != nil {
		t.Error(err)
	}
	f.sound(t)
}

// faulty is a store that says of a write that it failed, having made it or not.
type faulty struct {
	store.Desk
	fail, made bool
	err        error
	before     func() // a write
}

func (s *faulty) Write(ctx context.Context, edits ...store.Edit) ([]uint64, error) {
	if s.before != nil {
		s.before()
	}
	if !s.fail {
		return s.Desk.Write(ctx, edits...)
	}
	if s.made {
		if _, err := s.Desk.Write(ctx, edits...); err != nil {
			return nil, err
		}
	}
	return nil, s.err
}

// After a write of which nobody knows whether it was made, the desk is what the store says.
func TestDoubt(t *testing.T) {
	for _, made := range []bool{true, false} {
		f := ready(t)
		f.Close()
		s := &faulty{Desk: f.store, made: made, err: errors.New("the connection broke")}
		d, err := Open(t.Context(), s, f.config)
		if err != nil {
			t.Fatal(err)
		}
		s.fail = true
		told := len(f.told)
		if _, err := d.PutSite(t.Context(), f.root, Site{Name: "hq", Targets: []string{"10.0.0.1"}}, 0); err == nil {
			t.Fatal("a write that failed is none")
		}
		if len(d.Sites(f.root.Who)) != 0 || len(f.told) != told {
			t.Error("what is not known to be stored is shown")
		}
		s.fail = false
		_, err = d.PutSite(t.Context(), f.root, Site{Name: "hq", Targets: []string{"10.0.0.1"}}, 0)
		if made {
			wantField(t, err, "name") // it is there
		} else if err != nil {
			t.Error(err)
		}
		if n := len(d.Sites(f.root.Who)); n != 1 {
			t.Errorf("made %v: %d sites", made, n)
		}
		if _, err := VerifyAudit(t.Context(), f.store); err != nil {
			t.Error(err)
		}
		d.Close()
	}
}

// What is closed writes nothing, and who waits for a turn does not wait longer than its context.
func TestClosed(t *testing.T) {
	f := ready(t)
	<-f.turn
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := f.Note(ctx, f.root, "test", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a turn: %v", err)
	}
	f.turn <- struct{}{}
	n := f.sound(t)
	f.Close()
	if err := f.Note(t.Context(), f.root, "test", ""); err == nil {
		t.Error("a desk that was closed writes")
	}
	if f.sound(t) != n {
		t.Error("there is an entry")
	}
}

// Who hangs up does not keep what was decided from being written.
func TestHangUp(t *testing.T) {
	f := ready(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := f.change(ctx, f.root, func(p *plan) error {
		p.note("test", "x")
		cancel()
		return nil
	})
	if err != nil || f.lastEntry(t).Action != "test" {
		t.Errorf("%v, and the last entry is %+v", err, f.lastEntry(t))
	}
}

// Many write at once, and nothing is lost or doubled.
func TestManyWriters(t *testing.T) {
	f := ready(t)
	before := f.sound(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := f.PutSite(t.Context(), f.root, Site{Name: fmt.Sprint("site ", i%10), Targets: []string{"10.0.0.1"}}, 0); err != nil {
				if e, ok := errors.AsType[*FieldError](err); !ok || e.Field != "name" {
					t.Error(err)
				}
			}
			f.Sites(f.root.Who)
			f.Settings()
		})
	}
	wg.Wait()
	if n := len(f.Sites(f.root.Who)); n != 10 {
		t.Errorf("%d sites of 10 names", n)
	}
	if n := f.sound(t); n != before+10 {
		t.Errorf("%d entries, want %d", n, before+10)
	}
}

// While the disk is full who is known stays known, by a session and by a token, and who is not is told so.
func TestDiskFull(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	_, session := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	_, token, err := f.CreateToken(ctx, f.root, NewToken{Name: "ci", Role: Viewer})
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	s := &faulty{Desk: f.store, err: store.Fault("sqlite:x", "the disk is full", store.ErrUnwritable, errors.New("full"))}
	d, err := Open(ctx, s, f.config)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s.fail = true
	for range 3 {
		f.move(2 * time.Minute)
		if w, err := d.BySession(ctx, session); err != nil || w.Role != Operator {
			t.Errorf("by a session: %+v, %v", w, err)
		}
		if w, err := d.ByToken(ctx, token, at("10.0.0.7")); err != nil || w.Role != Viewer {
			t.Errorf("by a token: %+v, %v", w, err)
		}
		if _, err := d.ByToken(ctx, "wrong", at("10.0.0.7")); !errors.Is(err, ErrNoToken) {
			t.Errorf("by a wrong token: %v", err)
		}
		if _, _, err := d.LogOn(ctx, Logon{Name: "otto", Password: "wrong", From: at("10.0.0.8")}); !errors.Is(err, ErrWrong) {
			t.Errorf("by a wrong password: %v", err)
		}
	}
	if _, _, err := d.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")}); !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("a new session: %v", err)
	}
	s.fail = false
	if _, _, err := d.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")}); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	f.sound(t)
}
