package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// running is a server on a free port of loopback.
type running struct {
	*Server
	addr    string // of the port
	trouble *lines
	stop    func() error // ends it, and gives what Serve gave
}

// lines are what a server said went wrong.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(s string) { l.mu.Lock(); defer l.mu.Unlock(); l.all = append(l.all, s) }
func (l *lines) text() string { l.mu.Lock(); defer l.mu.Unlock(); return strings.Join(l.all, "\n") }

func start(t *testing.T, c Config, h http.HandlerFunc) *running {
	t.Helper()
	r := &running{trouble: &lines{}}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	c.Trouble = r.trouble.add
	var err error
	if r.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	if err := r.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.addr = r.listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx, h) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { r.stop() })
	return r
}

func ok(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }

// ask sends a request to a server, under any Host and with any headers ("Name: value").
func ask(t *testing.T, r *running, method, path, host string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, "http://"+r.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	c := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestRefusesConfig(t *testing.T) {
	for _, c := range []struct {
		Config
		field string
	}{
		{Config{Listen: "0.0.0.0:8471"}, "listen"},
		{Config{Listen: ":8471"}, "listen"},
		{Config{Listen: "[::]:8471"}, "listen"},
		{Config{Listen: "192.0.2.1:8471"}, "listen"},
		{Config{Listen: "[::ffff:192.0.2.1]:8471"}, "listen"},
		{Config{Listen: "example.org:8471"}, "listen"},
		{Config{Listen: "8471"}, "listen"},
		{Config{Listen: "127.0.0.1:99999"}, "listen"},
		{Config{Listen: "0.0.0.0:8471", Proxies: []string{"0.0.0.0/0"}}, "behind-proxy"},
		{Config{Listen: "0.0.0.0:8471", Proxies: []string{"proxy.example"}}, "behind-proxy"},
		{Config{Listen: "127.0.0.1:0", URL: "example.org/signet"}, "url"},
		{Config{Listen: "127.0.0.1:0", URL: "ftp://example.org"}, "url"},
		{Config{Listen: "127.0.0.1:0", URL: "https://user@example.org"}, "url"},
		{Config{Listen: "127.0.0.1:0", URL: "https://example.org/?x"}, "url"},
		{Config{Listen: "127.0.0.1:0", Cert: "cert.pem"}, "tls-key"},
		{Config{Listen: "127.0.0.1:0", Key: "key.pem"}, "tls-cert"},
	} {
		_, err := New(c.Config)
		if e, ok := errors.AsType[*ConfigError](err); !ok || e.Field != c.field {
			t.Errorf("%+v: %v, want --%s refused", c.Config, err, c.field)
		}
	}
	for _, c := range []Config{
		{Listen: "127.0.0.1:8471"}, {Listen: "localhost:8471"}, {Listen: "[::1]:8471"}, {Listen: "127.9.9.9:1"},
		{Listen: "0.0.0.0:8471", Open: true},
		{Listen: "0.0.0.0:8471", Proxies: []string{"192.0.2.7", "2001:db8::/64"}},
		{Listen: "127.0.0.1:0", URL: "https://example.org/a/b/"},
	} {
		if _, err := New(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestHost(t *testing.T) {
	plain := start(t, Config{}, ok)
	port := plain.addr[strings.LastIndexByte(plain.addr, ':'):]
	open := start(t, Config{Open: true}, ok)
	named := start(t, Config{URL: "https://Signet.example.org"}, ok)
	for _, c := range []struct {
		at   *running
		host string
		want int
	}{
		{plain, "127.0.0.1" + port, 200},
		{plain, "LOCALHOST" + port, 200},
		{plain, "[::1]" + port, 200},
		{plain, "localhost", 421}, // another port's pages
		{plain, "localhost:1", 421},
		{open, "anything.example", 200},
		{plain, "evil.example" + port, 421},
		{plain, "127.0.0.1.evil.example" + port, 421},
		{named, "signet.example.org", 200},
		{named, "signet.example.org:443", 200},
		{named, "signet.example.org:444", 421},
		{named, "127.0.0.1" + port, 421},
		{named, "xsignet.example.org", 421},
	} {
		if res, body := ask(t, c.at, "GET", "/x", c.host); res.StatusCode != c.want {
			t.Errorf("Host %s at %s: %d %s, want %d", c.host, c.at.URL(), res.StatusCode, body, c.want)
		}
		if res, _ := ask(t, c.at, "GET", "/livez", c.host); res.StatusCode != 200 {
			t.Errorf("Host %s: a probe is answered %d", c.host, res.StatusCode)
		}
	}
	for accept, want := range map[string]string{"text/html,*/*;q=0.8": "text/html", "*/*": "application/problem+json"} { // a person, and a program
		res, body := ask(t, named, "GET", "/", "127.0.0.1"+port, "Accept: "+accept)
		if got := res.Header.Get("Content-Type"); res.StatusCode != 421 || !strings.HasPrefix(got, want) || !strings.Contains(body, "--url") {
			t.Errorf("who takes %s is answered %d, %s: %s", accept, res.StatusCode, got, body)
		}
	}
}

// TestForwarded: the client is who the nearest proxy says it is, whatever the client wrote before.
func TestForwarded(t *testing.T) {
	p := proxies{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8::/64")}
	for _, c := range []struct {
		remote, xff, client string
	}{
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"}, // no proxy: what it says of others counts for nothing
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:5", "203.0.113.9|198.51.100.7,10.0.0.2", "198.51.100.7"}, // two lines are one list
		{"10.0.0.1:5", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"10.0.0.1:5", "203.0.113.9, unknown", "10.0.0.1"},
		{"10.0.0.1:5", "203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"},
		{"10.0.0.1:5", "198.51.100.7:4711", "198.51.100.7"},
		{"[2001:db8::1]:5", "[2001:db8:1::7]", "2001:db8:1::7"},
		{"[::ffff:10.0.0.1]:5", "::ffff:198.51.100.7", "198.51.100.7"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Host: "a", Header: http.Header{}}
		for line := range strings.SplitSeq(c.xff, "|") {
			r.Header.Add("X-Forwarded-For", line)
		}
		r.Header.Set("X-Forwarded-Proto", "http, https")
		r.Header.Set("X-Forwarded-Host", "evil, real")
		f := p.of(r)
		if f.client.String() != c.client {
			t.Errorf("%s, X-Forwarded-For %s: %s, want %s", c.remote, c.xff, f.client, c.client)
		}
		if trusted := c.remote[:3] != "192"; f.https != trusted || f.host != map[bool]string{true: "real", false: "a"}[trusted] {
			t.Errorf("%s: %+v", c.remote, f)
		}
	}
}

func TestBehindProxy(t *testing.T) {
	seen := func(w http.ResponseWriter, r *http.Request) {
		s := Of(r.Context())
		fmt.Fprintf(w, "%v %v %s %s %s", s.Client, s.HTTPS, s.Origin, s.Path, r.Host)
	}
	at := start(t, Config{Proxies: []string{"127.0.0.0/8"}, URL: "https://x.example/signet"}, seen)
	res, got := ask(t, at, "GET", "/", "internal:1", "X-Forwarded-For: 198.51.100.7", "X-Forwarded-Host: x.example", "X-Forwarded-Proto: https")
	if want := "198.51.100.7 true https://x.example /signet x.example"; got != want {
		t.Errorf("%d %q, want %q", res.StatusCode, got, want)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("reached by https, and no word of that to browsers")
	}
	other := start(t, Config{Proxies: []string{"192.0.2.1"}}, seen)
	if _, got := ask(t, other, "GET", "/", other.addr, "X-Forwarded-For: 198.51.100.7", "X-Forwarded-Host: x.example", "X-Forwarded-Proto: https"); !strings.HasPrefix(got, "127.0.0.1") || !strings.Contains(got, "false") {
		t.Errorf("from no proxy: %q", got)
	}
}

func TestSubPath(t *testing.T) {
	at := start(t, Config{URL: "https://x.example/a%20b/signet/"}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Path, "|", r.URL.EscapedPath())
	})
	if at.URL() != "https://x.example/a%20b/signet" {
		t.Errorf("reached by %s", at.URL())
	}
	for path, want := range map[string]string{
		"/a%20b/signet/":           "/|/",
		"/a%20b/signet/api/v1/x":   "/api/v1/x|/api/v1/x",
		"/a%20b/signet/api/a%2Fb":  "/api/a/b|/api/a%2Fb",
		"/api/v1/x":                "/api/v1/x|/api/v1/x", // a proxy took it off
		"/a%20b/signetx":           "/a b/signetx|/a%20b/signetx",
		"/a%20b/signet/%2e%2e/etc": "/../etc|/%2e%2e/etc", // no file is served by such a path
	} {
		if _, got := ask(t, at, "GET", path, "x.example"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if res, _ := ask(t, at, "GET", "/a%20b/signet", "x.example"); res.StatusCode != 308 || res.Header.Get("Location") != "/a%20b/signet/" {
		t.Errorf("without a slash: %d %s", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestHeaders(t *testing.T) {
	at := start(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("secret")
		}
	})
	for _, c := range []struct{ path, host string }{{"/", at.addr}, {"/panic", at.addr}, {"/", "evil.example"}} {
		res, _ := ask(t, at, "GET", c.path, c.host)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none';", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := res.Header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s as %s: %s: %q, want %q", c.path, c.host, name, got, want)
			}
		}
		for _, want := range []string{"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, want) || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: %s", c.path, csp)
			}
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, CrossOrigin(r)) }
	at := start(t, Config{}, h)
	https := start(t, Config{URL: "https://x.example"}, h)
	for _, c := range []struct {
		at      *running
		method  string
		host    string
		headers []string
		want    string
	}{
		{at, "POST", at.addr, nil, "false"},
		{at, "POST", at.addr, []string{"Origin: http://" + at.addr}, "false"},
		{at, "POST", at.addr, []string{"Origin: http://" + at.addr, "Sec-Fetch-Site: same-origin"}, "false"},
		{at, "POST", at.addr, []string{"Origin: https://" + at.addr}, "true"},
		{at, "POST", at.addr, []string{"Origin: http://127.0.0.1:1"}, "true"},
		{at, "POST", at.addr, []string{"Origin: http://evil.example"}, "true"},
		{at, "DELETE", at.addr, []string{"Origin: null"}, "true"},
		{at, "PATCH", at.addr, []string{"Sec-Fetch-Site: cross-site"}, "true"},
		{at, "PATCH", at.addr, []string{"Sec-Fetch-Site: same-site", "Origin: http://" + at.addr}, "true"},
		{at, "GET", at.addr, []string{"Origin: http://evil.example", "Sec-Fetch-Site: cross-site"}, "false"},
		{https, "POST", "x.example", []string{"Origin: https://x.example"}, "false"},
		{https, "POST", "x.example", []string{"Origin: http://x.example", "Sec-Fetch-Site: same-origin"}, "true"},
		{https, "POST", "x.example", []string{"Origin: https://x.example:8443", "Sec-Fetch-Site: same-origin"}, "true"},
	} {
		if _, got := ask(t, c.at, c.method, "/", c.host, c.headers...); got != c.want {
			t.Errorf("%s %s %v: %s, want %s", c.method, c.host, c.headers, got, c.want)
		}
	}
}

func TestLocal(t *testing.T) {
	for to, want := range map[string]string{"/board?rule=a&q=b%20c": "/board?rule=a&q=b%20c", "": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/", "/a\nb": "/", "/a b": "/", "/" + strings.Repeat("a", 3000): "/", "javascript:1": "/", "/x": "/x"} {
		if got := Local(to); got != want {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}
