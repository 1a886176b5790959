package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// names is a name server whose answers can change.
type names struct{ atomic.Pointer[zone] }

func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		for q := make([]byte, 512); ; {
			size, from, err := c.ReadFrom(q)
			if err != nil {
				return
			}
			if a := n.Load().answer(q[:size]); a != nil {
				c.WriteTo(a, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

// serveHere is `signet serve` in this process, which asks the name server of a test.
func serveHere(t *testing.T, dir string, n *names, args ...string) (s *server, stop func()) {
	t.Helper()
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Run(ctx, Process{Args: append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), Stdin: strings.NewReader(""), Stdout: in, Stderr: io.Discard, Version: "test", Resolver: n.resolver(t),
			Env: []string{"SIGNET_CONFIG=" + os.DevNull, "XDG_STATE_HOME=" + filepath.Join(dir, "state")}})
		in.Close()
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	said := make([]byte, 1024)
	size, err := out.Read(said)
	if err != nil {
		t.Fatalf("the server said nothing: %v", err)
	}
	go io.Copy(io.Discard, out)
	s = &server{t: t}
	for line := range strings.Lines(string(said[:size])) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "Signet on "); ok {
			s.url = v
		}
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "Set up: "); ok {
			s.setUp = strings.TrimPrefix(v, s.url+"#")
		}
	}
	return s, stop
}

// counted is a listener that counts who comes. Where h is nil it says nothing, and hangs up once it is closed.
func counted(t *testing.T, addr string, h http.Handler) (port string, seen *atomic.Int32, hangUp func()) {
	t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	seen = &atomic.Int32{}
	watch := &watched{l, seen}
	if h == nil {
		go func() {
			for {
				c, err := watch.Accept()
				if err != nil {
					return
				}
				defer c.Close()
			}
		}()
	} else {
		go http.Serve(watch, h)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, seen, func() { l.Close() }
}

type watched struct {
	net.Listener
	seen *atomic.Int32
}

func (w *watched) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err == nil {
		w.seen.Add(1)
	}
	return c, err
}

// TestAttackScope: whoever may launch jobs tries to have addresses asked that --allow does not name, by whatever way there is to name them. A
// listener outside sees nothing of it.
func TestAttackScope(t *testing.T) {
	port, outside, _ := counted(t, "127.33.2.1:0", http.NotFoundHandler())
	_, excluded, _ := counted(t, "127.33.1.9:"+port, http.NotFoundHandler())
	_, silent, hangUp := counted(t, "127.33.1.5:"+port, nil)
	leads := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // out, and to what is excluded, each path otherwise
		to := []string{"http://127.33.2.1:" + port + "/", "http://outside.example:" + port + "/", "//127.33.2.1:" + port + "/", "http://127.33.1.9:" + port + "/", "http://[::ffff:127.33.2.1]:" + port + "/", "http://127.33.1.1:" + port + "@127.33.2.1:" + port + "/"}
		if at := to[len(r.URL.Path)%len(to)]; len(r.URL.Path)%2 == 0 {
			w.Header().Set("Refresh", "0; url="+at)
			fmt.Fprintf(w, `<meta http-equiv="refresh" content="0; url=%s">`, at)
		} else {
			w.Header().Set("Location", at)
			w.WriteHeader(302)
		}
	})
	_, inside, _ := counted(t, "127.33.1.1:"+port, leads)
	n := &names{}
	at := func(a ...byte) [][]byte { return [][]byte{a} }
	first := &zone{"A inside.example": at(127, 33, 1, 1), "A outside.example": at(127, 33, 2, 1), "A excluded.example": at(127, 33, 1, 9), "A mixed.example": {{127, 33, 1, 1}, {127, 33, 2, 1}}, "A moves.example": at(127, 33, 1, 1),
		"AAAA mapped.example": at(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 33, 2, 1)}
	n.Store(first)
	s, stop := serveHere(t, t.TempDir(), n, "--allow", "127.33.1.0/24", "--exclude", "127.33.1.9")
	c := s.first(t)
	c.call(200, "GET", "session", nil)
	for _, target := range []string{"127.33.2.1", "127.33.2.1:" + port, "127.33.0.0/16", "127.33.1.1-127.33.2.1", "127.33.1.255-127.33.2.1", "::ffff:127.33.2.1", "[::ffff:127.33.2.1]:" + port, "::ffff:7f21:201", "::ffff:127.33.2.1/128", "::127.33.2.1", "64:ff9b::7f21:201",
		"outside.example:" + port, "OUTSIDE.example.:" + port, "outside.example.", "mapped.example:" + port, "mixed.example:" + port, "localhost", "localhost.", "127.33.513", "0x7f210201", "2132869633", "0177.041.2.1", "127.33.1.1 127.33.2.1", "http://127.33.2.1:" + port + "/",
		"127.33.1.1%lo", "127.33.1.1@127.33.2.1", "１２７.33.2.1", "0.0.0.0", "::", "*"} {
		orders := []object{{"targets": []string{target}, "checks": []string{"http"}}}
		if c.send("POST", "/api/v1/sites", object{"name": target, "targets": []string{target}, "checks": []string{"http"}}).status == 201 {
			orders = append(orders, object{"site": target})
		}
		for _, order := range orders {
			a := c.send("POST", "/api/v1/jobs", order)
			if a.status == 202 { // a name that has no address
				a = c.done(a.field("id"))
				if strings.Contains(a.text, `"endpoints_asked":0`) {
					continue
				}
			}
			if a.status != 403 && a.status != 422 {
				t.Errorf("a job of %v: %d %s", order, a.status, a.text)
			}
		}
	}
	// What is inside is asked, what it sends on to is not, and an exclusion wins over what is allowed, in each spelling.
	c.launch(object{"targets": []string{"127.33.1.1:" + port, "inside.example.:" + port, "[::ffff:127.33.1.1]:" + port}, "checks": []string{"http"}})
	if inside.Load() == 0 {
		t.Fatal("nothing was asked: the test proves nothing")
	}
	c.call(201, "POST", "sites", object{"name": "but", "targets": []string{"127.33.1.1:" + port, "127.33.2.1:" + port}, "exclude": []string{"127.33.2.1"}, "checks": []string{"http"}})
	c.launch(object{"site": "but"})
	for _, target := range []string{"127.33.1.9:" + port, "excluded.example:" + port, "[::ffff:127.33.1.9]:" + port, "127.33.1.8-127.33.1.10"} {
		if a := c.send("POST", "/api/v1/jobs", object{"targets": []string{target}, "checks": []string{"http"}}); a.status == 202 {
			c.done(a.field("id"))
		}
	}
	// While one job holds the queue, a site is edited and a name moves.
	c.call(201, "POST", "sites", object{"name": "edited", "targets": []string{"127.33.1.1:" + port}, "checks": []string{"http"}})
	holds := c.call(202, "POST", "jobs", object{"targets": []string{"127.33.1.5:" + port}, "checks": []string{"http"}}).field("id")
	edited := c.call(202, "POST", "jobs", object{"site": "edited"}).field("id")
	moves := c.call(202, "POST", "jobs", object{"targets": []string{"moves.example:" + port}, "checks": []string{"http"}}).field("id")
	c.call(200, "PATCH", "sites/"+c.siteID("edited"), object{"targets": []string{"127.33.2.1:" + port}})
	later := zone{"A moves.example": at(127, 33, 2, 1), "A inside.example": at(127, 33, 2, 1)}
	n.Store(&later)
	for begin := time.Now(); silent.Load() == 0 && time.Since(begin) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
	}
	if j := c.call(200, "GET", "jobs/"+moves, nil); j.field("state") != "queued" {
		t.Errorf("the job has begun: %s", j.text)
	}
	hangUp()
	c.done(holds)
	c.done(edited)
	if j := c.done(moves); j.field("state") != "failed" || !strings.Contains(j.text, "moves.example") {
		t.Errorf("a name that leads outside by now: %s", j.text)
	}
	if a := c.send("POST", "/api/v1/jobs", object{"site": "edited"}); a.status != 403 {
		t.Errorf("a site that was edited: %d", a.status)
	}
	if outside.Load() != 0 || excluded.Load() != 0 || silent.Load() == 0 {
		t.Errorf("outside %d connections were seen, at what is excluded %d, at what held the queue %d", outside.Load(), excluded.Load(), silent.Load())
	}
	stop()
	// The same where more is allowed: the listener would have seen it.
	wide, _ := serveHere(t, t.TempDir(), n, "--allow", "127.33.0.0/16")
	c = wide.first(t)
	c.launch(object{"targets": []string{"moves.example:" + port}, "checks": []string{"http"}})
	if outside.Load() == 0 {
		t.Error("the listener sees nothing of what is allowed: the test proves nothing")
	}
}

