package web

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// nasty is a text that somebody might send.
func (f *fuzzed) nasty(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", " ", "x", "nothing", "..", ".", "../../etc/passwd", "a/b", "%2e%2e%2f", "\x00", "\n", "a\r\nb: c", "\xff\xfe", "ё", "💥", "null", "undefined", "*", "0", "-1", "1e400",
		"18446744073709551616", "<script>alert(1)</script>", "' OR 1=1 --", "=cmd|' /C calc'!A0", "${jndi:ldap://x}", "{{.}}", "%s%s%n", strings.Repeat("a", 199), strings.Repeat("a", 201), strings.Repeat("я", 3000),
		"127.0.0.1", "::1", "1970-01-01", "2026-02-30", "9999-12-31T23:59:59Z", "javascript:alert(1)", "http://127.31.11.1/", "c4ca4238a0b923820dcc509a6f75849b", "AAAAAAAAAAAAAAAAAAAAAA"}).Draw(t, "nasty")
}

// mostly is one of the values that are right, or now and then one of others.
func mostly(t *rapid.T, name string, right []any, others ...any) any {
	if rapid.IntRange(0, 15).Draw(t, "another "+name) == 15 {
		right = others
	}
	return rapid.SampledFrom(right).Draw(t, name)
}

// wrong is a value that belongs nowhere.
func (f *fuzzed) wrong(t *rapid.T) any {
	deep := any("x")
	for range 200 {
		deep = []any{deep}
	}
	many := make([]string, 3000)
	if v := rapid.SampledFrom([]any{nil, true, 0, -1, 1.5, 1e308, 9007199254740993, json.RawMessage("1e400"), json.RawMessage("-0"), json.RawMessage("18446744073709551616"), []any{}, map[string]any{}, []any{nil}, []any{1, "x"},
		map[string]any{"id": 1}, deep, many, strings.Repeat("a", 70000), "nasty"}).Draw(t, "wrong"); v != "nasty" {
		return v
	}
	return f.nasty(t)
}

// needed are the fields without which nothing is made, though a change may leave them out, so that the document does not require them.
func needed(c *call) []string {
	switch c.op.pattern {
	case "POST " + base + "/channels":
		return []string{"kind", "name", "url"}
	case "POST " + base + "/schedules":
		return []string{"site", "cron"}
	}
	return nil
}

