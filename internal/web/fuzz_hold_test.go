package web

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// pool is what answers told.
type pool struct {
	ids     map[string][]string // by kind
	made    map[string][]string // what was made, by kind
	cursors map[string][]string // by path
	hidden  map[string]bool     // IDs of those who ask
	tag     string
	keys    int
	lines   []byte // of a run
}

func newPool() *pool {
	return &pool{ids: map[string][]string{}, made: map[string][]string{}, cursors: map[string][]string{"any": {"x", "00", "eyJ9", "99999999999999999999", "0001"}}, hidden: map[string]bool{}, tag: `"2"`}
}

func (p *pool) hide(id string) { p.hidden[id] = true }

// note keeps one of many.
func note(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	if len(list) < 40 {
		return append(list, s)
	}
	list[rand.IntN(len(list))] = s
	return list
}

// learn keeps the IDs, cursors and ETags of an answer.
func (p *pool) learn(c *call, a *got) {
	if tag := a.header.Get("ETag"); tag != "" {
		p.tag = tag
	}
	if a.status >= 300 {
		return
	}
	var v struct {
		ID    string
		Runs  []string
		Items []struct{ ID string }
		Next  string
	}
	_ = json.Unmarshal(a.body, &v) // what is no such object tells nothing
	kind := strings.Split(c.op.path, "/")[3]
	switch {
	case kind == "me":
		kind = "sessions"
	case strings.HasSuffix(c.op.path, "/verify"):
		kind = "jobs"
	}
	if a.status == http.StatusCreated && v.ID != "" {
		p.made[kind] = append(p.made[kind], v.ID)
	}
	for _, id := range append([]string{v.ID}, v.Runs...) {
		v.Items = append(v.Items, struct{ ID string }{id})
	}
	for _, item := range v.Items {
		if item.ID != "" && !p.hidden[item.ID] {
			p.ids[kind] = note(p.ids[kind], item.ID)
		}
	}
	if v.Next != "" {
		p.cursors[c.op.path] = note(p.cursors[c.op.path], v.Next)
	}
}

// sessions are the IDs of somebody's own.
func (f *fuzzed) sessions(t *rapid.T, a *asker) (ids []string) {
	got, err := f.send(&call{op: operation{method: "GET"}, url: base + "/me/sessions", by: a})
	if err != nil {
		t.Fatalf("%v", err)
	}
	var list struct{ Items []struct{ ID string } }
	_ = json.Unmarshal(got.body, &list) // of a session that has ended there is none
	for _, v := range list.Items {
		ids = append(ids, v.ID)
	}
	return ids
}

// sometimes are operations that somebody may call and is yet told that this they may not.
func sometimes() []string {
	return []string{"POST setup", "POST jobs", "POST findings/{id}/verify", "PATCH exceptions/{id}", "DELETE exceptions/{id}", "POST exceptions", "POST schedules", "PATCH schedules/{id}", "DELETE schedules/{id}"}
}

