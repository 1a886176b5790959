package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"signet/internal/store"
)

func (f *fixture) logOn(t *testing.T, name, password, from string) (Who, string) {
	t.Helper()
	w, secret, err := f.LogOn(t.Context(), Logon{Name: name, Password: password, From: at(from), Agent: "Mozilla"})
	if err != nil {
		t.Fatal(err)
	}
	return w, secret
}

func (f *fixture) gone(t *testing.T, what, secret string) {
	t.Helper()
	if w, err := f.BySession(t.Context(), secret); !errors.Is(err, ErrNoSession) || w.Via != Nobody {
		t.Errorf("%s: %+v, %v", what, w, err)
	}
}

func TestSessions(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	w, secret := f.logOn(t, "OTTO ", anyPassword, "10.0.0.7")
	if b, err := base64.RawURLEncoding.DecodeString(secret); err != nil || len(b) != 32 {
		t.Errorf("the secret %q: %v", secret, err)
	}
	got, err := f.BySession(ctx, secret)
	if err != nil || got.ID != f.operator.Who.ID || got.Role != Operator || got.Via != BySession || fmt.Sprint(got) != fmt.Sprint(w) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, other := range []string{"", "x", secret + "x", hashOf(secret), w.Session, strings.ToUpper(secret)} {
		f.gone(t, other, other)
	}
	// What the user may is as it stands now.
	if _, err := f.ChangeUser(ctx, f.root, w.ID, store.AnyRev, UserChange{Role: ptr(Viewer)}); err != nil {
		t.Fatal(err)
	}
	if got, err := f.BySession(ctx, secret); err != nil || got.Role != Viewer {
		t.Errorf("after a change %+v, %v", got, err)
	}
	// Another logon from the same browser takes the place of this one.
	_, second, err := f.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7"), Old: secret, Agent: "a\nb\x1b[31m" + strings.Repeat("x", 300)})
	if err != nil || second == secret {
		t.Fatal(err)
	}
	f.gone(t, "the session of before", secret)
	me, err := f.BySession(ctx, second)
	if err != nil {
		t.Fatal(err)
	}
	_, third := f.logOn(t, "otto", anyPassword, "2001:db8::7")
	list, err := f.Sessions(me)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, s := range list {
		if s.Current != (s.Address == "10.0.0.7") || strings.ContainsAny(s.Agent, "\n\x1b") || utf8.RuneCountInString(s.Agent) > 200 || s.ID == "" || strings.Contains(fmt.Sprint(s), hashOf(third)) {
			t.Errorf("%+v", s)
		}
		if !s.Current {
			if s.Address != "2001:db8::/64" {
				t.Errorf("at %s", s.Address)
			}
			if err := f.EndSession(ctx, f.viewer, s.ID); !errors.Is(err, store.ErrUnknown) {
				t.Errorf("another user ends it: %v", err)
			}
			if err := f.EndSession(ctx, Act{Who: me}, s.ID); err != nil {
				t.Error(err)
			}
		}
	}
	f.gone(t, "a session that was ended", third)
	f.again(t)
	if _, err := f.BySession(ctx, second); err != nil {
		t.Errorf("in the next process: %v", err)
	}
	if err := f.LogOff(ctx, second, at("10.0.0.7")); err != nil {
		t.Fatal(err)
	}
	f.gone(t, "after the log-off", second)
	if err := f.LogOff(ctx, second, at("10.0.0.7")); err != nil {
		t.Errorf("logging off twice: %v", err)
	}
	_, fourth := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	if err := f.EndSessions(ctx, f.root, me.ID); err != nil {
		t.Fatal(err)
	}
	f.gone(t, "after an admin's end", fourth)
	_, fifth := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	if err := f.RemoveUser(ctx, f.root, me.ID, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	f.gone(t, "of a user who was removed", fifth)
	if docs, err := f.store.Documents(ctx, "session", "", "", 10); err != nil || len(docs) != 0 {
		t.Errorf("%d sessions of a user who was removed are stored, %v", len(docs), err)
	}
	f.again(t)
	f.gone(t, "of a user who was removed, in the next process", fifth)
	f.sound(t)
}

func TestSessionsEnd(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	_, idle := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	_, used := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	for range 6 {
		f.move(2*time.Hour - time.Minute)
		if _, err := f.BySession(ctx, used); err != nil {
			t.Fatalf("what is used ended: %v", err)
		}
	}
	f.gone(t, "what is not used", idle)
	f.again(t) // when it was used last is stored
	if _, err := f.BySession(ctx, used); err != nil {
		t.Errorf("in the next process what is used ended: %v", err)
	}
	f.move(12 * time.Minute)
	f.gone(t, "after half a day", used)
	_, left := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	f.move(2 * time.Hour)
	f.gone(t, "two hours later", left)
	if err := f.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if docs, err := f.store.Documents(ctx, "session", "", "", 10); err != nil || len(docs) != 0 {
		t.Errorf("%d sessions are stored, %v", len(docs), err)
	}
}

// That a session is used is written once a minute at most.
func TestSessionWrites(t *testing.T) {
	f := ready(t)
	_, secret := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	revs := map[uint64]bool{}
	for range 120 {
		f.move(2 * time.Second)
		if _, err := f.BySession(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		doc, err := f.store.Document(t.Context(), "session", hashOf(secret))
		if err != nil {
			t.Fatal(err)
		}
		revs[doc.Rev] = true
	}
	if len(revs) < 4 || len(revs) > 5 {
		t.Errorf("in four minutes it was written %d times", len(revs))
	}
}

func TestMostSessions(t *testing.T) {
	f := ready(t)
	_, first := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	f.move(time.Second)
	_, second := f.logOn(t, "otto", anyPassword, "10.0.0.7")
	w := Who{}
	for range mostSessions - 1 {
		f.move(time.Second)
		w, _ = f.logOn(t, "otto", anyPassword, "10.0.0.7")
	}
	f.gone(t, "the oldest of too many", first)
	if _, err := f.BySession(t.Context(), second); err != nil {
		t.Errorf("the next one: %v", err)
	}
	if list, err := f.Sessions(w); err != nil || len(list) != mostSessions {
		t.Errorf("%d sessions, %v", len(list), err)
	}
}

// A wrong name and a wrong password look alike, and what was typed as a name is not entered.
func TestLogOnFails(t *testing.T) {
	f := ready(t)
	for name, why := range map[string]string{"otto": "wrong password", "hunter2 typed as a name": "unknown name", "": "unknown name"} {
		w, secret, err := f.LogOn(t.Context(), Logon{Name: name, Password: "hunter3", From: at("10.0.0.7")})
		if err != ErrWrong || secret != "" || w.Via != Nobody {
			t.Errorf("%q: %+v, %q, %v", name, w, secret, err)
		}
		f.move(2 * time.Minute)
		e := f.lastEntry(t)
		if e.Action != "logon" || e.Result != "failed" || e.Address != "10.0.0.7" || e.Detail["why"] != why || (e.Actor == f.operator.Who.ID) != (name == "otto") {
			t.Errorf("%q is entered as %+v", name, e)
		}
		if b := fmt.Sprint(f.told); strings.Contains(b, "hunter") {
			t.Errorf("the log tells what was typed: %s", b)
		}
	}
	for _, p := range []string{"", strings.Repeat("x", 1<<20)} {
		if _, _, err := f.LogOn(t.Context(), Logon{Name: "otto", Password: p, From: at("10.0.0.8")}); !errors.Is(err, ErrWrong) {
			t.Errorf("a password of %d bytes: %v", len(p), err)
		}
	}
	// The same failure again and again is one entry a minute, which counts the others.
	before := f.sound(t)
	for range 3 {
		f.LogOn(t.Context(), Logon{Name: "vera", Password: "wrong", From: at("10.0.0.9")})
	}
	if n := f.sound(t); n != before+1 {
		t.Errorf("%d entries of three failures", n-before)
	}
	f.move(time.Minute)
	f.LogOn(t.Context(), Logon{Name: "vera", Password: "wrong", From: at("10.0.0.9")})
	if e := f.lastEntry(t); e.Detail["untold"] != "2" {
		t.Errorf("the next entry says %v", e.Detail)
	}
}

// A user who is removed, or whose password is changed, while it is being checked is not logged on.
func TestLogOnRace(t *testing.T) {
	f := ready(t)
	for i := range freeOfAccount + 1 {
		f.LogOn(t.Context(), Logon{Name: "otto", Password: "wrong", From: at(fmt.Sprint("10.0.1.", i))})
	}
	f.Desk.config.Wait = func(context.Context, time.Duration) error {
		_, err := f.ChangeUser(t.Context(), f.root, f.operator.Who.ID, store.AnyRev, UserChange{Password: ptr("another 0815 password")})
		return err
	}
	_, _, err := f.LogOn(t.Context(), Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")})
	wantError(t, "with the password of before", err, ErrWrong)
}
