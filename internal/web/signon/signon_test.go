package signon_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/desk"
	"signet/internal/sso"
)

// system is who makes sites in these tests.
func system() desk.Act { return desk.Act{Who: desk.System()} }

// Somebody logs on by a real provider, in a browser, comes back to the page that was asked for, and may what their groups give them.
func TestLogOn(t *testing.T) {
	t.Parallel()
	p := provided(t, 600, "token")
	s := serve(t, sso.Config{Issuer: p.issuer, ClientID: "signet", Secret: secret}, nil, false,
		"signet-admins=admin", "desk=operator:hq", "desk=operator:nowhere", "readers=viewer", "branch=admin:no-such-site", "CN=Ops,OU=Groups=viewer:branch")
	for _, name := range []string{"hq", "branch"} {
		if _, err := s.desk.PutSite(t.Context(), system(), desk.Site{Name: name, Targets: []string{"10.0.0.0/24"}}, 0); err != nil {
			t.Fatal(err)
		}
	}
	site := func(name string) string {
		for _, k := range s.desk.Sites(desk.System()) {
			if k.Name == name {
				return k.ID
			}
		}
		t.Fatalf("no site %s", name)
		return ""
	}
	hq, branch := site("hq"), site("branch")
	p.tell("groups ada signet-admins,others")
	ada := s.browser(t)
	if status, v := ada.call("POST", "setup", map[string]any{"token": s.token, "name": "ada", "password": "a local ada's password"}); status != 201 {
		t.Fatalf("set-up: %d %v", status, v)
	}
	if login := s.browser(t).get(host + sub + "/login?to=%2Fhosts"); !strings.Contains(login.text, `href="/signet/oidc/login?to=%2fhosts"`) || !strings.Contains(login.text, `name="password"`) {
		t.Errorf("the page for logging on: %s", login.text)
	}
	// Another ada: of the same name as the local one, and nobody that she knows.
	other := s.browser(t)
	at := other.logOn("ada", "/hosts?q=a")
	if at.status != 303 || at.to != host+sub+"/hosts?q=a" {
		t.Fatalf("back to %d %s\n%s", at.status, at.to, s.text())
	}
	status, me := other.call("GET", "session", nil)
	_, first := ada.call("GET", "session", nil)
	if status != 200 || me["name"] != "ada" || me["role"] != "admin" || me["id"] == first["id"] {
		t.Errorf("who it is: %d %v, and the local one %v", status, me, first)
	}
	users := s.desk.Users()
	if len(users) != 2 || users[0].Kind == users[1].Kind {
		t.Errorf("users: %+v", users)
	}
	for _, u := range users {
		if u.Kind == desk.Outside && (u.Issuer != p.issuer || u.Subject != "ada") {
			t.Errorf("it is %+v", u)
		}
	}
	for path, want := range map[string]string{"/users": `title="` + p.issuer, "/me": "single sign-on"} {
		if page := other.get(host + sub + path); page.status != 200 || !strings.Contains(page.text, want) {
			t.Errorf("%s: %d %s", path, page.status, page.text)
		}
	}
	if strings.Contains(other.get(host+sub+"/me").text, "Old password") {
		t.Error("who has no password is offered to change it")
	}
	// What the local one's password opens is the local one's.
	if status, v := other.call("POST", "me/password", map[string]any{"old": "a local ada's password", "password": "a new one for nobody"}); status != 409 {
		t.Errorf("a password for a user of the provider: %d %v", status, v)
	}
	if status, v := other.call("PATCH", "users/"+me["id"].(string), map[string]any{"role": "viewer"}); status != 409 {
		t.Errorf("a role that the provider does not give: %d %v", status, v)
	}
	if status, _ := ada.call("POST", "session", map[string]any{"name": "ada", "password": "a local ada's password"}); status != 200 {
		t.Error("the local one cannot log on any more")
	}
	// Grants add up, each where it is given; a site that is not there gives nothing, and least of all everything.
	for _, c := range []struct {
		name, groups string
		role         desk.Role
		sites        []string
		may          map[string][]desk.Action // by site
		not          map[string][]desk.Action
	}{
		{"bob", "desk", desk.Operator, []string{hq}, map[string][]desk.Action{hq: {desk.Launch, desk.Look}}, map[string][]desk.Action{branch: {desk.Look}, "": {desk.Look}}},
		{"cy", "desk,readers", desk.Operator, nil, map[string][]desk.Action{hq: {desk.Launch}, branch: {desk.Look}, "": {desk.Look}}, map[string][]desk.Action{branch: {desk.Launch}, "": {desk.Launch, desk.Import}}},
		{"dee", "desk,CN=Ops", desk.Operator, []string{hq}, nil, map[string][]desk.Action{branch: {desk.Look}}},
	} {
		p.tell("groups " + c.name + " " + c.groups)
		b := s.browser(t)
		if at := b.logOn(c.name, "//evil.example/"); at.to != host+sub+"/" {
			t.Errorf("%s is led to %s", c.name, at.to)
		}
		var of desk.User
		for _, u := range s.desk.Users() {
			if u.Name == c.name {
				of = u
			}
		}
		if of.Role != c.role || len(of.Sites) != len(c.sites) || len(c.sites) > 0 && !slices.Equal(of.Sites, c.sites) {
			t.Errorf("%s: %+v", c.name, of)
		}
		w := desk.Who{Via: desk.BySession, ID: of.ID, Role: of.Role, Sites: of.Sites, Grants: of.Grants}
		for site, list := range c.may {
			for _, a := range list {
				if !desk.Allow(w, a, site) {
					t.Errorf("%s may not do %d at %q", c.name, a, site)
				}
			}
		}
		for site, list := range c.not {
			for _, a := range list {
				if desk.Allow(w, a, site) {
					t.Errorf("%s may do %d at %q", c.name, a, site)
				}
			}
		}
		if want := map[bool]int{true: 200, false: 403}[c.name == "cy"]; c.name == "cy" {
			if status, v := b.call("PATCH", "sites/"+hq, map[string]any{"owner": "x"}); status != 403 {
				t.Errorf("%s arranges a site: %d %v, want %d", c.name, status, v, want)
			}
		}
	}
	// Nobody gets in without a group, nor by one whose only site is not there.
	for name, groups := range map[string]string{"eve": "", "fay": "others", "gus": "branch"} {
		p.tell("groups " + name + " " + groups)
		b := s.browser(t)
		at := b.logOn(name, "/")
		if at.to != host+sub+"/login?sso=group" || !strings.Contains(b.get(at.to).text, "none of your groups") {
			t.Errorf("%s: %s", name, at.to)
		}
		if status, _ := b.call("GET", "session", nil); status != 401 {
			t.Errorf("%s got in: %d", name, status)
		}
	}
	list, err := s.desk.Audit(t.Context(), 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range list {
		seen[e.Action+" "+e.Result+" "+e.Detail["by"]+e.Detail["why"]]++
	}
	for _, want := range []string{"logon ok sso", "user.create ok sso", "logon failed sso: no group with a role"} {
		if seen[want] == 0 {
			t.Errorf("the audit log has no %q: %v", want, seen)
		}
	}
	noSecrets(t, s)
	if said := s.text(); said != "" {
		t.Errorf("the server said: %s", said)
	}
}

// noSecrets looks for what the provider and this server told each other in all that is stored.
func noSecrets(t *testing.T, s *served) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	sealed := false
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sealed = sealed || strings.Contains(string(b), "sealed1:")
		if strings.Contains(string(b), secret) {
			t.Errorf("%s has the secret of the client", f)
		}
	}
	if !sealed {
		t.Error("nothing sealed is stored, so that this shows nothing")
	}
	due, _ := s.desk.Renewals()
	for _, r := range due {
		for _, f := range files {
			if b, _ := os.ReadFile(f); r.Refresh == "" || strings.Contains(string(b), r.Refresh) {
				t.Errorf("%s has what renews a session", f)
			}
		}
	}
}

