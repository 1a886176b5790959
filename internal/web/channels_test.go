package web

import (
	"strings"
	"testing"
)

func TestChannelsOfTheAPI(t *testing.T) {
	s := serve(t, "127.31.61.0/24")
	admin := s.admin(t)
	site := admin.do("POST", "sites", m{"name": "desks", "targets": []string{"127.31.61.1"}, "checks": []string{"rdp"}}).is(201).text("id")
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	for field, body := range map[string]m{
		"kind": {"kind": "pager", "name": "x", "url": "https://x.example"}, "name": {"kind": "webhook", "url": "https://x.example"}, "secret": {"kind": "webhook", "name": "x", "url": "https://x.example", "secret": "hush"},
		"template": {"kind": "webhook", "name": "x", "url": "https://x.example", "template": "{{range 9}}"}, "sites": {"kind": "webhook", "name": "x", "url": "https://x.example", "sites": []string{"nowhere"}},
		"digest": {"kind": "webhook", "name": "x", "url": "https://x.example", "digest": "often"}, "zone": {"kind": "webhook", "name": "x", "url": "https://x.example", "digest": "0 6 * * *", "zone": "Mars"},
	} {
		r := admin.do("POST", "channels", body).is(422)
		if at := r.text("errors.0.location"); at != "body."+field || strings.Contains(string(r.body), "hush") {
			t.Errorf("%s: %s", field, r.body)
		}
	}
	for _, url := range []string{"http://127.0.0.1/", "http://[::1]/", "http://localhost:8471/", "http://169.254.169.254/latest/meta-data/", "http://2130706433/", "http://0.0.0.0/", "file:///etc/passwd", "http://[::ffff:127.0.0.1]/"} {
		if r := admin.do("POST", "channels", m{"kind": "webhook", "name": "x", "url": url}).is(422); r.text("errors.0.location") != "body.url" {
			t.Errorf("%s: %s", url, r.body)
		}
	}
	made := admin.do("POST", "channels", m{"kind": "webhook", "name": "soc", "url": "https://soc.example/in", "secret": secret, "sites": []string{"desks"}}).is(201)
	id, tag := made.text("id"), made.header.Get("ETag")
	chat := admin.do("POST", "channels", m{"kind": "slack", "name": "chat", "url": "https://hooks.example/services/T000/B000/hushhush"}).is(201)
	if made.get("has_secret") != true || made.text("url") != "https://soc.example/in" || made.text("sites.0") != site || chat.text("url") != "https://hooks.example/…" {
		t.Errorf("%s %s", made.body, chat.body)
	}
	admin.do("DELETE", "sites/"+site, nil).is(409)

	// What is secret is said nowhere: not in lists, the log, problems, nor to whoever may not see channels.
	op, viewer, limited := admin.user("op", "operator"), admin.user("vi", "viewer"), admin.user("li", "operator", "desks")
	for _, path := range []string{"channels", "channels/" + id, "channels/" + chat.text("id"), "audit", "sites", "settings"} {
		if r := admin.do("GET", path, nil).is(200); strings.Contains(string(r.body), secret) || strings.Contains(string(r.body), "hushhush") {
			t.Errorf("%s says %s", path, r.body)
		}
	}
	for _, c := range []*caller{op, viewer, limited} {
		c.do("GET", "channels", nil).is(403)
		c.do("GET", "channels/"+id, nil).is(403)
		c.do("POST", "channels/"+id+"/test", nil).is(403)
	}

	// A change keeps what it does not name: the secret, and the URL that is not shown.
	admin.do("PATCH", "channels/"+chat.text("id"), m{"name": "chat 2"}).is(200)
	changed := admin.do("PATCH", "channels/"+id, m{"digest": "0 8 * * *"}, "If-Match: "+tag).is(200)
	if changed.get("has_secret") != true {
		t.Errorf("%s", changed.body)
	}
	admin.do("PATCH", "channels/"+id, m{"paused": true}, "If-Match: "+tag).is(412)
	for _, one := range []string{id, chat.text("id")} {
		if r := admin.do("POST", "channels/"+one+"/test", nil).is(200); r.get("ok") != true || r.text("status") != "204" {
			t.Errorf("%s", r.body)
		}
	}
	if took := s.office.took; len(took) != 2 || took[0].Secret != secret || took[1].URL != "https://hooks.example/services/T000/B000/hushhush" {
		t.Errorf("%+v", took)
	}
	s.office.mu.Lock()
	s.office.down = true
	s.office.mu.Unlock()
	if r := admin.do("POST", "channels/"+id+"/test", nil).is(200); r.get("ok") != false || r.text("status") != "503 Service Unavailable" {
		t.Errorf("%s", r.body)
	}
	admin.do("POST", "channels/nothing/test", nil).is(404)

	admin.do("GET", "channels/"+id+"/messages", nil).is(200)
	admin.do("DELETE", "channels/"+id, nil).is(204)
	admin.do("GET", "channels/"+id+"/messages", nil).is(404)
}
