package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"signet/internal/check/checktest"
	"signet/internal/desk"
)

// who may what, as the contract has it: the table of routes is held against this one, which is written by itself.
const (
	anybody    = "nobody viewer operator admin site-viewer site-operator"
	reads      = "viewer operator admin site-viewer site-operator"
	works      = "operator admin site-operator"
	everywhere = "operator admin" // operators of a site have no say beyond it
	admins     = "admin"
)

func rights() map[string]string {
	return map[string]string{
		"GET openapi.json": anybody, "GET docs": reads, "POST setup": anybody, "POST session": anybody, "GET session": reads, "DELETE session": reads,
		"POST me/password": reads, "GET me/sessions": reads, "DELETE me/sessions/{id}": reads,
		"GET users": admins, "POST users": admins, "GET users/{id}": admins, "PATCH users/{id}": admins, "DELETE users/{id}": admins, "DELETE users/{id}/sessions": admins, "DELETE users/{id}/name": admins,
		"GET tokens": admins, "POST tokens": admins, "GET tokens/{id}": admins, "PATCH tokens/{id}": admins, "DELETE tokens/{id}": admins,
		"GET sites": reads, "POST sites": everywhere, "GET sites/{id}": reads, "PATCH sites/{id}": everywhere, "DELETE sites/{id}": everywhere,
		"GET policies": admins, "POST policies": admins, "GET policies/{id}": admins, "GET policies/{id}/versions": admins, "GET policies/{id}/diff": admins, "POST policies/preview": admins, "POST policies/{id}/preview": admins, "PATCH policies/{id}": admins, "DELETE policies/{id}": admins,
		"GET channels": admins, "POST channels": admins, "GET channels/{id}": admins, "PATCH channels/{id}": admins, "DELETE channels/{id}": admins, "POST channels/{id}/test": admins, "GET channels/{id}/messages": admins,
		"GET schedules": reads, "POST schedules": works, "GET schedules/{id}": reads, "PATCH schedules/{id}": works, "DELETE schedules/{id}": works,
		"GET exceptions": reads, "POST exceptions": works, "GET exceptions/{id}": reads, "PATCH exceptions/{id}": works, "DELETE exceptions/{id}": works,
		"GET owners": reads, "PUT owners": everywhere, "POST owners/preview": everywhere,
		"GET tables/sites": reads, "PUT tables/sites": everywhere, "POST tables/sites/preview": everywhere, "GET tables/exceptions": reads, "PUT tables/exceptions": works, "POST tables/exceptions/preview": works,
		"GET tables/findings": reads, "PUT tables/findings": works, "POST tables/findings/preview": works,
		"GET audit": admins, "GET settings": admins, "PATCH settings": admins,
		"GET overview": reads, "GET paths": reads, "GET findings": reads, "PATCH findings": works, "GET findings/{id}": reads, "PATCH findings/{id}": works, "POST findings/{id}/verify": works,
		"GET sample": reads, "POST sample": everywhere, "DELETE sample": everywhere,
		"GET fixes": reads, "GET fixes/{id}": reads, "GET fixes/{id}/script": reads, "GET fixes/{id}/impact": reads,
		"GET hosts": reads, "GET hosts/{id}": reads, "GET hosts/{id}/evidence": reads, "GET hosts/{id}/timeline": reads,
		"GET runs": reads, "POST runs/import": everywhere, "GET runs/{id}": reads, "GET runs/{id}/report": reads, "GET diff": reads, "GET changes": reads,
		"GET jobs": reads, "POST jobs": works, "DELETE jobs": works, "GET jobs/{id}": reads, "GET jobs/{id}/events": reads, "DELETE jobs/{id}": works,
	}
}

