package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
)

// TestContract walks what is promised of the API, call by call: statuses, and fields by their names. Who may call what is held by
// TestEveryRouteForEveryRole, what a field does by TestStory.
func TestContract(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.13.1")
	s := serve(t, "127.31.13.0/24")
	nobody := s.nobody(t)
	nobody.do("POST", "setup", m{"token": "wrong", "name": "ada", "password": password}).is(403)
	c := s.admin(t)
	nobody.do("POST", "setup", m{"token": s.token, "name": "eve", "password": password}).is(410)
	if wrong, unknown := nobody.do("POST", "session", m{"name": "ada", "password": "wrong password"}).is(401), nobody.do("POST", "session", m{"name": "eve", "password": "wrong password"}).is(401); string(wrong.body) != string(unknown.body) {
		t.Errorf("a wrong password is answered %s, a wrong name %s", wrong.body, unknown.body)
	}

	until, expires := time.Now().AddDate(0, 1, 0).Format(time.DateOnly), time.Now().AddDate(0, 1, 0).UTC().Truncate(time.Second).Format(time.RFC3339)
	made := map[string]string{}
	for _, k := range []struct {
		path   string
		body   m
		hidden []string // of what was sent, what no answer has
		more   []string // what an answer has besides
	}{
		{"sites", m{"name": "hq", "targets": []any{"127.31.13.1"}, "exclude": []any{"127.31.13.9"}, "checks": []any{"rdp"}, "depth": "handshake", "policy": "strict", "owner": "ops", "runner": "here"}, nil, []string{"id", "channels"}},
		{"policies", m{"name": "own", "yaml": "name: own\nversion: 1\n"}, nil, []string{"id"}},
		{"exceptions", m{"rule": nla, "scope": []any{"127.31.13.8"}, "owner": "ops", "reason": "is replaced", "until": until}, nil, []string{"id", "state"}},
		{"users", m{"name": "vic", "password": password, "role": "viewer", "sites": []any{}}, []string{"password"}, []string{"id"}},
		{"tokens", m{"name": "robot", "role": "operator", "sites": []any{}, "expires": expires}, nil, []string{"id", "token"}},
	} {
		r := c.do("POST", k.path, k.body).is(201)
		made[k.path] = r.text("id")
		var got m
		r.into(&got)
		for name, sent := range k.body {
			a, _ := json.Marshal(sent)
			b, _ := json.Marshal(got[name])
			if hidden := slices.Contains(k.hidden, name); hidden && got[name] != nil || !hidden && string(a) != string(b) {
				t.Errorf("%s: %s was sent as %s and is %s", k.path, name, a, b)
			}
		}
		has(t, k.path, got, k.more...)
		again := c.do("GET", k.path+"/"+made[k.path], nil).is(200)
		list := c.do("GET", k.path, nil).is(200)
		if got["token"] != nil && (again.get("token") != nil || strings.Contains(string(list.body), got["token"].(string))) {
			t.Errorf("the token is shown again: %s %s", again.body, list.body)
		}
		if list.get("items.0.id") == nil || list.get("next") != nil {
			t.Errorf("%s: %s", k.path, list.body)
		}
		c.do("GET", k.path+"?limit=501", nil).is(400)
		c.do("GET", k.path+"?limits=5", nil).is(400)
		k.body["no-such-field"] = 1
		c.do("POST", k.path, k.body).is(422)
	}
	if v := c.do("GET", "settings", nil).is(200); v.get("policy") == nil {
		t.Errorf("settings: %s", v.body)
	}

	job := c.do("POST", "jobs", m{"site": "hq"}).is(202)
	has(t, "jobs", object(job), "id", "state", "site", "progress")
	done := c.ended(job.text("id"))
	has(t, "jobs/{id}", object(done), "id", "state", "run", "site", "progress")
	for field, body := range map[string]m{"127.31.14.1": {"targets": []string{"127.31.14.1"}}, "depth": {"targets": []string{"127.31.13.1"}, "depth": "decoy"}, "rate": {"targets": []string{"127.31.13.1"}, "rate": 501}} {
		if r := c.do("POST", "jobs", body).is(403); !strings.Contains(string(r.body), field) {
			t.Errorf("outside the limits, and not by %s: %s", field, r.body)
		}
	}
	c.do("POST", "jobs", m{"targets": []string{"127.31.13.1"}, "depth": "credential"}).is(403)
	has(t, "overview", object(c.do("GET", "overview", nil).is(200)), "coverage", "verdicts", "findings", "severities", "trend", "steps")

	row := c.do("GET", "findings?rule="+nla+"&severity=low,medium,high&state=open&owner=&q=127.31.13.1", nil).is(200)
	fields := []string{"id", "rule", "severity", "address", "port", "check", "where", "state", "owner", "ticket", "due", "comment"}
	has(t, "findings", row.get("items.0").(map[string]any), fields...)
	at := "findings/" + row.text("items.0.id")
	mine := m{"owner": "ops", "ticket": "http://tickets.example/1", "due": until, "comment": "soon", "state": "in-work"}
	changed := c.do("PATCH", at, mine, "If-Match: *").is(200)
	for name, want := range mine {
		if changed.get(name) != want {
			t.Errorf("%s is %v, want %v", name, changed.get(name), want)
		}
	}
	for name, wrong := range map[string]any{"ticket": "ftp://x", "due": "tomorrow", "state": "closed", "nothing": 1} {
		if r := c.do("PATCH", at, m{name: wrong}).is(422); r.get("errors.0.location") != "body."+name {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	verify := c.do("POST", at+"/verify", nil).is(202)
	has(t, "verify", object(verify), "id", "state")
	c.ended(verify.text("id"))

	// Hosts and runs are the lines of a report, and more.
	lines := map[string]m{}
	for line := range bytes.Lines(c.do("GET", "runs/"+done.text("run")+"/report?format=jsonl", nil).is(200).body) {
		var v m
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		lines[v["kind"].(string)] = v
	}
	of := func(kind string, without ...string) []string {
		return slices.DeleteFunc(slices.Sorted(maps.Keys(lines[kind])), func(s string) bool { return slices.Contains(without, s) })
	}
	list := c.do("GET", "hosts?q=127.31.13.1&verdict=unseen&role=remote-desktop&rule="+nla, nil).is(200)
	host := object(c.do("GET", "hosts/"+list.text("items.0.id"), nil).is(200))
	has(t, "hosts", list.get("items.0").(map[string]any), append(of("host", "kind", "run", "endpoints", "findings"), "id", "verdict")...)
	has(t, "hosts/{id}", host, append(of("host", "kind", "run"), "id", "verdict", "endpoints")...)
	has(t, "runs/{id}", object(c.do("GET", "runs/"+done.text("run"), nil).is(200)), append(of("run"), "id")...)
	has(t, "runs", c.do("GET", "runs", nil).is(200).get("items.0").(map[string]any), append(of("run"), "id")...)
	c.do("GET", "runs/"+done.text("run")+"/report?format=word", nil).is(422)
	c.do("GET", "hosts/"+list.text("items.0.id")+"/timeline", nil).is(200)
	c.do("GET", "diff?old="+done.text("run")+"&new="+done.text("run"), nil).is(200)
	c.do("GET", "paths", nil).is(200)
	c.do("POST", "runs/import", []byte("{}")).is(422)

	audit := c.do("GET", "audit?limit=500", nil).is(200)
	for _, action := range []string{"logon", "site.create", "policy.create", "exception.propose", "user.create", "token.create", "job.launch"} {
		if !strings.Contains(string(audit.body), `"action":"`+action+`"`) {
			t.Errorf("the audit log has no %s: %s", action, audit.body)
		}
	}
	c.do("DELETE", "jobs/"+job.text("id"), nil).is(202)
	for kind, id := range made {
		c.do("DELETE", kind+"/"+id, nil).is(204)
		c.do("GET", kind+"/"+id, nil).is(404)
	}
	c.do("DELETE", "session", nil).is(204)
	for _, path := range []string{"overview", "users", "no/such/call", "findings/nothing", "hosts?limits=5"} {
		c.do("GET", path, nil).is(401)
	}
	for _, path := range []string{"/livez", "/readyz", base + "/openapi.json"} {
		c.do("GET", path, nil).is(200)
	}
	c.do("GET", "/metrics", nil).is(401)
}

func object(r *reply) (v map[string]any) {
	r.t.Helper()
	r.into(&v)
	return v
}

// has wants fields, whatever is in them.
func has(t *testing.T, what string, v map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, ok := v[name]; !ok {
			t.Errorf("%s has no %s: %v", what, name, v)
		}
	}
}
