package desk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"signet/internal/store"
)

func ptr[T any](v T) *T { return &v }

func TestUsers(t *testing.T) {
	f := ready(t)
	site, err := f.PutSite(t.Context(), f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for field, n := range map[string]NewUser{
		"name":     {"", anyPassword, Viewer, nil},
		"password": {"a", "short", Viewer, nil},
		"role":     {"a", anyPassword, NoRole, nil},
		"sites":    {"a", anyPassword, Viewer, []string{"nowhere"}},
	} {
		_, err := f.CreateUser(t.Context(), f.root, n)
		wantField(t, err, field)
	}
	for _, name := range []string{"ROOT", " root ", "Otto", "a\x00b", "a\u202eb", "\xff", strings.Repeat("x", 101)} {
		_, err := f.CreateUser(t.Context(), f.root, NewUser{name, anyPassword, Viewer, nil})
		wantField(t, err, "name")
	}
	u, err := f.CreateUser(t.Context(), f.root, NewUser{"Uwe", anyPassword, Operator, []string{"berlin", site.ID}})
	if err != nil || len(u.Sites) != 1 || u.Sites[0] != site.ID || u.Rev == 0 {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = f.ChangeUser(t.Context(), f.root, u.ID, u.Rev+100, UserChange{Role: ptr(Viewer)})
	wantError(t, "another revision", err, store.ErrStale)
	changed, err := f.ChangeUser(t.Context(), f.root, u.ID, u.Rev, UserChange{Role: ptr(Viewer), Name: ptr("uwe"), Sites: &[]string{}})
	if err != nil || changed.Role != Viewer || changed.Name != "uwe" || len(changed.Sites) != 0 || changed.Rev == u.Rev || changed.ID != u.ID {
		t.Fatalf("%+v, %v", changed, err)
	}
	_, err = f.ChangeUser(t.Context(), f.root, u.ID, u.Rev, UserChange{Role: ptr(Admin)})
	wantError(t, "the revision of before", err, store.ErrStale)
	_, err = f.ChangeUser(t.Context(), f.root, u.ID, store.AnyRev, UserChange{Name: ptr("OTTO")})
	wantField(t, err, "name")
	_, err = f.ChangeUser(t.Context(), f.root, u.ID, store.AnyRev, UserChange{Password: ptr("UWEuwe")})
	wantField(t, err, "password")
	_, err = f.ChangeUser(t.Context(), f.root, "nobody", store.AnyRev, UserChange{})
	wantError(t, "one that is not there", err, store.ErrUnknown)
	err = f.RemoveUser(t.Context(), f.root, u.ID, u.Rev)
	wantError(t, "removing the revision of before", err, store.ErrStale)
	if err := f.RemoveUser(t.Context(), f.root, u.ID, changed.Rev); err != nil {
		t.Fatal(err)
	}
	if _, err := f.User(u.ID); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("after it was removed: %v", err)
	}
	// The log still knows who it was, until that is forgotten.
	if name := f.NameOf(u.ID); name != "uwe" {
		t.Errorf("the log calls it %q", name)
	}
	f.again(t)
	if err := f.ForgetUser(t.Context(), f.root, u.ID); err != nil || f.NameOf(u.ID) != "" {
		t.Errorf("forgotten, it is called %q, %v", f.NameOf(u.ID), err)
	}
	wantError(t, "forgetting who is there", f.ForgetUser(t.Context(), f.root, f.operator.Who.ID), store.ErrUnknown)
	f.sound(t)
}

// None but an admin of everything changes users, whatever they send.
func TestUsersForbidden(t *testing.T) {
	f := ready(t)
	site, err := f.PutSite(t.Context(), f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	limited := f.act(f.make(t, "ada", Admin, site.ID))
	before := f.sound(t)
	for _, act := range []Act{{}, f.viewer, f.operator, limited} {
		_, err1 := f.CreateUser(t.Context(), act, NewUser{})
		_, err2 := f.ChangeUser(t.Context(), act, act.Who.ID, store.AnyRev, UserChange{Role: ptr(Admin), Sites: &[]string{}})
		err3 := f.RemoveUser(t.Context(), act, f.root.Who.ID, store.AnyRev)
		err4 := f.ForgetUser(t.Context(), act, "x")
		err5 := f.EndSessions(t.Context(), act, f.root.Who.ID)
		_, _, err6 := f.CreateToken(t.Context(), act, NewToken{})
		_, err7 := f.ChangeToken(t.Context(), act, "x", 0, TokenChange{})
		err8 := f.RemoveToken(t.Context(), act, "x", 0)
		_, err9 := f.CreatePolicy(t.Context(), act, "", "bad")
		_, err10 := f.ChangePolicy(t.Context(), act, "x", 0, "bad")
		err11 := f.RemovePolicy(t.Context(), act, "x", 0)
		_, err12 := f.ChangeSettings(t.Context(), act, Settings{Policy: "strict"}, 0)
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12} {
			wantError(t, act.Who.Name+": call "+string(rune('0'+i)), err, ErrForbidden)
		}
	}
	if f.sound(t) != before {
		t.Error("something was entered")
	}
}

// There is always somebody who can make users.
func TestLastAdmin(t *testing.T) {
	f := ready(t)
	site, err := f.PutSite(t.Context(), f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.make(t, "ada", Admin, site.ID) // who cannot
	id := f.root.Who.ID
	wantError(t, "removed", f.RemoveUser(t.Context(), f.root, id, store.AnyRev), ErrLastAdmin)
	_, err = f.ChangeUser(t.Context(), f.root, id, store.AnyRev, UserChange{Role: ptr(Operator)})
	wantError(t, "made an operator", err, ErrLastAdmin)
	_, err = f.ChangeUser(t.Context(), f.root, id, store.AnyRev, UserChange{Sites: &[]string{site.ID}})
	wantError(t, "limited to a site", err, ErrLastAdmin)
	f.make(t, "second", Admin)
	if err := f.RemoveUser(t.Context(), f.root, id, store.AnyRev); err != nil {
		t.Errorf("with another admin: %v", err)
	}
}

// No type that is given out says what a password hashes to.
func TestUserShowsNoHash(t *testing.T) {
	f := ready(t)
	b, err := json.Marshal(f.Users())
	if err != nil || strings.Contains(string(b), "argon2id") || strings.Contains(string(b), "assword") {
		t.Errorf("%s, %v", b, err)
	}
	if !strings.Contains(string(b), `"name":"root","role":"admin","sites":[]`) {
		t.Errorf("%s", b)
	}
}

func TestChangePassword(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	first, one, err := f.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")})
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := f.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.8")})
	if err != nil {
		t.Fatal(err)
	}
	_, another := f.logOn(t, "vera", anyPassword, "10.0.0.7")
	act := Act{first, at("10.0.0.7")}
	wantError(t, "a wrong old one", f.ChangePassword(ctx, act, "wrong", "another 0815 password"), ErrWrong)
	wantField(t, f.ChangePassword(ctx, act, anyPassword, "short"), "password")
	wantError(t, "by a token", f.ChangePassword(ctx, Act{Who: Who{Via: ByToken, ID: first.ID, Role: Admin}}, anyPassword, "another 0815 password"), ErrForbidden)
	if err := f.ChangePassword(ctx, act, anyPassword, "another 0815 password"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.BySession(ctx, one); err != nil {
		t.Errorf("one's own session: %v", err)
	}
	if _, err := f.BySession(ctx, other); !errors.Is(err, ErrNoSession) {
		t.Errorf("the other session: %v", err)
	}
	_, _, err = f.LogOn(ctx, Logon{Name: "otto", Password: anyPassword, From: at("10.0.0.7")})
	wantError(t, "the old password", err, ErrWrong)
	if _, _, err := f.LogOn(ctx, Logon{Name: "otto", Password: "another 0815 password", From: at("10.0.0.7")}); err != nil {
		t.Errorf("the new password: %v", err)
	}
	// An admin's change ends all of them.
	if _, err := f.ChangeUser(ctx, f.root, first.ID, store.AnyRev, UserChange{Password: ptr(anyPassword)}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.BySession(ctx, one); !errors.Is(err, ErrNoSession) {
		t.Errorf("after an admin's change: %v", err)
	}
	if _, err := f.BySession(ctx, another); err != nil {
		t.Errorf("another user's session: %v", err)
	}
}