// TestTableIsWhole: every operation of the API stands in the table of routes and in the test's own, and none else does.
func TestTableIsWhole(t *testing.T) {
	s := serve(t)
	var got []string
	for path, item := range s.api.OpenAPI().Paths {
		for method, op := range map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil, "PATCH": item.Patch != nil, "DELETE": item.Delete != nil, "PUT": item.Put != nil} {
			if op {
				got = append(got, method+" "+strings.TrimPrefix(path, base+"/"))
			}
		}
	}
	got = append(got, "GET openapi.json", "GET docs")
	slices.Sort(got)
	var table []string
	for pattern := range s.table {
		method, path, _ := strings.Cut(pattern, " ")
		table = append(table, method+" "+strings.TrimPrefix(path, base+"/"))
	}
	slices.Sort(table)
	want := slices.Sorted(maps.Keys(rights()))
	if !slices.Equal(got, table) || !slices.Equal(table, want) {
		t.Errorf("the API has\n%s\nthe table\n%s\nthe test\n%s", strings.Join(got, "\n"), strings.Join(table, "\n"), strings.Join(want, "\n"))
	}
}

// TestMissingRoute: an operation that nobody put into the table is shut, to admins too.
func TestMissingRoute(t *testing.T) {
	s := serve(t)
	c := s.admin(t)
	c.do("GET", "users", nil).is(200)
	delete(s.table, "GET /api/v1/users")
	c.do("GET", "users", nil).is(403)
	if said := s.said.text(); !strings.Contains(said, "GET /api/v1/users") {
		t.Errorf("the log: %s", said)
	}
}

// TestEveryRouteForEveryRole: who asks is judged before what is asked: the IDs are of nothing, the bodies nonsense, the queries unknown.
// Whoever may not, hears 401 or 403; whoever may, hears what is wrong with the question.
func TestEveryRouteForEveryRole(t *testing.T) {
	s := serve(t)
	admin := s.admin(t)
	site := admin.do("POST", "sites", m{"name": "own", "targets": []string{"127.31.6.1"}}).is(201).text("id")
	callers := map[string]*caller{}
	for role, sites := range map[string][]string{"nobody": nil, "viewer": nil, "operator": nil, "admin": nil, "site-viewer": {site}, "site-operator": {site}} {
		c := s.nobody(t)
		if callers[role] = c; role != "nobody" {
			c.token = admin.do("POST", "tokens", m{"name": role, "role": strings.TrimPrefix(role, "site-"), "sites": sites}).is(201).text("token")
		}
	}
	for call, may := range rights() {
		method, path, _ := strings.Cut(call, " ")
		for role, c := range callers {
			allowed := slices.Contains(strings.Fields(may), role)
			self := strings.HasPrefix(path, "me/") || call == "DELETE session" // of users, not of programs
			got := c.do(method, strings.ReplaceAll(path, "{id}", "nothing")+"?no-such-parameter=1", []byte("{nonsense"))
			want := fmt.Sprint(map[bool]int{true: 401, false: 403}[role == "nobody"])
			if allowed && !self {
				want = "400 404 422" // what is asked is wrong
			}
			if call == "GET openapi.json" {
				want = "200"
			}
			if !strings.Contains(want, fmt.Sprint(got.status)) {
				t.Errorf("%s by %s: %d %s, want %s", call, role, got.status, got.body, want)
			}
			if got.status >= 400 && got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s by %s: an error as %s", call, role, got.header.Get("Content-Type"))
			}
		}
	}
}

// TestSelf: what is one's own is a user's with a session, never a program's with a token.
func TestSelf(t *testing.T) {
	s := serve(t)
	c := s.admin(t).user("vic", "viewer")
	if n := c.do("GET", "me/sessions", nil).is(200); n.get("items.0.current") != true {
		t.Errorf("sessions: %s", n.body)
	}
	c.do("POST", "me/password", m{"old": "wrong password", "password": password + "2"}).is(401)
	c.do("POST", "me/password", m{"old": password, "password": password + "2"}).is(204)
	c.do("DELETE", "me/sessions/nothing", nil).is(404)
	c.do("DELETE", "session", nil).is(204)
	c.do("GET", "session", nil).is(401)
	c.do("POST", "session", m{"name": "vic", "password": password}).is(401)
	c.do("POST", "session", m{"name": "vic", "password": password + "2"}).is(200)
}

