package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

func TestTokens(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	site, err := f.PutSite(ctx, f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for field, n := range map[string]NewToken{
		"name":    {"", Viewer, nil, time.Time{}},
		"role":    {"a", NoRole, nil, time.Time{}},
		"sites":   {"a", Viewer, []string{"nowhere"}, time.Time{}},
		"expires": {"a", Viewer, nil, f.now()},
	} {
		_, secret, err := f.CreateToken(ctx, f.root, n)
		wantField(t, err, field)
		if secret != "" {
			t.Error("what was not made has a secret")
		}
	}
	_, _, err = f.CreateToken(ctx, f.root, NewToken{"a", Viewer, nil, f.now().Add(400 * 24 * time.Hour)})
	wantField(t, err, "expires")
	made, secret, err := f.CreateToken(ctx, f.root, NewToken{"ci", Operator, []string{"BERLIN"}, time.Time{}})
	if err != nil || !strings.HasPrefix(secret, "signet_") || len(secret) != 7+43 || made.By != f.root.Who.ID || !made.Expires.Equal(f.now().Add(90*24*time.Hour)) {
		t.Fatalf("%+v, %q, %v", made, secret, err)
	}
	if b, _ := json.Marshal(f.Tokens()); strings.Contains(string(b), secret[7:]) || strings.Contains(string(b), hashOf(secret)) || strings.Contains(string(b), "used") {
		t.Errorf("the list says %s", b)
	}
	w, err := f.ByToken(ctx, secret, at("10.0.0.7"))
	if err != nil || w.Via != ByToken || w.ID != made.ID || w.Role != Operator || fmt.Sprint(w.Sites) != fmt.Sprint([]string{site.ID}) {
		t.Fatalf("%+v, %v", w, err)
	}
	for _, bad := range []string{"", "signet_", secret[7:], secret + "x", hashOf(secret), strings.ToUpper(secret)} {
		if w, err := f.ByToken(ctx, bad, at("10.0.0.7")); !errors.Is(err, ErrNoToken) || w.Via != Nobody {
			t.Errorf("%q: %+v, %v", bad, w, err)
		}
	}
	if e := f.lastEntry(t); e.Action != "token" || e.Result != "failed" || strings.Contains(fmt.Sprint(e), "signet_") {
		t.Errorf("a wrong token is entered as %+v", e)
	}
	f.again(t)
	if _, err := f.ByToken(ctx, secret, at("10.0.0.7")); err != nil {
		t.Errorf("in the next process: %v", err)
	}
	now, err := f.Token(made.ID)
	if err != nil || now.Used.IsZero() {
		t.Fatalf("%+v, %v", now, err)
	}
	_, err = f.ChangeToken(ctx, f.root, made.ID, made.Rev+1000, TokenChange{Role: ptr(Viewer)})
	wantError(t, "another revision", err, store.ErrStale)
	changed, err := f.ChangeToken(ctx, f.root, made.ID, now.Rev, TokenChange{Role: ptr(Viewer), Name: ptr("cd"), Expires: ptr(f.now().Add(time.Hour))})
	if err != nil || changed.Role != Viewer || changed.Name != "cd" || len(changed.Sites) != 1 {
		t.Fatalf("%+v, %v", changed, err)
	}
	f.move(time.Hour)
	if _, err := f.ByToken(ctx, secret, at("10.0.0.7")); !errors.Is(err, ErrNoToken) {
		t.Errorf("when it expired: %v", err)
	}
	if _, err := f.ChangeToken(ctx, f.root, made.ID, store.AnyRev, TokenChange{Expires: ptr(f.now().Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ByToken(ctx, secret, at("10.0.0.7")); err != nil {
		t.Errorf("prolonged: %v", err)
	}
	wantError(t, "removing the revision of before", f.RemoveToken(ctx, f.root, made.ID, made.Rev), store.ErrStale)
	if err := f.RemoveToken(ctx, f.root, made.ID, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ByToken(ctx, secret, at("10.0.0.7")); !errors.Is(err, ErrNoToken) {
		t.Errorf("after it was removed: %v", err)
	}
	wantError(t, "removing it again", f.RemoveToken(ctx, f.root, made.ID, store.AnyRev), store.ErrUnknown)
	f.sound(t)
}

// Its use is written once a minute, and entered once an hour and address.
func TestTokenUse(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	_, secret, err := f.CreateToken(ctx, f.root, NewToken{"ci", Viewer, nil, time.Time{}})
	if err != nil {
		t.Fatal(err)
	}
	before := f.sound(t)
	revs := map[uint64]bool{}
	for range 119 {
		f.move(time.Minute / 2)
		if _, err := f.ByToken(ctx, secret, at("10.0.0.7")); err != nil {
			t.Fatal(err)
		}
		doc, err := f.store.Document(ctx, "token", hashOf(secret))
		if err != nil {
			t.Fatal(err)
		}
		revs[doc.Rev] = true
	}
	if len(revs) != 60 || f.sound(t) != before+1 {
		t.Errorf("in an hour it was written %d times, and entered %d", len(revs), f.sound(t)-before)
	}
	if e := f.lastEntry(t); e.Action != "token" || e.Via != "token" || e.Address != "10.0.0.7" || e.Result != "ok" {
		t.Errorf("%+v", e)
	}
	if _, err := f.ByToken(ctx, secret, at("10.0.0.8")); err != nil || f.lastEntry(t).Address != "10.0.0.8" {
		t.Errorf("another address: %+v, %v", f.lastEntry(t), err)
	}
	f.move(100 * 24 * time.Hour)
	if err := f.Sweep(ctx); err != nil || len(f.Tokens()) != 1 {
		t.Errorf("%d tokens ten days after it expired, %v", len(f.Tokens()), err)
	}
	f.move(30 * 24 * time.Hour)
	if err := f.Sweep(ctx); err != nil || len(f.Tokens()) != 0 {
		t.Errorf("%d tokens later, %v", len(f.Tokens()), err)
	}
}
