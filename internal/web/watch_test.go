package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/web/front"
)

// TestMetrics: whoever watches has a token; what is told names no host, address or user.
func TestMetrics(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.7.1")
	s := serve(t, "127.31.7.0/24")
	c := s.admin(t)
	c.do("POST", "sites", m{"name": "desks", "targets": []string{"127.31.7.1"}, "checks": []string{"rdp"}}).is(201)
	c.ended(c.do("POST", "jobs", m{"site": "desks"}).is(202).text("id"))
	c.do("GET", "users/no-such-user", nil).is(404)
	s.nobody(t).do("GET", "/metrics", nil).is(401)
	robot := s.nobody(t)
	robot.token = c.do("POST", "tokens", m{"name": "prometheus", "role": "viewer"}).is(201).text("token")
	text := string(robot.do("GET", "/metrics", nil).is(200).body)
	for _, want := range []string{`signet_endpoints{site="desks",verdict="unseen"} 1`, `signet_findings{severity="low",site="desks"} 1`, `signet_jobs{state="done"} 1`,
		`signet_http_requests_total{code="4xx",route="GET /api/v1/users/{id}"} 1`, `signet_build_info{version="test"} 1`, "go_goroutines"} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	for _, secret := range []string{"127.31.7", `"ada"`, "no-such-user", "prometheus\""} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics name %s", secret)
		}
	}
	elsewhere := c.do("POST", "sites", m{"name": "elsewhere", "targets": []string{"127.31.7.2"}}).is(201).text("id")
	robot.token = c.do("POST", "tokens", m{"name": "limited", "role": "viewer", "sites": []string{elsewhere}}).is(201).text("token")
	if text := string(robot.do("GET", "/metrics", nil).is(200).body); strings.Contains(text, "desks") || !strings.Contains(text, `signet_jobs{state="done"} 0`) || !strings.Contains(text, "go_goroutines") {
		t.Errorf("who sees another site alone is told %s", text)
	}
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "signet_endpoints") {
		t.Errorf("on a port of its own: %d", w.Code)
	}
	w = httptest.NewRecorder()
	if s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/users", nil)); w.Code != 404 {
		t.Errorf("the API on the port of metrics: %d", w.Code)
	}
}

// TestHealth: it is ready as long as the desk is its own.
func TestHealth(t *testing.T) {
	s := serve(t)
	c := s.nobody(t)
	c.do("GET", "/livez", nil).is(200)
	c.do("GET", "/readyz", nil).is(200)
	s.c.Desk.Close()
	c.do("GET", "/livez", nil).is(200)
	c.do("GET", "/readyz", nil).is(503)
}

// TestPageBehind: a page begins behind the item that its cursor names, wherever that stands by now.
func TestPageBehind(t *testing.T) {
	key := func(s *string) string { return *s }
	first, err := pageBehind(&Paging{Limit: "2"}, []string{"c", "b", "a"}, key)
	if err != nil || strings.Join(first.Body.Items, "") != "cb" || first.Body.Next == nil {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := pageBehind(&Paging{Limit: "2", Cursor: *first.Body.Next}, []string{"e", "d", "c", "b", "a"}, key)
	if err != nil || strings.Join(second.Body.Items, "") != "a" || second.Body.Next != nil {
		t.Errorf("%+v %v", second, err)
	}
	if _, err := pageBehind(&Paging{Cursor: "x"}, []string{"a"}, key); err == nil {
		t.Error("a cursor of nothing is taken")
	}
}

// TestPatiently: what has much to read first is answered all the same, once it says so.
func TestPatiently(t *testing.T) {
	f, err := front.New(front.Config{Listen: "127.0.0.1:0", Limits: front.Limits{Write: 300 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- f.Serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/patient" {
				patiently(context.WithValue(r.Context(), askKey{}, asking{r, w}), time.Minute)
			}
			time.Sleep(600 * time.Millisecond)
			fmt.Fprint(w, "done")
		}))
	}()
	for path, want := range map[string]string{"/patient": "done", "/": ""} {
		got := ""
		if res, err := http.Get(f.URL() + path); err == nil {
			b, _ := io.ReadAll(res.Body)
			res.Body.Close()
			got = string(b)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestPages: pages are answered by whoever makes them, who is told who asks.
func TestPages(t *testing.T) {
	s := serve(t)
	c := s.admin(t)
	s.pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := s.gate.Who(r)
		fmt.Fprint(w, r.URL.Path, " ", by.Name, " ", err, s.gate.Base(r))
	})
	if r := c.do("GET", "/assets/x.css", nil).is(200); string(r.body) != "/assets/x.css ada <nil>" {
		t.Errorf("a page: %s", r.body)
	}
	if r := s.nobody(t).do("GET", "/", nil).is(200); string(r.body) != "/  <nil>" {
		t.Errorf("a page for nobody: %s", r.body)
	}
}