// right is a value of a schema, by what a field of that name means.
func (f *fuzzed) right(t *rapid.T, c *call, name string, schema map[string]any) any {
	if ref, ok := schema["$ref"].(string); ok {
		at := any(f.doc)
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(map[string]any)[part]
		}
		schema = at.(map[string]any)
	}
	if name == "kind" && strings.Contains(c.op.path, "/channels") { // which no message leaves: no mail server is named
		return mostly(t, name, []any{"mail"}, "webhook", "pigeon", "")
	}
	if list, ok := schema["enum"].([]any); ok {
		return rapid.SampledFrom(list).Draw(t, name)
	}
	if properties, ok := schema["properties"].(map[string]any); ok {
		required, _ := schema["required"].([]any)
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			if slices.Contains(required, any(key)) || slices.Contains(needed(c), key) || rapid.Bool().Draw(t, "with "+key) {
				out[key] = f.right(t, c, key, properties[key].(map[string]any))
			}
		}
		return out
	}
	switch name {
	case "name":
		return rapid.SampledFrom([]string{"north", "south", "vic", "robot", "harsh", "Ünïcode", "a b"}).Draw(t, name) + rapid.StringMatching("[0-9]{0,3}").Draw(t, "number")
	case "password", "old":
		secret := rapid.SampledFrom([]string{"SECRET-" + password, "SECRET-12345678", "SECRET-пароль-пароль"}).Draw(t, name)
		if name == "old" && c.by.pass != "" && !rarely(t, "a wrong password") {
			secret = c.by.pass
		}
		c.secrets = append(c.secrets, secret)
		return secret
	case "token":
		secret := rapid.SampledFrom([]string{"SECRET-token-of-setup", f.token}).Draw(t, name)
		c.secrets = append(c.secrets, secret)
		return secret
	case "sites":
		return mostly(t, name, []any{[]string{}, []string{f.site}, []string{"own"}}, []string{"no such"}, []string{"own", f.site})
	case "site":
		return mostly(t, name, []any{f.site, "own"}, "no such", "foreign")
	case "targets", "scope":
		return mostly(t, name, []any{[]string{"127.31.11.1"}, []string{"127.31.11.2-127.31.11.3"}, []string{"127.31.11.0/29"}}, []string{"10.0.0.1"}, []string{"vm.invalid"}, []string{"no such target!"}, []string{"::1"}, []string{})
	case "exclude":
		return mostly(t, name, []any{[]string{}, []string{"127.31.11.2"}}, []string{"0.0.0.0/0"}, []string{"!"})
	case "checks":
		return mostly(t, name, []any{[]string{"rdp"}, []string{"rdp", "smb"}}, []string{"no such"}, []string{})
	case "ids":
		id := "nothing"
		if list := f.known.ids["findings"]; len(list) > 0 && !rarely(t, "no finding") {
			id = rapid.SampledFrom(list).Draw(t, name)
		}
		return []string{id}
	case "depth":
		return mostly(t, name, []any{"handshake", "anonymous"}, "", "decoy", "credential", "deep")
	case "policy":
		return mostly(t, name, []any{"", "baseline", "strict"}, "north", "no such")
	case "runner":
		return mostly(t, name, []any{"", "here"}, "there")
	case "rate":
		return mostly(t, name, []any{100, 500}, 501, 0, -1, 0.001, 1e9)
	case "rule":
		return mostly(t, name, []any{nla, "*"}, "no-such-rule")
	case "until", "due":
		return time.Now().AddDate(0, 0, rapid.IntRange(-2, 360).Draw(t, name)).Format(time.DateOnly)
	case "expires":
		return time.Now().AddDate(0, 0, rapid.IntRange(-2, 400).Draw(t, name)).UTC().Format(time.RFC3339)
	case "ticket":
		return mostly(t, name, []any{"", "https://tickets.example/1", "http://t.example/?a=b#c"}, "javascript:alert(1)", "//evil.example")
	case "state":
		return mostly(t, name, []any{"open", "in-work", "to-verify"}, "closed", "excepted", "proposed", "approved")
	case "cron":
		return mostly(t, name, []any{"0 6 * * 1", "@daily", "*/5 * * * *"}, "", "x", "* * * * * *", "0 0 31 2 *", "@every 1ns")
	case "zone":
		return mostly(t, name, []any{"", "UTC", "Europe/Berlin"}, "Mars/Base", "../../etc/passwd")
	case "blackouts":
		return mostly(t, name, []any{[]string{}, []string{"mon-fri 08:00-18:00"}, []string{"2026-12-20..2027-01-06"}}, []string{"always"}, []string{""})
	case "url":
		return mostly(t, name, []any{"mailto:team@corp.example"}, "http://127.0.0.1/", "file:///etc/passwd", "")
	case "digest":
		return mostly(t, name, []any{"", "@daily"}, "x")
	case "secret", "template":
		return mostly(t, name, []any{""}, "whsec_x", "{{")
	case "yaml":
		return mostly(t, name, []any{"name: own\nversion: 1\n", "name: own\nversion: 2\nextends: baseline\nrules:\n  " + nla + ": critical\n"}, "extends: own", "a: &a [*a]", "{", "", strings.Repeat("- ", 3000),
			"name: x\nversion: 1\nexceptions:\n- rule: '*'\n")
	}
	switch schema["type"] {
	case "integer", "number":
		return rapid.IntRange(-1, 100).Draw(t, name)
	case "boolean":
		return rapid.Bool().Draw(t, name)
	case "string":
		return rapid.SampledFrom([]string{"", "x", "desk team", "a\nb", "<b>"}).Draw(t, name)
	case "array":
		return []any{}
	}
	if list, ok := schema["type"].([]any); ok && slices.Contains(list, any("array")) {
		return []any{}
	}
	return map[string]any{}
}
