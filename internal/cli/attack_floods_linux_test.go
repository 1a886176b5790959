package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// memory is what the server takes: VmRSS now, or VmHWM at most so far, in MiB.
func (s *server) memory(t *testing.T, what string) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), what+":")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n >> 10
}

// guess tries passwords at once, and counts how they are answered within a while. wait is the longest Retry-After.
func (s *server) guess(t *testing.T, n int, while time.Duration, from, name, xff func(int) string) (tried, refused int, wait int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		req, err := http.NewRequestWithContext(ctx, "POST", s.url+"/api/v1/session", strings.NewReader(`{"name":"`+name(i)+`","password":"wrong password `+fmt.Sprint(i)+`"}`))
		if err != nil {
			t.Error(err)
			break
		}
		req.Header.Set("X-Forwarded-For", xff(i))
		c := http.Client{Transport: transportFrom(from(i))}
		all.Go(func() {
			res, err := c.Do(req)
			if err != nil { // it waits still
				return
			}
			res.Body.Close()
			c.CloseIdleConnections()
			mu.Lock()
			defer mu.Unlock()
			switch res.StatusCode {
			case 401:
				tried++
			case 429:
				refused++
				after, err := strconv.Atoi(res.Header.Get("Retry-After"))
				if wait = max(wait, after); err != nil {
					t.Errorf("429 and Retry-After: %q", res.Header.Get("Retry-After"))
				}
			default:
				t.Errorf("a guess: %d", res.StatusCode)
			}
		})
	}
	all.Wait()
	return tried, refused, wait
}

// TestAttackGuessing: many passwords are tried at once, of one account from many addresses, and of many accounts from one, under as many forged
// headers: few are looked at, the rest wait longer and longer, and nobody is shut out.
func TestAttackGuessing(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	admin := s.first(t)
	bob := admin.user("bob", "viewer", "127.32.26.9")
	same := func(text string) func(int) string { return func(int) string { return text } }
	each := func(format string) func(int) string {
		return func(i int) string { return fmt.Sprintf(format, i+1) }
	}
	forged := each("203.0.113.%d")
	var all sync.WaitGroup
	for what, k := range map[string]struct {
		from, name func(int) string
		most       int // those that nobody waits for, and those whose place is less than 8 s away
	}{
		"one account from one address":    {same("127.32.26.1"), same("ada"), 9},
		"one account from many addresses": {each("127.32.27.%d"), same("bob"), 9},
		"many accounts from one address":  {same("127.32.26.2"), each("nobody %d"), 17},
	} {
		all.Go(func() {
			tried, refused, wait := s.guess(t, 40, 4*time.Second, k.from, k.name, forged)
			if tried > k.most || refused == 0 || wait > 31 {
				t.Errorf("%s: %d of 40 passwords were tried at once, %d refused for at most %d s", what, tried, refused, wait)
			}
		})
	}
	all.Wait()
	begin := time.Now()
	if a := bob.send("POST", "/api/v1/session", object{"name": "bob", "password": servePassword}); a.status != 200 || time.Since(begin) > 20*time.Second {
		t.Errorf("whose account is guessed at elsewhere logs on where they are known: %d after %v", a.status, time.Since(begin))
	}
	if a := bob.send("GET", "/board", nil); a.status != 200 {
		t.Errorf("their session: %d", a.status)
	}
}

// TestAttackHashFlood: a hundred log on at once: passwords are hashed two at a time, in bounded memory, and pages are answered meanwhile.
func TestAttackHashFlood(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	admin := s.first(t)
	before := s.memory(t, "VmHWM")
	ended := make(chan [2]int)
	go func() {
		tried, refused, _ := s.guess(t, 100, 30*time.Second, func(i int) string { return fmt.Sprintf("127.32.28.%d", i+1) }, func(i int) string { return fmt.Sprint("name ", i) }, func(int) string { return "" })
		ended <- [2]int{tried, refused}
	}()
	slowest := time.Duration(0)
	for flooding := true; flooding; {
		select {
		case n := <-ended:
			flooding = false
			if n[0] < 10 || n[0]+n[1] != 100 {
				t.Errorf("%d logons were looked at and %d told to come again, of 100", n[0], n[1])
			}
		default:
		}
		begin := time.Now()
		if a := admin.send("GET", "/board", nil); a.status != 200 {
			t.Errorf("the board: %d", a.status)
		}
		slowest = max(slowest, time.Since(begin))
	}
	if grew := s.memory(t, "VmHWM") - before; grew > 500 || slowest > 5*time.Second {
		t.Errorf("in the flood memory grew by %d MiB, and a page took %v", grew, slowest)
	}
}

