package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// operation is one of the document.
type operation struct {
	pattern, method, path string
	query, header         []string
	body                  map[string]any // its schema; nil: none
	lines                 bool           // the body is JSON lines
}

// GoString is what a failing history shows.
func (o operation) GoString() string { return o.pattern }

// operations are those of a document, in order.
func operations(doc map[string]any) (list []operation) {
	at := func(v any, names ...string) any {
		for _, n := range names {
			o, _ := v.(map[string]any)
			v = o[n]
		}
		return v
	}
	paths := doc["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			op := operation{method: strings.ToUpper(method), path: path}
			op.pattern = op.method + " " + path
			params, _ := at(item[method], "parameters").([]any)
			for _, p := range params {
				switch name := at(p, "name").(string); at(p, "in") {
				case "query":
					op.query = append(op.query, name)
				case "header":
					op.header = append(op.header, name)
				}
			}
			content, _ := at(item[method], "requestBody", "content").(map[string]any)
			op.lines = content["application/x-ndjson"] != nil
			op.body, _ = at(content, "application/json", "schema").(map[string]any)
			list = append(list, op)
		}
	}
	return list
}

// call is one call, and what is wrong with it on purpose.
type call struct {
	op         operation
	by         *asker
	url, query string
	header     map[string]string
	body       []byte
	id         string
	limit      int

	badParam string // a parameter that there is not
	badField string // a field that there is not, of a body that is right otherwise
	secrets  []string
}

func (c *call) String() string {
	return fmt.Sprintf("%s %s?%.300s by %#v %v %.1500q", c.op.method, c.url, c.query, c.by, c.header, c.body)
}

// rarely is true now and then.
func rarely(t *rapid.T, label string) bool { return rapid.IntRange(0, 7).Draw(t, label) == 7 }

// draw makes a call.
func (f *fuzzed) draw(t *rapid.T) *call {
	c := &call{op: rapid.SampledFrom(f.calls).Draw(t, "operation"), by: rapid.SampledFrom(f.askers).Draw(t, "asker"), header: map[string]string{}}
	if may := strings.Fields(rights()[c.op.method+" "+strings.TrimPrefix(c.op.path, base+"/")]); !rarely(t, "whoever") && len(may) > 0 { // mostly by somebody who may
		for range 20 {
			if slices.Contains(may, c.by.role) && !c.by.foreign {
				break
			}
			c.by = rapid.SampledFrom(f.askers).Draw(t, "asker")
		}
	}
	c.url = c.op.path
	if strings.Contains(c.url, "{id}") {
		kind := strings.Split(c.op.path, "/")[3]
		if kind == "me" {
			kind = "sessions"
		}
		list := f.known.ids[kind]
		switch {
		case strings.HasPrefix(c.by.role, "site-") && rapid.Bool().Draw(t, "of another site"):
			list = f.theirs[kind]
		case kind == "fixes":
			list = []string{nla}
		case kind == "sessions" && c.by.cookie != "" && c.by.name != "": // one's own
			list = f.sessions(t, c.by)
		}
		if kind == "sites" && c.op.method == "GET" {
			list = append(slices.Clone(list), f.site)
		}
		if c.id = f.nasty(t); len(list) > 0 && !rarely(t, "wrong ID") {
			c.id = rapid.SampledFrom(list).Draw(t, "ID")
		}
		c.url = strings.ReplaceAll(c.url, "{id}", strings.ReplaceAll(url.PathEscape(c.id), ".", "%2E"))
	}
	f.drawQuery(t, c)
	for _, name := range c.op.header {
		switch {
		case rapid.Bool().Draw(t, name):
		case name == "If-Match":
			c.header[name] = rapid.SampledFrom([]string{"*", `"1"`, `W/"1"`, "1", `""`, `"18446744073709551615"`, `"-1"`, "x, y", f.known.tag}).Draw(t, name)
		case name == "Idempotency-Key":
			c.header[name] = rapid.SampledFrom([]string{"again", "with a space", "", "ключ", strings.Repeat("k", 300)}).Draw(t, name)
			if !rarely(t, "a key") {
				f.known.keys++
				c.header[name] = "key-" + strconv.Itoa(f.known.keys)
			}
		case name == "Content-Encoding":
			c.header[name] = rapid.SampledFrom([]string{"identity", "gzip", "br", "gzip, gzip"}).Draw(t, name)
		}
	}
	f.drawBody(t, c)
	return c
}

func (f *fuzzed) drawQuery(t *rapid.T, c *call) {
	values := url.Values{}
	for _, name := range c.op.query {
		if required := name == "old" || name == "new"; !required && rapid.IntRange(0, 3).Draw(t, "with "+name) > 0 {
			continue
		}
		v := f.parameter(t, c, name)
		values.Set(name, v)
		if name == "limit" {
			c.limit, _ = strconv.Atoi(v)
		}
	}
	if rarely(t, "unknown parameter") {
		c.badParam = rapid.SampledFrom([]string{"no-such-parameter", "Limit", "limits", "cursor ", "q[]", "$", "ид", "a.b"}).Draw(t, "parameter")
		values.Set(c.badParam, "1")
	}
	c.query = values.Encode()
	if rarely(t, "a raw query") {
		c.query += rapid.SampledFrom([]string{"&", "&&", "=", "&=", "&=1", "%zz", "&a;b", "&limit=1&limit=2", "?"}).Draw(t, "query")
	}
}