// Where the groups stand in UserInfo alone, they are read there; a public client proves itself by PKCE; local accounts can be off.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	p := provided(t, 600, "userinfo")
	s := serve(t, sso.Config{Issuer: p.issuer, ClientID: "public"}, nil, true, "readers=viewer")
	p.tell("groups ada readers")
	b := s.browser(t)
	login := b.follow(b.get(host+sub+"/"), "")
	if !strings.Contains(login.text, "/signet/oidc/login?to=%2f") || strings.Contains(login.text, `name="password"`) {
		t.Errorf("where nobody has a password: %s", login.text)
	}
	if at := b.logOn("ada", "/board"); at.to != host+sub+"/board" {
		t.Fatalf("%s\n%s", at.to, s.text())
	}
	if status, me := b.call("GET", "session", nil); status != 200 || me["role"] != "viewer" {
		t.Errorf("%d %v", status, me)
	}
	p.tell("groups bob readers")
	s.inChromium(t, "bob")
	other := s.browser(t)
	for path, body := range map[string]map[string]any{"session": {"name": "ada", "password": "a password of twelve"}, "setup": {"token": s.token, "name": "eve", "password": "a password of twelve"}} {
		if status, v := other.call("POST", path, body); status != 403 {
			t.Errorf("%s where local accounts are off: %d %v", path, status, v)
		}
	}
	if status, _ := b.call("DELETE", "session", nil); status != 204 {
		t.Errorf("logging off: %d", status)
	}
	if status, _ := b.call("GET", "session", nil); status != 401 {
		t.Errorf("after that: %d", status)
	}
}

