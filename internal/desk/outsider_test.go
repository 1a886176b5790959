package desk

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// Each grant counts where it was given: the role of one not at the sites of another.
func TestGrantsAddUp(t *testing.T) {
	f := ready(t)
	var a, b string
	for name, id := range map[string]*string{"a": &a, "b": &b} {
		s, err := f.PutSite(t.Context(), f.root, Site{Name: name, Targets: []string{"10.0.0.1"}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		*id = s.ID
	}
	both := slices.Sorted(slices.Values([]string{a, b}))
	for _, c := range []struct {
		what   string
		grants []Grant
		role   Role
		sites  []string
		kept   int // grants that are kept, since one role and one list do not say it
		may    map[Action][]string
		not    map[Action][]string
	}{
		{"none", nil, NoRole, nil, 0, nil, map[Action][]string{Look: {"", a}}},
		{"one, everywhere", []Grant{{Viewer, nil}}, Viewer, nil, 0, map[Action][]string{Look: {"", a, b}}, map[Action][]string{Launch: {"", a}}},
		{"one, at a site by its name", []Grant{{Operator, []string{"a"}}}, Operator, []string{a}, 0, map[Action][]string{Launch: {a}, Look: {a}}, map[Action][]string{Look: {"", b}, Arrange: {a, ""}}},
		{"a site that is not there", []Grant{{Admin, []string{"nowhere"}}}, NoRole, nil, 0, nil, nil},
		{"and one that is", []Grant{{Admin, []string{"nowhere"}}, {Viewer, []string{"a", "nowhere"}}}, Viewer, []string{a}, 0, map[Action][]string{Look: {a}}, map[Action][]string{Look: {"", b}, Inspect: {""}}},
		{"one role, two sites", []Grant{{Operator, []string{"a"}}, {Operator, []string{"b", "a"}}}, Operator, both, 0, map[Action][]string{Launch: {a, b}}, map[Action][]string{Look: {""}}},
		{"two roles, two sites", []Grant{{Viewer, []string{"b"}}, {Operator, []string{"a"}}}, Operator, both, 2, map[Action][]string{Launch: {a}, Look: {a, b}}, map[Action][]string{Launch: {b, ""}, Look: {""}}},
		{"one everywhere, a higher one at a site", []Grant{{Viewer, nil}, {Operator, []string{"a"}}}, Operator, nil, 2, map[Action][]string{Launch: {a}, Look: {"", a, b}}, map[Action][]string{Launch: {"", b}, Arrange: {"", a}}},
		{"what a higher one has already", []Grant{{Admin, nil}, {Operator, []string{"a"}}, {Viewer, nil}}, Admin, nil, 0, map[Action][]string{Administer: {""}, Launch: {b}}, nil},
		{"an admin of a site, a viewer of all", []Grant{{Admin, []string{"a"}}, {Viewer, nil}}, Admin, nil, 2, map[Action][]string{Launch: {a}, Look: {""}}, map[Action][]string{Inspect: {"", a}, Administer: {"", a}, Launch: {""}}},
	} {
		role, sites, kept := f.added(c.grants)
		if role != c.role || !slices.Equal(sites, c.sites) || len(kept) != c.kept {
			t.Errorf("%s: %v %v %v", c.what, role, sites, kept)
		}
		w := Who{Via: BySession, Role: role, Sites: sites, Grants: kept}
		for action, at := range c.may {
			for _, s := range at {
				if !Allow(w, action, s) || !AllowSomewhere(w, action) {
					t.Errorf("%s: it may not do %d at %q", c.what, action, s)
				}
			}
		}
		for action, at := range c.not {
			for _, s := range at {
				if Allow(w, action, s) {
					t.Errorf("%s: it may do %d at %q", c.what, action, s)
				}
			}
		}
	}
}

// Who an identity provider knows is nobody else, whatever they are called; and is a user as long as that provider is the one of the flags.
func TestOutsiders(t *testing.T) {
	f := ready(t)
	f.Desk.config.Sealer, f.Desk.config.Issuer = turned{}, "https://login.example"
	ada := Outsider{Issuer: "https://login.example", Subject: "1", Name: "root", Grants: []Grant{{Admin, nil}}, Refresh: "again", Due: f.now().Add(time.Minute), Ends: f.now().Add(time.Hour)}
	begin := func(o Outsider) (Who, string) {
		t.Helper()
		w, secret, err := f.SignOn(t.Context(), o, at("10.0.0.1"), "a browser", "")
		if err != nil {
			t.Fatal(err)
		}
		return w, secret
	}
	one, secret := begin(ada)
	if one.ID == f.root.Who.ID || !one.Outside || one.Role != Admin {
		t.Errorf("it is %+v", one)
	}
	renamed := ada
	renamed.Name = "somebody\u202e else\n"
	two, _ := begin(renamed)
	other := ada
	other.Subject = "2"
	three, _ := begin(other)
	elsewhere := ada
	elsewhere.Issuer = "https://elsewhere.example"
	four, foreign := begin(elsewhere)
	if two.ID != one.ID || three.ID == one.ID || four.ID == one.ID {
		t.Errorf("who is who: %v %v %v %v", one, two, three, four)
	}
	if _, err := f.BySession(t.Context(), foreign); !errors.Is(err, ErrNoSession) {
		t.Errorf("by a provider that is not the one of the flags: %v", err)
	}
	if w, err := f.BySession(t.Context(), secret); err != nil || w.ID != one.ID {
		t.Errorf("%v %v", w, err)
	}
	act := Act{Who: one, From: at("10.0.0.1")}
	if err := f.ChangePassword(t.Context(), act, rootPassword, anyPassword); !errors.Is(err, ErrOutside) {
		t.Errorf("a password: %v", err)
	}
	role := Viewer
	if _, err := f.ChangeUser(t.Context(), f.root, one.ID, 0, UserChange{Role: &role}); !errors.Is(err, ErrOutside) {
		t.Errorf("another role: %v", err)
	}
	if u, err := f.User(f.root.Who.ID); err != nil || u.Kind != Local {
		t.Errorf("%+v %v", u, err)
	}
	// However many admins a provider has, the last local one stays.
	if err := f.RemoveUser(t.Context(), act, f.root.Who.ID, anyRev(f, f.root.Who.ID)); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("the last local admin goes: %v", err)
	}
	if err := f.RemoveUser(t.Context(), f.root, three.ID, anyRev(f, three.ID)); err != nil {
		t.Errorf("an admin of the provider stays: %v", err)
	}
	// It ends where nothing renews it, and is due before.
	f.move(time.Minute)
	due, _ := f.Renewals()
	if len(due) != 2 || due[0].Refresh != "again" || due[0].Subject != "1" {
		t.Errorf("due: %+v", due)
	}
	f.move(time.Hour - time.Minute)
	if _, err := f.BySession(t.Context(), secret); !errors.Is(err, ErrNoSession) {
		t.Errorf("it goes on: %v", err)
	}
	// Where nobody has a password, no session that began with one counts.
	_, local, err := f.LogOn(t.Context(), Logon{Name: "root", Password: rootPassword, From: at("10.0.0.2")})
	if err != nil {
		t.Fatal(err)
	}
	f.Desk.config.NoLocal = true
	if _, err := f.BySession(t.Context(), local); !errors.Is(err, ErrNoSession) {
		t.Errorf("a session of before: %v", err)
	}
	if _, _, err := f.LogOn(t.Context(), Logon{Name: "root", Password: rootPassword, From: at("10.0.0.2")}); !errors.Is(err, ErrLocalOff) {
		t.Errorf("a password: %v", err)
	}
}

// anyRev is where a user stands.
func anyRev(f *fixture, id string) uint64 {
	u, _ := f.User(id)
	return u.Rev
}
