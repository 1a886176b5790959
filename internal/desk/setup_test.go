package desk

import (
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/internal/store"
)

func newToken(t *testing.T, f *fixture) string {
	t.Helper()
	token, err := NewSetupToken(t.Context(), f.store, f.config)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(b) != 32 {
		t.Fatalf("the token %q is of %d bytes, %v", token, len(b), err)
	}
	return token
}

func TestSetUp(t *testing.T) {
	f := bare(t)
	from := at("127.0.0.1")
	_, err := f.SetUp(t.Context(), "anything", "root", rootPassword, from)
	wantError(t, "no token was made", err, ErrForbidden)
	_, err = f.SetUp(t.Context(), "", "root", rootPassword, from)
	wantError(t, "an empty token where none was made", err, ErrForbidden)
	first := newToken(t, f)
	second := newToken(t, f)
	for what, token := range map[string]string{"no": "", "another": strings.Repeat("A", 43), "a replaced": first, "half a": second[:20], "the hash as a": hashOf(second)} {
		_, err := f.SetUp(t.Context(), token, "root", rootPassword, from)
		wantError(t, what+" token", err, ErrForbidden)
	}
	if e := f.lastEntry(t); e.Action != "setup" || e.Result != "failed" || e.Address != "127.0.0.1" {
		t.Errorf("a wrong token is entered as %+v", e)
	}
	// A token that is refused for what comes with it stays good.
	_, err = f.SetUp(t.Context(), second, "root", "short", from)
	wantField(t, err, "password")
	_, err = f.SetUp(t.Context(), second, " \t", rootPassword, from)
	wantField(t, err, "name")
	if done, err := f.IsSetUp(t.Context()); err != nil || done {
		t.Errorf("set up: %v, %v", done, err)
	}
	u, err := f.SetUp(t.Context(), second, " root ", rootPassword, from)
	if err != nil || u.Name != "root" || u.Role != Admin || len(u.Sites) != 0 || u.ID == "" {
		t.Fatalf("%+v, %v", u, err)
	}
	if done, err := f.IsSetUp(t.Context()); err != nil || !done {
		t.Errorf("set up: %v, %v", done, err)
	}
	for _, token := range []string{second, first, "", "x"} {
		_, err := f.SetUp(t.Context(), token, "second", rootPassword, from)
		wantError(t, "after the first user", err, ErrGone)
	}
	_, err = NewSetupToken(t.Context(), f.store, f.config)
	wantError(t, "another token", err, ErrGone)
	f.again(t)
	_, err = f.SetUp(t.Context(), second, "second", rootPassword, from)
	wantError(t, "in the next process", err, ErrGone)
	if n := len(f.Users()); n != 1 {
		t.Errorf("%d users", n)
	}
	f.sound(t)
}

func TestSetUpTokenExpires(t *testing.T) {
	f := bare(t)
	token := newToken(t, f)
	f.move(24 * time.Hour)
	_, err := f.SetUp(t.Context(), token, "root", rootPassword, at("127.0.0.1"))
	wantError(t, "after a day", err, ErrForbidden)
	token = newToken(t, f)
	f.move(24*time.Hour - time.Second)
	if _, err := f.SetUp(t.Context(), token, "root", rootPassword, at("127.0.0.1")); err != nil {
		t.Errorf("within a day: %v", err)
	}
}

// Of many who use the token at once one is set up.
func TestSetUpOnce(t *testing.T) {
	f := bare(t)
	token := newToken(t, f)
	var wg sync.WaitGroup
	var made atomic.Int32
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		wg.Go(func() {
			if _, err := f.SetUp(t.Context(), token, name, rootPassword, at("127.0.0.1")); err == nil {
				made.Add(1)
			} else {
				wantError(t, name, err, ErrGone)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || len(f.Users()) != 1 {
		t.Errorf("%d were set up, there are %d users", made.Load(), len(f.Users()))
	}
}

// A token that another process makes while this one sets up does not live on beside a user.
func TestSetUpBeside(t *testing.T) {
	f := bare(t)
	token := newToken(t, f)
	f.Close()
	s := &faulty{Desk: f.store}
	d, err := Open(t.Context(), s, f.config)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s.before = func() {
		s.before = nil
		token = newToken(t, f)
	}
	if _, err := d.SetUp(t.Context(), token, "root", rootPassword, at("127.0.0.1")); !errors.Is(err, store.ErrStale) || len(d.Users()) != 0 {
		t.Errorf("%v, %d users", err, len(d.Users()))
	}
	if _, err := d.SetUp(t.Context(), token, "root", rootPassword, at("127.0.0.1")); err != nil {
		t.Errorf("with the new one: %v", err)
	}
}

// What is stored of a token is no token.
func TestSetUpStored(t *testing.T) {
	f := bare(t)
	token := newToken(t, f)
	doc, err := f.store.Document(t.Context(), setUpKind, setUpID)
	if err != nil || strings.Contains(string(doc.Body), token) {
		t.Fatalf("%s, %v", doc.Body, err)
	}
	if _, err := f.SetUp(t.Context(), token, "root", rootPassword, at("127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	doc, err = f.store.Document(t.Context(), setUpKind, setUpID)
	if err != nil || strings.Contains(string(doc.Body), "hash") {
		t.Errorf("after it %s, %v", doc.Body, err)
	}
	if _, err := f.store.Document(t.Context(), "user", f.Users()[0].ID); err != nil {
		t.Error(err)
	}
}