// TestForeignSite: who is limited to a site sees and does nothing at another, and what belongs to none is not theirs either.
func TestForeignSite(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.6.1")
	checktest.ServeDesktop(t, "127.31.6.2")
	checktest.ServeDesktop(t, "127.31.6.3")
	s := serve(t, "127.31.6.0/24")
	admin := s.admin(t)
	type of struct{ site, job, run, finding, host string }
	things := map[string]*of{}
	for name, target := range map[string]string{"own": "127.31.6.1", "foreign": "127.31.6.2", "": "127.31.6.3"} {
		o := &of{}
		body := m{"targets": []string{target}, "checks": []string{"rdp"}}
		if name != "" {
			o.site = admin.do("POST", "sites", m{"name": name, "targets": []string{target}, "checks": []string{"rdp"}}).is(201).text("id")
			body = m{"site": o.site}
		}
		o.job = admin.do("POST", "jobs", body).is(202).text("id")
		o.run = admin.ended(o.job).text("run")
		row := admin.do("GET", "findings?q="+target, nil).is(200)
		o.finding, o.host = row.text("items.0.id"), row.text("items.0.host")
		things[name] = o
	}
	c, boss := admin.user("op", "operator", "own"), admin.user("boss", "admin", "own")
	for name, o := range things {
		own := name == "own"
		e := m{"rule": nla, "scope": []string{"127.31.6.0/24"}, "owner": "owner-of-" + name, "reason": "x", "until": "2100-01-01"}
		if name != "" {
			e["site"] = name
		}
		for who, caller := range map[string]*caller{"operator": c, "admin": boss} {
			id := admin.do("POST", "exceptions", e).is(201).text("id")
			at := "exceptions/" + id
			list := string(caller.do("GET", "exceptions", nil).is(200).body) + string(caller.do("GET", "tables/exceptions", nil).is(200).body)
			if strings.Contains(list, id) != own || strings.Contains(list, "owner-of-"+name) != own {
				t.Errorf("the exceptions of %q as the %s of another site reads them: %s", name, who, list)
			}
			table := "id,rule,owner,reason,until\n" + id + "," + nla + ",mallory,x,2100-01-01\n"
			caller.do("GET", at, nil).is(map[bool]int{true: 200, false: 404}[own])
			switch {
			case !own:
				caller.do("PATCH", at, m{"owner": "mallory"}).is(404)
				caller.do("PATCH", at, m{"site": "own"}).is(404)
				caller.do("DELETE", at, nil).is(404)
				caller.do("PUT", "tables/exceptions", []byte(table), asTable).is(422)
				caller.do("POST", "exceptions", e).is(map[bool]int{true: 403, false: 422}[name == ""])
			case who == "operator": // an admin made and approved it
				caller.do("PATCH", at, m{"owner": "mallory"}).is(403)
				caller.do("DELETE", at, nil).is(403)
				mine := caller.do("POST", "exceptions", e).is(201)
				if mine.text("state") != "proposed" || mine.text("site") != o.site {
					t.Errorf("proposed: %s", mine.body)
				}
				caller.do("PATCH", "exceptions/"+mine.text("id"), m{"state": "approved"}).is(403)
				caller.do("PATCH", "exceptions/"+mine.text("id"), m{"site": "foreign"}).is(422)
				caller.do("PATCH", "exceptions/"+mine.text("id"), m{"site": ""}).is(403)
				caller.do("DELETE", "exceptions/"+mine.text("id"), nil).is(204)
			default:
				caller.do("PATCH", at, m{"state": "proposed"}).is(200)
				caller.do("PATCH", at, m{"state": "approved"}).is(200)
				caller.do("PATCH", at, m{"site": "foreign"}).is(422)
				if now := admin.do("GET", "findings/"+o.finding, nil).is(200); now.text("state") != "excepted" {
					t.Errorf("approved: %s", now.body)
				}
			}
			if now := admin.do("GET", at, nil).is(200); now.text("owner") != "owner-of-"+name || name != "" && now.text("site") != o.site {
				t.Errorf("of another site it is changed: %s", now.body)
			}
			for other, x := range things {
				if got := admin.do("GET", "findings/"+x.finding, nil).is(200).text("state"); (got == "excepted") != (other == name || name == "") {
					t.Errorf("with an exception of %q the finding of %q is %s", name, other, got)
				}
			}
			admin.do("DELETE", at, nil).is(204)
		}
		status := func(may int) int {
			if own {
				return may
			}
			return 404
		}
		if o.site != "" {
			c.do("GET", "sites/"+o.site, nil).is(status(200))
			c.do("PATCH", "sites/"+o.site, m{"owner": "x"}).is(403)
			c.do("DELETE", "sites/"+o.site, nil).is(403)
		}
		for path, may := range map[string]int{"jobs/" + o.job: 200, "jobs/" + o.job + "/events": 200, "runs/" + o.run: 200, "runs/" + o.run + "/report?format=csv": 200, "diff?old=" + o.run + "&new=" + o.run: 200,
			"findings/" + o.finding: 200, "hosts/" + o.host: 200, "hosts/" + o.host + "/evidence": 200, "hosts/" + o.host + "/timeline": 200} {
			c.do("GET", path, nil).is(status(may))
		}
		c.do("PATCH", "findings/"+o.finding, m{"owner": "x"}).is(status(200))
		c.do("PATCH", "findings", m{"ids": []string{things["own"].finding, o.finding}, "comment": "x"}).is(map[bool]int{true: 422, false: 404}[own]) // twice the same
		c.do("DELETE", "jobs/"+o.job, nil).is(status(202))
		r := c.do("POST", "findings/"+o.finding+"/verify", nil).is(status(202))
		if own {
			c.ended(r.text("id"))
		}
		if name == "" {
			c.do("POST", "jobs", m{"targets": []string{"127.31.6.3"}}).is(403)
			c.do("POST", "jobs", m{}).is(403)
			continue
		}
		r = c.do("POST", "jobs", m{"site": name}).is(status(202))
		if own {
			c.ended(r.text("id"))
		}
	}
	for path, field := range map[string]string{"sites": "id", "jobs": "site", "runs": "targets.0", "findings": "address", "hosts": "address"} {
		list := c.do("GET", path, nil).is(200)
		for i := 0; list.get(fmt.Sprintf("items.%d", i)) != nil; i++ {
			if got := list.text(fmt.Sprintf("items.%d.%s", i, field)); got != things["own"].site && got != "127.31.6.1" {
				t.Errorf("%s shows %s", path, list.body)
			}
		}
		if list.get("items.0") == nil {
			t.Errorf("%s shows nothing of one's own: %s", path, list.body)
		}
	}
	if o := c.do("GET", "overview", nil).is(200); o.get("coverage.addresses") != 1.0 || o.get("sites.1") != nil || strings.Contains(string(o.body), things["foreign"].run) {
		t.Errorf("overview: %s", o.body)
	}
	if g := c.do("GET", "paths", nil).is(200); strings.Contains(string(g.body), "127.31.6.2") {
		t.Errorf("paths: %s", g.body)
	}
	if e := admin.do("GET", "findings?state=open", nil).is(200); e.get("items.2") == nil {
		t.Errorf("the admin sees %s", e.body)
	}
}

// TestAllowedIsDesks: the gate's answer is desk.Allow's, for any action.
func TestAllowedIsDesks(t *testing.T) {
	limited := desk.Who{Via: desk.BySession, ID: "1", Role: desk.Operator, Sites: []string{"a"}}
	for _, c := range []struct {
		action desk.Action
		want   bool
	}{{desk.Look, true}, {desk.Work, true}, {desk.Launch, true}, {desk.Import, false}, {desk.Arrange, false}, {desk.Administer, false}} {
		if got := (&route{action: c.action}).allowed(limited); got != c.want {
			t.Errorf("action %d of who is limited to a site: %v", c.action, got)
		}
	}
}

// TestHead: whoever may not read may not ask whether there is something to read.
func TestHead(t *testing.T) {
	s := serve(t)
	r := httptest.NewRequest(http.MethodHead, "/api/v1/users", nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("HEAD by nobody: %d", w.Code)
	}
}
