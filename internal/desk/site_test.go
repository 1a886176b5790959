package desk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"signet/internal/store"
)

func TestSites(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	good := Site{Name: "Berlin", Targets: []string{" 10.0.0.0/24 "}}
	for field, how := range map[string]func(*Site){
		"name":     func(s *Site) { s.Name = " " },
		"owner":    func(s *Site) { s.Owner = strings.Repeat("x", 201) },
		"targets":  func(s *Site) { s.Targets = nil },
		"exclude":  func(s *Site) { s.Exclude = []string{"a b"} },
		"checks":   func(s *Site) { s.Checks = []string{"smb", "nope"} },
		"depth":    func(s *Site) { s.Depth = "deeper" },
		"policy":   func(s *Site) { s.Policy = "nope" },
		"runner":   func(s *Site) { s.Runner = "elsewhere" },
		"channels": func(s *Site) { s.Channels = []string{"mail"} },
	} {
		s := good
		how(&s)
		_, err := f.PutSite(ctx, f.root, s, 0)
		wantField(t, err, field)
	}
	s := good
	s.Depth = "credential"
	_, err := f.PutSite(ctx, f.root, s, 0)
	wantField(t, err, "depth")
	s.Depth, s.Targets = "decoy", []string{"a b"}
	_, err = f.PutSite(ctx, f.root, s, 0)
	wantField(t, err, "targets")
	for _, act := range []Act{{}, f.viewer} {
		_, err := f.PutSite(ctx, act, Site{}, 0)
		wantError(t, act.Who.Name, err, ErrForbidden)
		wantError(t, act.Who.Name, f.RemoveSite(ctx, act, "x", 0), ErrForbidden)
	}
	made, err := f.PutSite(ctx, f.operator, good, 0)
	if err != nil || made.ID == "" || made.Rev == 0 || !made.Created.Equal(f.now()) {
		t.Fatalf("%+v, %v", made, err)
	}
	if b, err := json.Marshal(made); err != nil || !strings.HasPrefix(string(b), `{"id":"`+made.ID+`","name":"Berlin","targets":["10.0.0.0/24"],"exclude":[],"checks":[],"depth":"","policy":"","owner":"","runner":"here","channels":[]`) {
		t.Errorf("%s, %v", b, err)
	}
	_, err = f.PutSite(ctx, f.root, Site{Name: "BERLIN", Targets: []string{"10.0.0.1"}}, 0)
	wantField(t, err, "name")
	next := made
	next.Created = next.Created.AddDate(-1, 0, 0)
	next.Name, next.Policy, next.Checks = "Berlin 2", "strict", []string{"smb", "smb"}
	_, err = f.PutSite(ctx, f.root, next, made.Rev+100)
	wantError(t, "another revision", err, store.ErrStale)
	changed, err := f.PutSite(ctx, f.root, next, made.Rev)
	if err != nil || changed.ID != made.ID || changed.Name != "Berlin 2" || len(changed.Checks) != 1 || changed.Rev == made.Rev || !changed.Created.Equal(made.Created) {
		t.Fatalf("%+v, %v", changed, err)
	}
	next.ID = "nowhere"
	next.Name = "other"
	_, err = f.PutSite(ctx, f.root, next, store.AnyRev)
	wantError(t, "of an ID that is not there", err, store.ErrUnknown)
	// Who is limited to other sites sees nothing of it.
	second, err := f.PutSite(ctx, f.root, Site{Name: "Hamburg", Targets: []string{"10.1.0.1"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	limited := f.act(f.make(t, "liv", Operator, "Hamburg"))
	if list := f.Sites(limited.Who); len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("who is limited sees %+v", list)
	}
	for _, name := range []string{made.ID, "Berlin 2", "nowhere", ""} {
		if _, err := f.Site(limited.Who, name); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("who is limited sees %q: %v", name, err)
		}
	}
	if _, err := f.PutSite(ctx, limited, second, second.Rev); !errors.Is(err, ErrForbidden) {
		t.Errorf("who is limited changes what the site reaches: %v", err)
	}
	// One that somebody is limited to stays, or they would be limited to nothing, which is all.
	wantError(t, "of a user", f.RemoveSite(ctx, f.root, second.ID, store.AnyRev), ErrInUse)
	if err := f.RemoveUser(ctx, f.root, limited.Who.ID, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	token, _, err := f.CreateToken(ctx, f.root, NewToken{Name: "ci", Role: Viewer, Sites: []string{second.ID}})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "of a token", f.RemoveSite(ctx, f.root, second.ID, store.AnyRev), ErrInUse)
	if err := f.RemoveToken(ctx, f.root, token.ID, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	wantError(t, "at another revision", f.RemoveSite(ctx, f.root, second.ID, second.Rev+100), store.ErrStale)
	if err := f.RemoveSite(ctx, f.root, second.ID, second.Rev); err != nil || len(f.Sites(f.root.Who)) != 1 {
		t.Errorf("%d sites, %v", len(f.Sites(f.root.Who)), err)
	}
	f.sound(t)
}

func TestPolicies(t *testing.T) {
	f := ready(t)
	ctx := t.Context()
	for _, name := range []string{"", "baseline", "A", "a/b", "../x", "-x", strings.Repeat("x", 65), "a\n"} {
		_, err := f.CreatePolicy(ctx, f.root, name, "name: x")
		wantField(t, err, "name")
	}
	for _, yaml := range []string{"bad", strings.Repeat("x", 1<<20+1)} {
		_, err := f.CreatePolicy(ctx, f.root, "ours", yaml)
		wantField(t, err, "yaml")
	}
	made, err := f.CreatePolicy(ctx, f.root, "ours", "version: 1")
	if err != nil || made.ID != "ours" || made.Version != 1 || made.By != f.root.Who.ID {
		t.Fatalf("%+v, %v", made, err)
	}
	_, err = f.CreatePolicy(ctx, f.root, "ours", "version: 2")
	wantField(t, err, "name")
	_, err = f.ChangePolicy(ctx, f.root, "ours", made.Rev+100, "version: 2")
	wantError(t, "another revision", err, store.ErrStale)
	_, err = f.ChangePolicy(ctx, f.root, "ours", made.Rev, "bad")
	wantField(t, err, "yaml")
	second, err := f.ChangePolicy(ctx, f.root, "ours", made.Rev, "version: 2")
	if err != nil || second.Version != 2 || second.YAML != "version: 2" {
		t.Fatalf("%+v, %v", second, err)
	}
	s, err := f.PutSite(ctx, f.root, Site{Name: "Berlin", Targets: []string{"10.0.0.1"}, Policy: "ours"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "a site's", f.RemovePolicy(ctx, f.root, "ours", store.AnyRev), ErrInUse)
	s.Policy = ""
	if _, err := f.PutSite(ctx, f.root, s, store.AnyRev); err != nil {
		t.Fatal(err)
	}
	_, err = f.ChangeSettings(ctx, f.root, Settings{Policy: "nope"}, 0)
	wantField(t, err, "policy")
	set, err := f.ChangeSettings(ctx, f.root, Settings{Policy: "ours"}, 0)
	if err != nil || set.Policy != "ours" || set.Rev == 0 {
		t.Fatalf("%+v, %v", set, err)
	}
	_, err = f.ChangeSettings(ctx, f.root, Settings{}, 0)
	wantError(t, "settings as if there were none", err, store.ErrStale)
	wantError(t, "the settings'", f.RemovePolicy(ctx, f.root, "ours", store.AnyRev), ErrInUse)
	f.again(t)
	if f.Settings().Policy != "ours" {
		t.Errorf("in the next process: %+v", f.Settings())
	}
	if _, err := f.ChangeSettings(ctx, f.root, Settings{}, f.Settings().Rev); err != nil {
		t.Fatal(err)
	}
	wantError(t, "at the revision of before", f.RemovePolicy(ctx, f.root, "ours", made.Rev), store.ErrStale)
	if err := f.RemovePolicy(ctx, f.root, "ours", second.Rev); err != nil || len(f.OwnPolicies()) != 0 {
		t.Fatal(err)
	}
	// What judged once can still be read, and a number stands for one text for ever.
	if _, err := f.CreatePolicy(ctx, f.root, "ours-2", "other"); err != nil {
		t.Fatal(err)
	}
	anew, err := f.CreatePolicy(ctx, f.root, "ours", "version: 3")
	if err != nil || anew.Version != 3 {
		t.Fatalf("%+v, %v", anew, err)
	}
	list, err := f.PolicyVersions(ctx, "ours")
	if err != nil || len(list) != 3 || list[0].YAML != "version: 3" || list[2].YAML != "version: 1" {
		t.Errorf("%+v, %v", list, err)
	}
	f.sound(t)
}