// siteID is the ID of a site of a name.
func (v *visitor) siteID(name string) string {
	v.t.Helper()
	for _, s := range v.items("sites?limit=500") {
		if s["name"] == name {
			return s["id"].(string)
		}
	}
	v.t.Fatalf("there is no site %s", name)
	return ""
}

// TestAttackScopeLater: a server that was started again with a narrower --allow goes on with nothing that it leaves out, and verifies
// nothing there.
func TestAttackScopeLater(t *testing.T) {
	remote(t, "127.33.4.1:3389")
	port, outside, _ := counted(t, "127.33.4.2:0", http.NotFoundHandler())
	_, silent, hangUp := counted(t, "127.33.3.5:"+port, nil)
	dir := t.TempDir()
	s := startServer(t, dir, nil, "--allow", "127.33.3.0/24", "--allow", "127.33.4.0/24")
	c := s.first(t)
	c.launch(object{"targets": []string{"127.33.4.1"}, "checks": []string{"rdp"}})
	finding := c.items("findings")[0]["id"].(string)
	under := c.call(202, "POST", "jobs", object{"targets": []string{"127.33.3.5:" + port, "127.33.4.2:" + port}, "checks": []string{"http"}}).field("id")
	waits := c.call(202, "POST", "jobs", object{"targets": []string{"127.33.4.2:" + port}, "checks": []string{"http"}}).field("id")
	for begin := time.Now(); silent.Load() == 0 || outside.Load() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("after 20 s %d and %d connections were seen: the test proves nothing", silent.Load(), outside.Load())
		}
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	hangUp()
	before := outside.Load()
	s = startServer(t, dir, nil, "--allow", "127.33.3.0/24")
	c = s.visitor(t, "127.0.0.1")
	c.call(200, "POST", "session", object{"name": "ada", "password": servePassword})
	for _, id := range []string{under, waits} {
		if j := c.done(id); j.field("state") != "failed" || !strings.Contains(j.text, "127.33.4.2") {
			t.Errorf("a job that leads outside by now: %s", j.text)
		}
	}
	if a := c.send("POST", "/api/v1/findings/"+finding+"/verify", nil); a.status != 403 {
		t.Errorf("a finding outside is verified: %d %s", a.status, a.text)
	}
	if n := outside.Load() - before; n != 0 {
		t.Errorf("outside %d connections were seen", n)
	}
}
