package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"signet/internal/web/front"
)

// TestBodies: a body that is cut, not in the form it says it is in, too large, too slow, or one that two readers could take for different
// things is the client's mistake, and said as one; nothing is done by it.
func TestBodies(t *testing.T) {
	s := serveAs(t, front.Config{Listen: "127.0.0.1:0", Limits: front.Limits{Read: time.Second, Rate: 1e6, Burst: 1e6}})
	admin := s.admin(t)
	token := admin.do("POST", "tokens", m{"name": "bodies", "role": "admin"}).is(201).text("token")
	const (
		kind    = "Content-Type: application/json\r\n"
		chunked = "Transfer-Encoding: chunked\r\n"
		right   = `{"name":"desks","targets":["10.0.0.1"]}`
	)
	whole := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }
	chunk := func(body string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(body), body) }
	large := chunked + "\r\n" + strings.Repeat(chunk(strings.Repeat(" ", 1<<16)), mostBody>>16+1) + "0\r\n\r\n"
	for _, c := range []struct {
		name, head, body string
		status           int
		at               string
		broken           bool // on its way: it is no body of any kind
		stays            bool // the client says that more comes, and sends none
	}{
		{name: "chunks that are none", broken: true, head: kind, body: chunked + "\r\nzz\r\n" + right, status: 400},
		{name: "a chunk with more in it", broken: true, head: kind, body: chunked + "\r\n5\r\n" + right + "\r\n0\r\n\r\n", status: 400},
		{name: "a size beyond all numbers", broken: true, head: kind, body: chunked + "\r\nffffffffffffffffffff\r\n" + right, status: 400},
		{name: "cut in a chunk", broken: true, head: kind, body: chunked + "\r\n50\r\n" + right, status: 400},
		{name: "cut before the last chunk", broken: true, head: kind, body: chunked + "\r\n" + chunk(right), status: 400},
		{name: "cut", broken: true, head: kind, body: "Content-Length: 500\r\n\r\n" + right, status: 400},
		{name: "too slow", broken: true, head: kind, body: "Content-Length: 500\r\n\r\n" + right, status: 408, stays: true},
		{name: "too slow, in chunks", broken: true, head: kind, body: chunked + "\r\n" + chunk(right), status: 408, stays: true},
		{name: "too large in chunks", head: kind, body: large, status: 413},
		{name: "text", head: "Content-Type: text/plain\r\n", body: whole(right), status: 415},
		{name: "a form", head: "Content-Type: application/x-www-form-urlencoded\r\n", body: whole(right), status: 415},
		{name: "another charset", head: "Content-Type: application/json; charset=iso-8859-1\r\n", body: whole(right), status: 415},
		{name: "a type that is none", head: "Content-Type: application/json; charset\r\n", body: whole(right), status: 415},
		{name: "two types", head: kind + kind, body: whole(right), status: 415},
		{name: "packed", head: kind + "Content-Encoding: gzip\r\n", body: whole(right), status: 415},
		{name: "no UTF-8", head: kind, body: whole(strings.Replace(right, "desks", "d\xe9sks", 1)), status: 400},
		{name: "a name twice", head: kind, body: whole(strings.Replace(right, `{`, `{"name":"other",`, 1)), status: 400, at: "body.name"},
		{name: "a name twice, in chunks", head: kind, body: chunked + "\r\n" + chunk(`{"name":"x",`) + chunk(`"targets":[],"targets":["10.0.0.1"]}`) + "0\r\n\r\n", status: 400, at: "body.targets"},
		{name: "nothing", head: kind, body: whole(""), status: 400},
		{name: "no JSON", head: kind, body: whole(right[:20]), status: 400},
		{name: "more than JSON", head: kind, body: whole(right + "x"), status: 400},
		{name: "other JSON", head: kind, body: whole(`["desks"]`), status: 422},
	} {
		for _, under := range []string{"", "Idempotency-Key: " + strings.ReplaceAll(c.name, " ", "-") + "\r\n"} {
			for _, call := range []string{"POST sites", "PATCH settings", "PUT owners", "POST runs/import"} {
				method, path, _ := strings.Cut(call, " ")
				switch {
				case path == "runs/import" && !c.broken, path == "owners" && c.name == "nothing", under != "" && method != "POST", c.stays && path != "sites":
					continue
				}
				status, header, body := raw(t, s, method+" "+base+"/"+path+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(s.url, "http://")+"\r\nAuthorization: Bearer "+token+"\r\n"+c.head+under+c.body, c.broken && !c.stays)
				var p struct {
					Status int
					Detail string
					Errors []struct{ Location string }
				}
				if err := json.Unmarshal(body, &p); err != nil || p.Status != status || p.Detail == "" || header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s to %s: %d %v %s: no problem: %v", c.name, call, status, header, body, err)
				}
				if status != c.status && (path == "sites" || path == "settings") || status < 400 || status > 499 {
					t.Errorf("%s to %s: %d %s, want %d", c.name, call, status, body, c.status)
				}
				if c.at != "" && path == "sites" && (len(p.Errors) != 1 || p.Errors[0].Location != c.at) {
					t.Errorf("%s to %s: the field at fault is not named: %s", c.name, call, body)
				}
				s.schemas.hold(t, method+" "+base+"/"+path, status, header, body)
			}
		}
	}
	if n := len(admin.do("GET", "sites", nil).is(200).get("items").([]any)); n != 0 {
		t.Errorf("%d sites were made", n)
	}
	for _, kind := range []string{"", "application/json; charset=UTF-8", "Application/JSON", "application/vnd.house+json"} {
		admin.do("POST", "sites", m{"name": "of " + kind, "targets": []string{"10.0.0.1"}}, "Content-Type: "+kind).is(201)
	}
	if said := s.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}

// raw sends a request as it is written, and gives the answer. Whose request ends there says that nothing more comes.
func raw(t *testing.T, s *served, request string, ends bool) (int, http.Header, []byte) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	go func() { // which the server may leave before its end
		io.WriteString(c, request)
		if ends {
			c.(*net.TCPConn).CloseWrite()
		}
	}()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%.300q: %v", request, err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body) // what follows may be reset, where more was sent than was read
	return res.StatusCode, res.Header, body
}
