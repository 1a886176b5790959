package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestAttackForeignIDs: who is limited to a site tries every route and page with the IDs of another site's things, in each role, by session
// and by token: there is nothing there, whatever is asked, and no list, sum, page or metric tells of it.
func TestAttackForeignIDs(t *testing.T) {
	remote(t, "127.32.25.1:3389")
	remote(t, "127.32.25.2:3389")
	s := startServer(t, t.TempDir(), nil, "--allow", "127.32.25.0/24")
	admin := s.first(t)
	ids := map[string]string{}
	own := admin.call(201, "POST", "sites", object{"name": "own-site", "targets": []string{"127.32.25.1"}, "checks": []string{"rdp"}}).field("id")
	ids["sites"] = admin.call(201, "POST", "sites", object{"name": "foreign-site", "targets": []string{"127.32.25.2"}, "checks": []string{"rdp"}, "owner": "foreign-owner"}).field("id")
	ownRun := admin.launch(object{"site": own})
	ids["runs"] = admin.launch(object{"site": ids["sites"]})
	ids["jobs"] = admin.items("jobs")[0]["id"].(string)
	row := admin.items("findings?q=127.32.25.2")[0]
	ids["findings"], ids["hosts"] = row["id"].(string), row["host"].(string)
	admin.call(200, "PATCH", "findings/"+ids["findings"], object{"owner": "foreign-desk", "ticket": "https://foreign.example/1"})
	ids["exceptions"] = admin.call(201, "POST", "exceptions", object{"rule": row["rule"], "site": ids["sites"], "scope": []string{"127.32.25.2"}, "owner": "foreign-desk", "reason": "x", "until": "2099-01-01"}).field("id")
	admin.call(201, "POST", "exceptions", object{"rule": row["rule"], "scope": []string{"127.32.25.2"}, "owner": "foreign-everywhere", "reason": "x", "until": "2099-01-01"})
	exception := admin.call(200, "GET", "exceptions/"+ids["exceptions"], nil).text
	ids["policies"] = admin.call(201, "POST", "policies", object{"name": "foreign-policy", "yaml": "name: foreign-policy\nversion: 1\n"}).field("id")
	ids["users"] = admin.items("users")[0]["id"].(string)
	ids["tokens"] = admin.call(201, "POST", "tokens", object{"name": "foreign-token", "role": "viewer"}).field("id")
	ids["schedules"] = admin.call(201, "POST", "schedules", object{"site": ids["sites"], "cron": "0 6 1 1 *"}).field("id")
	ids["channels"] = admin.call(201, "POST", "channels", object{"kind": "webhook", "name": "foreign-channel", "url": "https://foreign.example/in", "sites": []string{ids["sites"]}}).field("id")
	ids["me"] = ids["users"]
	for kind, id := range ids {
		if id == "" {
			t.Fatalf("no %s: %v", kind, ids)
		}
	}
	secrets := []string{"127.32.25.2", "foreign-", "foreign.example", ids["runs"], ids["hosts"], ids["findings"], ids["jobs"], ids["sites"]}

	callers := map[string]*visitor{"nobody": s.visitor(t, "127.32.25.100")}
	tokens := map[string]string{}
	for i, role := range []string{"viewer", "operator", "admin"} {
		callers[role] = admin.user("limited-"+role, role, "127.32.25.10"+string(rune('1'+i)), own)
		callers[role+" by token"] = s.visitor(t, "127.32.25.11"+string(rune('1'+i)))
		tokens[role+" by token"] = admin.call(201, "POST", "tokens", object{"name": role, "role": role, "sites": []string{own}}).field("token")
	}
	routes := admin.routes()
	slices.Sort(routes)
	pages := []string{"/board/" + ids["findings"], "/hosts/" + ids["hosts"], "/hosts/" + ids["hosts"] + "/evidence?check=rdp&port=3389", "/runs/" + ids["runs"], "/diff?old=" + ownRun + "&new=" + ids["runs"], "/diff?old=" + ids["runs"] + "&new=" + ids["runs"],
		"/jobs/" + ids["jobs"], "/channels", "/sites/" + ids["sites"], "/policies/" + ids["policies"], "/users", "/tokens", "/audit", "/settings", "/board?exception=" + ids["exceptions"], "/policies"}
	before := admin.call(200, "GET", "findings/"+ids["findings"], nil).text
	for name, c := range callers {
		var auth []string
		if token := tokens[name]; token != "" {
			auth = []string{"Authorization: Bearer " + token}
		}
		tell := func(call string, a *answer, want ...int) {
			t.Helper()
			if !slices.Contains(want, a.status) {
				t.Errorf("%s by %s: %d %.300s", call, name, a.status, a.text)
			}
			for _, secret := range secrets {
				if strings.Contains(strings.ReplaceAll(a.text, "%2F", "/"), secret) && !(a.status == 303 || strings.Contains(call, secret) && a.status >= 400) {
					t.Errorf("%s by %s tells of %s", call, name, secret)
				}
			}
		}
		for _, route := range routes {
			method, path, _ := strings.Cut(route, " ")
			kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
			if !strings.Contains(path, "{id}") {
				if method == "GET" { // lists, sums and searches
					tell(route, c.send(method, path, nil, auth...), 200, 400, 401, 403, 422)
				}
				continue
			}
			if ids[kind] == "" { // of what is no site's: a rule, its fix
				tell(route, c.send(method, strings.ReplaceAll(path, "{id}", row["rule"].(string)), nil, auth...), 200, 401, 403, 404, 422)
				continue
			}
			bodies := []any{object{"owner": "mallory"}, object{"state": "in-work"}}
			if kind == "exceptions" {
				bodies = []any{object{"owner": "mallory"}, object{"state": "proposed"}, object{"site": own}}
			}
			if kind == "schedules" {
				bodies = []any{object{"paused": true}, object{"site": own}}
			}
			for _, body := range bodies {
				tell(route, c.send(method, strings.ReplaceAll(path, "{id}", ids[kind]), body, auth...), 401, 403, 404)
				if method == "GET" || method == "DELETE" {
					break
				}
			}
		}
		for _, k := range []struct {
			call string
			body any
		}{
			{"POST /api/v1/jobs", object{"site": ids["sites"]}}, {"POST /api/v1/jobs", object{"site": "foreign-site"}}, {"POST /api/v1/jobs", object{"targets": []string{"127.32.25.1"}}},
			{"PATCH /api/v1/findings", object{"ids": []string{ids["findings"]}, "owner": "mallory"}}, {"GET /api/v1/diff?old=" + ids["runs"] + "&new=" + ids["runs"], nil}, {"GET /api/v1/diff?old=" + ownRun + "&new=" + ids["runs"], nil},
			{"POST /api/v1/users", object{"name": "eve", "password": servePassword, "role": "admin"}}, {"POST /api/v1/tokens", object{"name": "eve", "role": "admin"}}, {"POST /api/v1/sites", object{"name": "eve", "targets": []string{"127.32.25.2"}}},
			{"POST /api/v1/channels", object{"kind": "webhook", "name": "eve", "url": "https://eve.example"}},
			{"POST /api/v1/exceptions", object{"rule": row["rule"], "scope": []string{"127.32.25.2"}, "owner": "e", "reason": "e", "until": "2099-01-01"}}, {"POST /api/v1/runs/import", "{}"},
			{"PUT /api/v1/tables/sites", "name,targets\neve,127.32.25.2\n"}, {"POST /api/v1/tables/sites/preview", "name,targets\nforeign-site,\n"}, {"GET /api/v1/runs/" + ids["runs"] + "/report?format=jsonl", nil},
		} {
			method, path, _ := strings.Cut(k.call, " ")
			tell(k.call, c.send(method, path, k.body, auth...), 401, 403, 404)
		}
		for _, site := range []string{"", "foreign-site", ids["sites"]} { // to propose at the own one is allowed, and there alone
			tell("POST exceptions at "+site, c.send("POST", "/api/v1/exceptions", object{"rule": row["rule"], "site": site, "owner": "e", "reason": "e", "until": "2099-01-01"}, auth...), 401, 403, 422)
			for _, id := range []string{"", ids["exceptions"]} {
				for _, call := range []string{"PUT /api/v1/tables/exceptions", "POST /api/v1/tables/exceptions/preview"} {
					method, path, _ := strings.Cut(call, " ")
					a := c.send(method, path, "id,site,rule,owner,reason,until\n"+id+","+site+","+row["rule"].(string)+",e,e,2099-01-01\n", slices.Concat(auth, []string{"Content-Type: text/csv"})...)
					a.text = strings.ReplaceAll(a.text, cmp.Or(site, "\x00"), "") // what it was asked, it may say again
					if tell(call+" at "+site, a, 200, 401, 403, 422); a.status == 200 && (method == "PUT" || !strings.Contains(a.text, `"valid":false`)) {
						t.Errorf("%s of %q at %q by %s: %s", call, id, site, name, a.text)
					}
				}
			}
		}
		for _, path := range pages {
			tell("page "+path, c.send("GET", path, nil, auth...), 303, 403, 404)
		}
		for _, path := range []string{"/", "/board", "/hosts", "/paths", "/runs", "/diff", "/jobs", "/sites", "/exceptions", "/exceptions?rule=" + row["rule"].(string), "/me", "/hosts?q=127.32.25", "/metrics", "/api/v1/findings?q=127.32.25", "/api/v1/hosts?q=127.32.25"} {
			tell(path, c.send("GET", path, nil, auth...), 200, 303, 401)
		}
	}
	if after := admin.call(200, "GET", "findings/"+ids["findings"], nil).text; after != before {
		t.Errorf("the finding was %s, and is %s", before, after)
	}
	if after := admin.call(200, "GET", "exceptions/"+ids["exceptions"], nil).text; after != exception {
		t.Errorf("the exception was %s, and is %s", exception, after)
	}
	if list := admin.items("exceptions"); len(list) != 2 {
		t.Errorf("exceptions were made: %v", list)
	}
	for name := range maps.Keys(callers) { // what is their own they see, or the test shows nothing
		if name != "nobody" {
			auth := "Accept: */*"
			if token := tokens[name]; token != "" {
				auth = "Authorization: Bearer " + token
			}
			for _, path := range []string{"/api/v1/runs/" + ownRun, "/runs/" + ownRun, "/sites/" + own} {
				if a := callers[name].send("GET", path, nil, auth); a.status != 200 {
					t.Errorf("%s at %s: %d", name, path, a.status)
				}
			}
		}
	}
}
