package cli

import (
	"strings"
	"testing"
)

// TestAttackSmuggling: a request whose end two servers could see at different places is refused, or the connection ends with it: what hides
// behind it is never answered.
func TestAttackSmuggling(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	const hidden = "GET /livez HTTP/1.1\r\nHost: HOST\r\n\r\n"
	const post = "POST /api/v1/session HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
	for name, request := range map[string]string{
		"both lengths":             post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"both, the other way":      post + "Transfer-Encoding: chunked\r\nContent-Length: 200\r\n\r\n0\r\n\r\n",
		"two lengths":              post + "Content-Length: 0\r\nContent-Length: 200\r\n\r\n",
		"a list of lengths":        post + "Content-Length: 0, 200\r\n\r\n",
		"a signed length":          post + "Content-Length: +0\r\n\r\n",
		"a length in hex":          post + "Content-Length: 0x0\r\n\r\n",
		"another coding":           post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two codings":              post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"two lines of codings":     post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"a space before the colon": post + "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n",
		"a folded line":            post + "Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n",
		"a chunk of odd length":    post + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
		"a bare CR":                "GET / HTTP/1.1\rX: y\r\nHost: HOST\r\n\r\n",
	} {
		got := s.raw(t, request+hidden)
		if n := strings.Count(got, "HTTP/1."); n != 1 || strings.Contains(got, "HTTP/1.1 200") || strings.Contains(got, "\r\n\r\nok\n") {
			t.Errorf("%s: %d answers: %s", name, n, got)
		}
	}
	if got := s.raw(t, strings.Repeat(hidden, 2)); strings.Count(got, "HTTP/1.1 200") != 2 {
		t.Errorf("two requests behind each other: %s", got)
	}
}

// TestAttackFrames: no answer may stand in a frame of another page, none but the files that pages load may be kept, and none is for pages
// of another origin to read.
func TestAttackFrames(t *testing.T) {
	s := startServer(t, t.TempDir(), nil, "--allow", "127.32.21.1")
	remote(t, "127.32.21.1:3389")
	c := s.first(t)
	run := c.launch(object{"targets": []string{"127.32.21.1"}, "checks": []string{"rdp"}})
	style := ""
	for part := range strings.SplitSeq(c.send("GET", "/", nil).text, `"`) {
		if strings.HasPrefix(part, "/assets/app.css?v=") {
			style = part
		}
	}
	host := c.items("hosts")[0]["id"].(string)
	nobody := s.visitor(t, "127.32.21.9")
	seen := map[int]bool{}
	for _, k := range []struct {
		v       *visitor
		call    string
		headers []string
	}{
		{c, "GET /", nil}, {c, "GET /board", nil}, {c, "GET /hosts/" + host, nil}, {c, "GET /paths", nil}, {c, "GET /nothing", nil}, {c, "POST /board", nil}, {c, "GET /login", nil},
		{nobody, "GET /", nil}, {nobody, "GET /login", nil}, {nobody, "GET /api/v1/overview", nil}, {nobody, "GET /livez", nil}, {nobody, "GET /metrics", nil}, {nobody, "GET /readyz", nil},
		{c, "GET " + style, nil}, {c, "GET /assets/app.js", nil}, {c, "GET /assets/none", nil}, {c, "GET /assets//app.js", nil},
		{c, "GET /metrics", nil}, {c, "GET /api/v1/overview", nil}, {c, "GET /api/v1/openapi.json", nil}, {c, "GET /api/v1/none", nil}, {c, "PUT /api/v1/users", nil}, {c, "GET /api/v1/users?x=1", nil},
		{c, "GET /api/v1/runs/" + run + "/report?format=html", nil}, {c, "GET /api/v1/runs/" + run + "/report?format=xlsx", []string{"Range: bytes=0-9"}}, {c, "GET /api/v1/jobs/" + c.items("jobs")[0]["id"].(string) + "/events", nil},
		{c, "POST /api/v1/sites", []string{"Origin: http://evil.example"}}, {c, "GET /api/v1/sites", []string{"Origin: http://evil.example"}}, {c, "OPTIONS /api/v1/sites", []string{"Origin: http://evil.example", "Access-Control-Request-Method: POST"}},
		{c, "GET /", []string{"Host: evil.example"}}, {c, "TRACE /", nil}, {c, "OPTIONS *", nil},
	} {
		method, path, _ := strings.Cut(k.call, " ")
		var a *answer
		if path == "*" {
			a = c.send(method, "/*", nil)
		} else {
			a = k.v.send(method, path, nil, k.headers...)
		}
		seen[a.status] = true
		csp := a.header.Get("Content-Security-Policy")
		if a.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "base-uri 'none'") ||
			strings.Contains(csp, "unsafe-eval") || strings.Contains(csp, "script-src 'unsafe") || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", k.call, a.status, a.header)
		}
		if kept := a.header.Get("Cache-Control"); kept != "no-store" && (path != style || !strings.HasPrefix(kept, "private")) {
			t.Errorf("%s: Cache-Control: %s", k.call, kept)
		}
		for name := range a.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s: %v", k.call, name, a.header[name])
			}
		}
		if report := strings.Contains(path, "/report"); report != strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment;") || report && !strings.Contains(csp, "sandbox") {
			t.Errorf("%s: %v", k.call, a.header)
		}
	}
	for _, status := range []int{200, 206, 303, 400, 401, 403, 404, 405, 421} {
		if !seen[status] {
			t.Errorf("nothing was answered %d, so that the test shows less than it says: %v", status, seen)
		}
	}
}