// A session is renewed as long as the provider does so, with the groups of that moment.
func TestRenewal(t *testing.T) {
	t.Parallel()
	p := provided(t, 2, "token")
	s := serve(t, sso.Config{Issuer: p.issuer, ClientID: "signet", Secret: secret}, nil, false, "admins=admin", "readers=viewer")
	for name, groups := range map[string]string{"ada": "admins", "bob": "readers", "cy": "readers"} {
		p.tell("groups " + name + " " + groups)
	}
	people := map[string]*browser{}
	for _, name := range []string{"ada", "bob", "cy"} {
		people[name] = s.browser(t)
		if at := people[name].logOn(name, "/"); at.to != host+sub+"/" {
			t.Fatalf("%s: %s\n%s", name, at.to, s.text())
		}
	}
	is := func(name string) string {
		status, me := people[name].call("GET", "session", nil)
		if status != 200 {
			return ""
		}
		return me["role"].(string)
	}
	p.tell("leave bob")              // who left
	p.tell("groups ada readers")     // who has another group
	p.tell("groups cy nothing-here") // and none
	eventually(t, "another role", 30*time.Second, func() bool { return is("ada") == "viewer" })
	eventually(t, "who left is out", 30*time.Second, func() bool { return is("bob") == "" })
	eventually(t, "and whoever has no group", 30*time.Second, func() bool { return is("cy") == "" })
	// While the provider is away nobody is out, and once it is back it goes on.
	p.tell("down")
	eventually(t, "the provider is missed", 30*time.Second, func() bool { return strings.Contains(s.text(), "does not answer") })
	if is("ada") != "viewer" {
		t.Error("a provider that is away puts people out")
	}
	p.tell("groups ada admins")
	p.tell("up")
	eventually(t, "it goes on", 40*time.Second, func() bool { return is("ada") == "admin" })
	list, err := s.desk.Audit(t.Context(), 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	whys := map[string]bool{}
	for _, e := range list {
		if e.Action == "session.end" {
			whys[e.Detail["why"]] = true
		}
	}
	if !whys["the provider says invalid_grant"] || !whys["no group with a role"] {
		t.Errorf("why sessions ended: %v", whys)
	}
	noSecrets(t, s)
}

// Without a refresh token a session ends with its ID token.
func TestNotRenewed(t *testing.T) {
	t.Parallel()
	p := provided(t, 5, "token")
	s := serve(t, sso.Config{Issuer: p.issuer, ClientID: "brief", Secret: secret}, nil, false, "readers=viewer")
	p.tell("groups ada readers")
	b := s.browser(t)
	if at := b.logOn("ada", "/"); at.to != host+sub+"/" {
		t.Fatalf("%s\n%s", at.to, s.text())
	}
	if status, _ := b.call("GET", "session", nil); status != 200 {
		t.Fatalf("%d", status)
	}
	eventually(t, "the session ends", 20*time.Second, func() bool { status, _ := b.call("GET", "session", nil); return status == 401 })
}
