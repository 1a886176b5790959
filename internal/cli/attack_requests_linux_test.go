package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAttackOtherOrigin: a page of another origin calls every route that changes something, by the cookie of an administrator: nothing is
// done, and nobody is logged on.
func TestAttackOtherOrigin(t *testing.T) {
	s := startServer(t, t.TempDir(), nil, "--allow", "127.32.20.0/24")
	c := s.first(t)
	host := strings.TrimPrefix(s.url, "http://")
	_, port, _ := strings.Cut(host, ":")
	before := c.entries()
	var unsafe, safe []string
	for _, route := range c.routes() {
		if route = strings.ReplaceAll(route, "{id}", "x"); strings.HasPrefix(route, "GET ") {
			safe = append(safe, strings.TrimPrefix(route, "GET "))
		} else {
			unsafe = append(unsafe, route)
		}
	}
	for _, route := range unsafe {
		method, path, _ := strings.Cut(route, " ")
		for _, from := range []string{"Origin: https://" + host, "Origin: http://127.0.0.1:1", "Origin: http://localhost:" + port, "Origin: http://evil.example", "Origin: null",
			"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
			a := c.send(method, path, `{"name":"evil","password":"`+servePassword+`","role":"admin","targets":["127.32.20.1"]}`, from, "Content-Type: text/plain")
			if a.status != 403 || !strings.Contains(a.text, "another origin") || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s, %s: %d %s", route, from, a.status, a.text)
			}
		}
	}
	for _, path := range safe { // links of another origin do nothing
		c.send("GET", path, nil, "Sec-Fetch-Site: cross-site")
	}
	if after := c.entries(); after != before || len(unsafe) < 20 {
		t.Errorf("%d routes that change something, and the audit log has %v entries, %v before", len(unsafe), after, before)
	}
	for _, route := range unsafe {
		method, path, _ := strings.Cut(route, " ")
		if route == "DELETE /api/v1/session" {
			continue
		}
		if a := c.send(method, path, "{nonsense", "Origin: "+s.url, "Sec-Fetch-Site: same-origin"); a.status == 403 {
			t.Errorf("%s of the server's own pages: %s", route, a.text)
		}
	}
	other := s.visitor(t, "127.32.20.9")
	for _, path := range []string{"/api/v1/session", "/api/v1/setup"} { // who is logged on as the attacker works for them
		if a := other.send("POST", path, object{"name": "ada", "password": servePassword, "token": s.setUp}, "Origin: http://evil.example"); a.status != 403 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s of another origin: %d %v", path, a.status, a.header)
		}
	}
	if a := c.send("POST", "/board", "x=1", "Content-Type: application/x-www-form-urlencoded"); a.status != 405 {
		t.Errorf("a page takes a form: %d", a.status)
	}
}

// TestAttackFixation: a session that somebody planted before a log-on is not the one after it, and sessions end where they should.
func TestAttackFixation(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	admin := s.first(t)
	as := func(secret string) int {
		return s.visitor(t, "127.32.20.8").send("GET", "/api/v1/session", nil, "Cookie: signet="+secret).status
	}
	mallory := admin.user("mallory", "viewer", "127.32.20.7")
	planted := mallory.cookie()
	if as(planted) != 200 {
		t.Fatal("the attacker has no session: the test proves nothing")
	}
	logOn := func(cookie string) string {
		a := s.visitor(t, "127.0.0.1").send("POST", "/api/v1/session", object{"name": "ada", "password": servePassword}, "Cookie: "+cookie)
		list := (&http.Response{Header: a.header}).Cookies()
		if a.status != 200 || len(list) != 1 || !list[0].HttpOnly || list[0].SameSite != http.SameSiteLaxMode {
			t.Fatalf("log-on: %d %v", a.status, list)
		}
		return list[0].Value
	}
	mine := logOn("signet=" + planted)
	if mine == planted || as(mine) != 200 || as(planted) != 401 {
		t.Errorf("after a log-on over it, the planted session is %d", as(planted))
	}
	if chosen := strings.Repeat("A", 43); logOn("signet="+chosen) == chosen || as(chosen) != 401 {
		t.Error("a secret that somebody chose is a session")
	}
	if again := logOn("signet=" + mine); again == mine || as(mine) != 401 {
		t.Error("a session is not renewed at log-on")
	} else {
		mine = again
	}
	if as(mine+"; signet="+mine) != 401 {
		t.Error("of two cookies one is believed")
	}
	if a := admin.send("POST", "/api/v1/me/password", object{"old": servePassword, "password": servePassword + "2"}); a.status != 204 {
		t.Fatalf("another password: %s", a.text)
	}
	if as(mine) != 401 || as(admin.cookie()) != 200 {
		t.Errorf("after another password the other session is %d, the own one %d", as(mine), as(admin.cookie()))
	}
	gone := admin.cookie()
	admin.call(204, "DELETE", "session", nil)
	if as(gone) != 401 {
		t.Error("whoever logged off is still logged on")
	}
}