// parameter is a value of a parameter, mostly a right one.
func (f *fuzzed) parameter(t *rapid.T, c *call, name string) string {
	if rarely(t, "nasty "+name) {
		return f.nasty(t)
	}
	var list []string
	switch name {
	case "limit":
		list = []string{"1", "2", "7", "100", "500", "501", "0", "-1", "1.5", "1e2", "0x10", " 1", "+1", "999999999999999999999"}
	case "cursor":
		list = append(slices.Clone(f.known.cursors[c.op.path]), f.known.cursors["any"]...)
	case "severity":
		list = []string{"info", "low", "high,critical", "low,", ",", "Low", "unknown"}
	case "state":
		list = []string{"open", "in-work", "excepted,closed", "to-verify", "open,open", "gone"}
	case "verdict":
		list = []string{"exposed", "guarded,unseen", "undetermined", "unknown", "exposed,,"}
	case "rule":
		list = []string{nla, "no-such-rule", "*"}
	case "role":
		list = []string{"remote-desktop", "domain-controller", "no such"}
	case "q":
		list = []string{"127.31", "VM", "nothing at all", "%", "_", "*"}
	case "subnet":
		list = []string{"127.31.11.0/24", "127.31.11.0/33", "::/0", "0.0.0.0/0", "127.31.11.1"}
	case "format":
		list = []string{"text", "jsonl", "csv", "html", "xlsx", "powershell", "pdf", "../csv", "HTML"}
	case "host":
		list = f.known.ids["hosts"]
	case "site":
		list = append(slices.Clone(f.known.ids["sites"]), f.site)
	case "old", "new":
		if list = f.known.ids["runs"]; strings.Contains(c.op.path, "/policies/") {
			list = []string{"1", "2"}
		}
	case "kind":
		list = []string{"appeared", "improved,worsened", "no such"}
	case "since":
		list = []string{"2026-01-01", "2026-01-01T00:00:00Z", "yesterday"}
	case "check":
		list = []string{"rdp", "smb", "no such"}
	case "port":
		list = []string{"3389", "0", "65536", "-1"}
	case "impact":
		list = []string{"not known", "would break", "fine", "x"}
	case "owner":
		list = []string{"desk team", "nobody"}
	}
	if len(list) == 0 {
		return f.nasty(t)
	}
	return rapid.SampledFrom(list).Draw(t, name)
}

func (f *fuzzed) drawBody(t *rapid.T, c *call) {
	c.secrets = append(c.secrets, c.by.token, c.by.cookie)
	switch {
	case c.op.lines:
		c.header["Content-Type"] = "application/x-ndjson"
		c.body = f.known.lines
		switch rapid.IntRange(0, 5).Draw(t, "lines") {
		case 1:
			c.body = []byte(f.nasty(t))
		case 2:
			at := rapid.IntRange(0, len(c.body)).Draw(t, "cut at")
			c.body = c.body[:at]
		case 3, 4:
			c.body = slices.Clone(c.body)
			at := rapid.IntRange(0, len(c.body)-1).Draw(t, "changed at")
			c.body[at] = rapid.Byte().Draw(t, "to")
		case 5: // another run
			f.known.keys++
			c.body = []byte(strings.ReplaceAll(string(c.body), f.foreign[1], fmt.Sprintf("20260102-030405-%06x", f.known.keys)))
		}
		return
	case c.op.body == nil:
		if rarely(t, "a body") {
			c.body = []byte(`{"x":1}`)
		}
		return
	}
	c.header["Content-Type"] = "application/json"
	body := f.right(t, c, "", c.op.body).(map[string]any)
	if name, ok := body["name"]; ok && name != "" && c.op.pattern == "POST "+base+"/session" && c.by.name != "" && rapid.Bool().Draw(t, "oneself") {
		body["name"], body["password"] = c.by.name, c.by.pass
		c.secrets = append(c.secrets, c.by.pass)
	}
	how := rapid.IntRange(0, 15).Draw(t, "body")
	switch keys := slices.Sorted(maps.Keys(body)); {
	case how == 0:
		c.badField = rapid.SampledFrom([]string{"no-such-field", "ID", "$schema", "x.y", "поле"}).Draw(t, "field")
		body[c.badField] = "SECRET-unknown"
		c.secrets = append(c.secrets, "SECRET-unknown")
	case how <= 3 && len(keys) > 0:
		key := rapid.SampledFrom(keys).Draw(t, "wrong field")
		body[key] = f.wrong(t)
		if how == 3 {
			delete(body, key)
		}
	}
	var err error
	if c.body, err = json.Marshal(body); err != nil {
		t.Fatalf("%v", err)
	}
	if how == 4 {
		c.body = rapid.SampledFrom([][]byte{nil, []byte("null"), []byte("[]"), []byte(`"x"`), []byte("{"), []byte("{}{}"), []byte(`{"name":"\ud800"}`), []byte("{\"name\":\"\xff\xfe\"}"), []byte("\xef\xbb\xbf{}"),
			[]byte(`{"name":"a","name":"b"}`), []byte(strings.Repeat(`{"name":`, 20000)), []byte(strings.Repeat("[", 100000)), c.body[:len(c.body)/2]}).Draw(t, "raw")
	}
	if how == 5 {
		c.header["Content-Type"] = rapid.SampledFrom([]string{"text/plain", "application/xml", "application/json; charset=utf-16", "application/cbor", "", "a/b/c", "application/merge-patch+json", "application/x-www-form-urlencoded", "multipart/form-data"}).Draw(t, "type")
	}
}