// TestAttackIdle: streams, and ten thousand connections that ask nothing, half of a head or half of a body, keep nobody out: the server is
// reached all the while, in bounded memory and with descriptors to spare.
func TestAttackIdle(t *testing.T) {
	l, err := net.Listen("tcp4", "127.32.29.1:3389") // which says nothing, so that its job goes on
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := startServer(t, t.TempDir(), nil, "--allow", "127.32.29.1")
	admin := s.first(t)
	job := admin.call(202, "POST", "jobs", object{"targets": []string{"127.32.29.1"}, "checks": []string{"rdp"}}).field("id")
	first, second := admin.user("one", "viewer", "127.32.29.11"), admin.user("two", "viewer", "127.32.29.12")
	var open sync.WaitGroup
	var lasts atomic.Int32
	stream := func(v *visitor) bool {
		res, err := v.http.Get(s.url + "/api/v1/jobs/" + job + "/events")
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 200 {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
				t.Errorf("one stream more: %d", res.StatusCode)
			}
			return false
		}
		open.Go(func() {
			defer res.Body.Close()
			if b, err := io.ReadAll(res.Body); err == nil && bytes.Contains(b, []byte("event: end")) {
				lasts.Add(1)
			}
		})
		return true
	}
	streams := func(v *visitor) (n int) {
		v.http.Timeout = 0
		for range 300 {
			if stream(v) {
				n++
			}
		}
		return n
	}
	if a, b := streams(first), streams(second); a != 256 || a+b > 512 || b == 0 {
		t.Errorf("of 300 streams of one user %d are open, of another's %d", a, b)
	}
	streaming := int32(512)

	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	most := int(min(limit.Cur, 1<<20)) - 1500
	var idle []net.Conn
	defer func() {
		for _, c := range idle {
			c.Close()
		}
	}()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 32, 29, 20)}, Timeout: 5 * time.Second}
	memory := 0
	for i := range 10_000 {
		c, err := d.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		io.WriteString(c, []string{"", "GET / HTTP/1.1\r\nHost: ", "POST /api/v1/session HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.url, "http://") + "\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"}[i%3])
		if idle = append(idle, c); len(idle) > most {
			idle[0].Close()
			idle = idle[1:]
		}
		if i == 5000 {
			memory = s.memory(t, "VmRSS")
		}
		if i%500 != 499 {
			continue
		}
		visitor := s.visitor(t, "127.32.29.30") // whose connection is new
		visitor.http.Timeout = 5 * time.Second
		if a := visitor.send("GET", "/login", nil); a.status != 200 {
			t.Errorf("after %d idle connections a page is %d", i, a.status)
		}
		visitor.http.CloseIdleConnections()
	}
	if grew := s.memory(t, "VmRSS") - memory; grew > 100 {
		t.Errorf("from 5,000 idle connections to 10,000 memory grew by %d MiB", grew)
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil || len(files) > 1024 || len(files) < 512 {
		t.Errorf("the server has %d descriptors open, %v", len(files), err)
	}
	admin.call(202, "DELETE", "jobs/"+job, nil)
	open.Wait()
	if n := lasts.Load(); n != streaming {
		t.Errorf("%d of %d streams went on to their end", n, streaming)
	}
}

// TestAttackImportBombs: what is small where it is sent and large where it is read is refused, in bounded memory, and nothing of it is kept.
func TestAttackImportBombs(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	c := s.first(t).user("otto", "operator", "127.32.30.1")
	packed := func(parts ...any) []byte { // text, or how many bytes of which
		var out bytes.Buffer
		z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				io.WriteString(z, p)
			case []byte:
				z.Write(p)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	begin := `{"kind":"run","schema":"signet/1","run":"bomb","tool":"x","started":"2026-01-01T00:00:00Z","targets":[],"checks":["rdp"],"depth":"anonymous","policy":"baseline/1"}` + "\n"
	deep := strings.Repeat("[", 1<<20)
	tiny := strings.Repeat(`{"kind":"x","run":"bomb"}`+"\n", 50_000)
	long := bytes.Repeat([]byte("a"), 33<<20)
	before := s.memory(t, "VmHWM")
	for name, body := range map[string][]byte{
		"zeros":                    packed(make([]byte, 122<<20)),
		"one long line":            packed(begin, `{"kind":"endpoint","run":"bomb","x":"`, long, `"}`),
		"a run line that is long":  packed(`{"kind":"run","schema":"signet/1","run":"bomb","x":"`, long[:5<<20], `"}`),
		"values in values":         packed(begin, `{"kind":"endpoint","run":"bomb","facts":`, deep),
		"values in a run line":     packed(`{"kind":"run","schema":"signet/1","run":"bomb","targets":`, deep),
		"very many tiny lines":     packed(begin, tiny),
		"very many empty lines":    packed(begin, bytes.Repeat([]byte("\n"), 2<<20)),
		"gzip in gzip":             packed(packed(begin)),
		"a zip":                    packed("PK\x03\x04", long[:1<<20]),
		"a count that overflows":   packed(begin, `{"kind":"summary","run":"bomb","observations":18446744073709551615}`+"\n"),
		"a gzip that is cut short": packed(begin, tiny)[:5000],
	} {
		at := time.Now()
		a := c.send("POST", "/api/v1/runs/import", body, "Content-Encoding: gzip", "Content-Type: application/x-ndjson")
		if a.status != 422 && a.status != 413 || len(a.text) > 4096 {
			t.Errorf("%s, %d bytes: %d %.300s", name, len(body), a.status, a.text)
		}
		if took := time.Since(at); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	if grew := s.memory(t, "VmHWM") - before; grew > 400 {
		t.Errorf("memory grew by %d MiB", grew)
	}
	if runs := c.items("runs"); len(runs) != 0 {
		t.Errorf("of bombs there are runs: %v", runs)
	}
	for _, body := range []string{strings.Repeat("[", 900_000), `{"name":` + strings.Repeat(`{"a":`, 150_000), `{"name":"` + strings.Repeat("a", 900_000) + `","targets":["127.0.0.1"]}`, `{"name":"x","targets":[` + strings.Repeat(`"127.0.0.1",`, 60_000) + `"127.0.0.1"]}`} {
		if a := c.send("POST", "/api/v1/sites", body); a.status != 400 && a.status != 422 && a.status != 413 {
			t.Errorf("a site of %.20s…: %d %.200s", body, a.status, a.text)
		}
	}
}