// hold holds an answer against what is promised.
func (f *fuzzed) hold(t *rapid.T, c *call, a *got) {
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s\n%d %v %.2000s\n%s", c, a.status, a.header, a.body, fmt.Sprintf(format, args...))
	}
	name := c.op.method + " " + strings.TrimPrefix(c.op.path, base+"/")
	may := slices.Contains(strings.Fields(rights()[name]), c.by.role)
	open := slices.Contains(strings.Fields(rights()[name]), "nobody")
	self := strings.HasPrefix(name, "POST me/") || strings.HasPrefix(name, "GET me/") || strings.HasPrefix(name, "DELETE me/") || name == "DELETE session"
	if self && c.by.cookie == "" {
		may = false
	}
	barred := c.by.foreign && c.op.method != http.MethodGet
	if c.id == "" && strings.Contains(c.op.path, "{id}") { // the path is another one
		if a.status >= 500 {
			wrong("an error of the server")
		}
		return
	}
	switch {
	case a.status >= 500:
		wrong("an error of the server")
	case c.by.role == "nobody" && !open && a.status != 401:
		wrong("nobody may do that")
	case c.by.role != "nobody" && (!may || barred) && !open && a.status != 403:
		wrong("they may not do that")
	case may && !barred && a.status == 401 && name != "POST session" && name != "POST me/password":
		wrong("they are known")
	case may && !barred && a.status == 403 && !slices.Contains(sometimes(), name):
		wrong("they may do that")
	}
	if bad := f.schemas.wrong(c.op.pattern, a.status, a.header, a.body); bad != "" {
		wrong("%s", bad)
	}
	for _, secret := range c.secrets {
		if len(secret) >= 8 && strings.Contains(string(a.body), secret) {
			wrong("a secret is answered")
		}
	}
	if strings.HasPrefix(c.by.role, "site-") && a.status < 300 {
		if slices.Contains(f.theirs[strings.Split(c.op.path, "/")[3]], c.id) {
			wrong("it is of another site")
		}
		for _, id := range f.foreign {
			if strings.Contains(string(a.body), id) {
				wrong("it tells of another site: %s", id)
			}
		}
	}
	var said struct {
		Status int
		Detail string
		Errors []struct{ Location, Message string }
	}
	if a.status >= 400 {
		if err := json.Unmarshal(a.body, &said); err != nil || said.Status != a.status || said.Detail == "" {
			wrong("the problem is none: %v", err)
		}
	}
	key := c.header["Idempotency-Key"]
	fresh := key == "" || strings.HasPrefix(key, "key-") // another call under a key is refused before it is read
	passed := may && !barred && fresh && a.status != 413 && a.status != 415 && a.status != 429
	names := func(location string) bool {
		for _, e := range said.Errors {
			if e.Location == location {
				return true
			}
		}
		return false
	}
	if values, err := url.ParseQuery(c.query); passed && c.badParam != "" && err == nil && values.Has(c.badParam) && (a.status != 400 || !names("query."+c.badParam)) {
		wrong("the parameter %q is unknown", c.badParam)
	}
	if passed && c.badField != "" && a.status != 400 && (a.status != 422 || !names("body."+c.badField)) && c.header["Content-Type"] == "application/json" {
		wrong("the field %q is unknown", c.badField)
	}
	if a.status < 300 && c.op.method == http.MethodGet {
		f.walk(t, c, a, wrong)
	}
	if key != "" && fresh && may && !barred && a.status < 500 && a.status != 429 && a.status != 413 {
		again, err := f.send(c)
		switch {
		case err != nil:
			wrong("again: %v", err)
		case a.status == 201 && name == "POST tokens":
			if again.status != 409 {
				wrong("again: %d %.300s", again.status, again.body)
			}
		case again.status != a.status || string(again.body) != string(a.body):
			wrong("again: %d %.2000s", again.status, again.body)
		}
	}
}

// walk reads a list to its end.
func (f *fuzzed) walk(t *rapid.T, c *call, a *got, wrong func(string, ...any)) {
	seen := map[string]bool{}
	for most := c.limit; ; most = 500 {
		var list struct {
			Items []json.RawMessage
			Next  *string
		}
		if json.Unmarshal(a.body, &list) != nil || list.Items == nil {
			return
		}
		if most == 0 {
			most = usualPage
		}
		if len(list.Items) > most {
			wrong("%d items of %d", len(list.Items), most)
		}
		if list.Next == nil {
			return
		}
		if len(list.Items) == 0 || seen[*list.Next] || len(seen) > 100 {
			wrong("the list does not end: %d pages, next %s", len(seen), *list.Next)
		}
		if !slices.Contains(c.op.query, "cursor") {
			wrong("a cursor, and no parameter of that name")
		}
		seen[*list.Next] = true
		values, _ := url.ParseQuery(c.query)
		values.Set("cursor", *list.Next)
		values.Set("limit", "500")
		next := *c
		next.query = values.Encode()
		var err error
		if a, err = f.send(&next); err != nil {
			wrong("the next page %s: %v%s", next.query, err, f.stacks())
		}
		if a.status != 200 {
			wrong("the next page %s: %v %+v", next.query, err, a)
		}
	}
}