// TestAttackPaths: no path, parameter or ID leads to a file.
func TestAttackPaths(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	const canary = "canary-5be1"
	for _, d := range []string{dir, filepath.Dir(inside), inside} {
		if err := os.WriteFile(filepath.Join(d, "secret.txt"), []byte(canary), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := startServer(t, inside, nil)
	c := s.first(t)
	up := []string{"secret.txt", "../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "%2e%2e%2f%2e%2e%2fsecret.txt", "..%5csecret.txt", "%252e%252e%252fsecret.txt", "....//secret.txt",
		"..;/secret.txt", "%2fetc%2fpasswd", "/etc/passwd", "%00", "secret.txt%00.js", "frame.tmpl", "..%2fpages.go", strings.Repeat("%2e%2e%2f", 12) + "etc%2fpasswd"}
	for _, below := range []string{"/", "/assets/", "/runs/", "/hosts/", "/board/", "/sites/", "/policies/", "/jobs/", "/api/v1/runs/", "/api/v1/policies/", "/api/v1/hosts/", "/api/v1/"} {
		for _, p := range up {
			got := s.raw(t, "GET "+below+p+" HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nCookie: signet="+c.cookie()+"\r\n\r\n")
			head, _, _ := strings.Cut(got, "\r\n\r\n")
			var status int
			if _, err := fmt.Sscanf(got, "HTTP/1.1 %d", &status); err != nil || status == 200 || status >= 500 || strings.Contains(got, canary) || strings.Contains(got, "root:") {
				t.Errorf("GET %s%s: %.300s", below, p, got)
			}
			if strings.Contains(head, "Location: //") || strings.Contains(head, "Location: http") {
				t.Errorf("GET %s%s leads away: %s", below, p, head)
			}
		}
	}
	run := func(id string) string {
		return `{"kind":"run","schema":"signet/1","run":` + id + `,"tool":"x","started":"2026-01-01T00:00:00Z","targets":[],"checks":[],"depth":"anonymous","policy":"baseline/1"}` + "\n" +
			`{"kind":"summary","run":` + id + `,"observations":0}` + "\n"
	}
	for _, id := range []string{`"../../x"`, `"a/b"`, `"a\"; filename=\"x.exe"`, `"a\r\nSet-Cookie: x=y"`, `".."`, `""`} {
		if a := c.send("POST", "/api/v1/runs/import", run(id)); a.status != 422 {
			t.Errorf("a run called %s: %d %s", id, a.status, a.text)
		}
	}
	if a := c.send("POST", "/api/v1/runs/import", run(`"good"`)); a.status != 201 {
		t.Fatalf("a run with a name that is right: %d %s", a.status, a.text)
	}
	for _, format := range append(up, "html/../../secret.txt", "html%00", "-o", "html=secret.txt") {
		if a := c.send("GET", "/api/v1/runs/good/report?format="+format, nil); a.status != 422 && a.status != 400 || strings.Contains(a.text, canary) {
			t.Errorf("format=%s: %d %.200s", format, a.status, a.text)
		}
	}
	for _, body := range []object{{"targets": []string{"@secret.txt"}}, {"targets": []string{"-f", "secret.txt"}}, {"targets": []string{"../secret.txt"}}, {"targets": []string{"127.0.0.1"}, "files": []string{"secret.txt"}}} {
		if a := c.send("POST", "/api/v1/jobs", body); a.status < 400 || strings.Contains(a.text, canary) {
			t.Errorf("a job of %v: %d %s", body, a.status, a.text)
		}
	}
	for _, yaml := range []string{"secret.txt", "../secret.txt", "/etc/passwd"} {
		if a := c.send("POST", "/api/v1/policies", object{"name": "p", "yaml": "name: p\nversion: 1\nextends: " + yaml + "\n"}); a.status < 400 || strings.Contains(a.text, canary) || strings.Contains(a.text, "root:") {
			t.Errorf("a policy that %s: %d %s", yaml, a.status, a.text)
		}
	}
	left, err := filepath.Glob(filepath.Join(inside, "*"))
	if err != nil || len(left) != 3 { // secret.txt, state, stdout
		t.Errorf("files in the server's folder: %v %v", left, err)
	}
}

// TestAttackRebinding: a name that is not the server's, which somebody had lead here, is answered nothing but that.
func TestAttackRebinding(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	c := s.first(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	for _, call := range []string{"GET /", "GET /login", "GET /board", "GET /assets/app.js", "GET /metrics", "GET /nothing", "GET /api/v1/session", "GET /api/v1/openapi.json", "GET /api/v1/jobs/x/events",
		"POST /api/v1/session", "POST /api/v1/setup", "PATCH /api/v1/settings"} {
		method, path, _ := strings.Cut(call, " ")
		for _, host := range []string{"evil.example:" + port, "evil.example", "127.0.0.1.evil.example:" + port, "localhost.evil.example:" + port, "localhost:1", "localhost.:" + port, "127.0.0.1@evil.example:" + port} {
			a := c.send(method, path, object{"name": "ada", "password": servePassword}, "Host: "+host, "X-Forwarded-Host: 127.0.0.1:"+port, "Forwarded: host=127.0.0.1:"+port)
			if a.status != 421 && a.status != 400 || a.header.Get("Set-Cookie") != "" || strings.Contains(a.text, "ada") {
				t.Errorf("%s at %s: %d %.200s", call, host, a.status, a.text)
			}
		}
		if a := c.send(method, path, "{", "Host: localhost:"+port); a.status == 421 {
			t.Errorf("%s at localhost: %d", call, a.status)
		}
	}
	for _, request := range []string{"GET http://evil.example:" + port + "/login HTTP/1.1\r\nHost: HOST\r\n\r\n", "GET /login HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n", "GET /login HTTP/1.0\r\n\r\n"} {
		if got := s.raw(t, request); !strings.HasPrefix(got, "HTTP/1.1 421") && !strings.HasPrefix(got, "HTTP/1.1 400") && !strings.HasPrefix(got, "HTTP/1.0 421") {
			t.Errorf("%q: %.100s", request, got)
		}
	}
}

// TestAttackForwarded: whoever is no proxy writes what they like into a proxy's headers: they are who they are.
func TestAttackForwarded(t *testing.T) {
	forged := []string{"X-Forwarded-For: 203.0.113.9", "X-Real-Ip: 203.0.113.9", "Forwarded: for=203.0.113.9;proto=https", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"}
	for _, k := range []struct {
		args            []string
		from, xff, want string // "" of want: from
		https, believed bool
	}{
		{nil, "127.32.20.21", "203.0.113.9", "", false, false},
		{[]string{"--behind-proxy", "127.32.20.30"}, "127.32.20.22", "203.0.113.9", "", false, false},
		{[]string{"--behind-proxy", "127.32.20.30"}, "127.32.20.30", "203.0.113.9, 198.51.100.7", "198.51.100.7", true, true},
	} {
		s := startServer(t, t.TempDir(), nil, k.args...)
		admin := s.first(t)
		v := s.visitor(t, k.from)
		headers := append(forged[1:4:4], "X-Forwarded-For: "+k.xff)
		if !k.believed {
			headers = append(headers, forged[4])
		}
		a := v.send("POST", "/api/v1/session", object{"name": "ada", "password": servePassword}, headers...)
		list := (&http.Response{Header: a.header}).Cookies()
		if a.status != 200 || len(list) != 1 || list[0].Secure != k.https || a.header.Get("Strict-Transport-Security") != "" != k.https {
			t.Fatalf("from %s: %d %v %v", k.from, a.status, list, a.header)
		}
		want := k.want
		if want == "" {
			want = k.from
		}
		if e := admin.items("audit?limit=1")[0]; e["action"] != "logon" || e["address"] != want {
			t.Errorf("from %s the audit log says %v, want %s", k.from, e, want)
		}
	}
}
