package front

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPanic(t *testing.T) {
	at := start(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/half":
			w.Write([]byte("half"))
		case "/head":
			w.WriteHeader(http.StatusNoContent)
		}
		panic("what nobody is told")
	})
	res, body := ask(t, at, "GET", "/", at.addr)
	if res.StatusCode != 500 || strings.Contains(body, "nobody") || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if said := at.trouble.text(); !strings.Contains(said, "what nobody is told") || !strings.Contains(said, "load_test.go") {
		t.Errorf("the log says %q", said)
	}
	for _, path := range []string{"/half", "/head"} {
		got, err := http.Get("http://" + at.addr + path)
		if err == nil {
			_, err = io.ReadAll(got.Body)
			got.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: half an answer was ended as if it were whole", path)
		}
	}
}

func TestPace(t *testing.T) {
	at := start(t, Config{Proxies: []string{"127.0.0.1"}, Limits: Limits{Rate: 0.5, Burst: 3}}, ok)
	from := func(client string) *http.Response {
		res, _ := ask(t, at, "GET", "/", at.addr, "X-Forwarded-For: "+client)
		return res
	}
	for i := range 3 {
		if res := from("198.51.100.1"); res.StatusCode != 200 {
			t.Fatalf("request %d: %d", i, res.StatusCode)
		}
	}
	for range 3 { // those that are refused do not make the wait longer
		if res := from("198.51.100.1"); res.StatusCode != 429 || res.Header.Get("Retry-After") != "2" {
			t.Errorf("one more: %d, Retry-After %q, want 429 and 2", res.StatusCode, res.Header.Get("Retry-After"))
		}
	}
	if res := from("198.51.100.2"); res.StatusCode != 200 {
		t.Errorf("another address: %d", res.StatusCode)
	}
	for range 4 {
		from("2001:db8::1")
	}
	if res := from("2001:db8::2"); res.StatusCode != 429 {
		t.Errorf("another address of one /64: %d", res.StatusCode)
	}
	if res := from("2001:db8:0:1::2"); res.StatusCode != 200 {
		t.Errorf("another /64: %d", res.StatusCode)
	}
}

// TestPaceForgets: what is remembered does not grow with the addresses that ask.
func TestPaceForgets(t *testing.T) {
	now := time.Now()
	p := &pace{rate: 1, burst: 1, now: func() time.Time { return now }}
	for i := range 3 * mostPaced {
		p.take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		if n := len(p.new) + len(p.old); n > mostPaced {
			t.Fatalf("%d addresses are remembered after %d", n, i)
		}
	}
}

// TestConnections: when all connections are taken, those that wait for their client make room, and those whose request is under way do not.
func TestConnections(t *testing.T) {
	under, release := make(chan struct{}), make(chan struct{})
	at := start(t, Config{Limits: Limits{Connections: 4, Idle: time.Minute}}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			io.ReadAll(r.Body)
		}
		if r.URL.Path == "/held" {
			under <- struct{}{}
			<-release
		}
		fmt.Fprint(w, "ok")
	})
	send := func(text string) net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", at.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprint(c, strings.ReplaceAll(text, "HOST", at.addr))
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		return c
	}
	first := func(text string) <-chan string { // line of the answer; "": it was closed
		line := make(chan string, 1)
		c := send(text)
		go func() {
			l, _ := bufio.NewReader(c).ReadString('\n')
			line <- l
		}()
		return line
	}
	const whole = "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"
	answered := func() bool { // soon: until its body is awaited, a request is under way
		for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
			if strings.Contains(<-first(whole), "200") {
				return true
			}
		}
		return false
	}
	send(whole)
	for name, text := range map[string]string{"nothing": "", "half a head": "GET / HTTP/1.1\r\nHost: ", "an answered request": whole, "half a body": "POST /body HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9\r\n\r\nhalf"} {
		for range 8 {
			send(text)
		}
		if !answered() {
			t.Errorf("connections that sent %s keep others out", name)
		}
	}
	var held []<-chan string
	for begin := time.Now(); len(held) < 4; {
		line := first(strings.Replace(whole, "/", "/held", 1))
		select {
		case <-under:
			held = append(held, line)
		case <-line:
			if time.Since(begin) > 20*time.Second {
				t.Fatal("connections that wait keep others out")
			}
		}
	}
	if strings.Contains(<-first(whole), "200") {
		t.Error("one more than may be under way was answered")
	}
	close(release)
	for _, line := range held {
		if !strings.Contains(<-line, "200") {
			t.Error("a request under way was cut off to make room")
		}
	}
}

// TestConnectionsOfOne: one address cannot take all connections, a proxy and loopback may; room is made by whoever has most.
func TestConnectionsOfOne(t *testing.T) {
	b := &bounded{all: 9, each: 2, free: func(a netip.Addr) bool { return a.IsLoopback() }}
	enter := func(addr string) *counted {
		c, _ := net.Pipe()
		return b.enter(c, group(netip.MustParseAddr(addr)))
	}
	for _, c := range []struct {
		addr string
		want bool
	}{
		{"192.0.2.1", true}, {"192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true},
		{"2001:db8::1", true}, {"2001:db8::2", true}, {"2001:db8::3", false}, {"127.0.0.1", true}, {"127.0.0.1", true}, {"127.0.0.1", true},
	} {
		if got := enter(c.addr) != nil; got != c.want {
			t.Errorf("%s: %v, want %v", c.addr, got, c.want)
		}
	}
	last := enter("192.0.2.3") // all are taken
	flood := netip.MustParseAddr("127.0.0.1")
	if last == nil || b.open != 8+1 || len(b.of[flood]) != 3 {
		t.Fatalf("%d connections, %d of 127.0.0.1", b.open, len(b.of[flood]))
	}
	for range 100 {
		enter("127.0.0.1")
	}
	if b.open != 9 || len(b.of[netip.MustParseAddr("192.0.2.1")]) != 2 || !b.of[last.from][last] {
		t.Error("whoever has most takes the connections of others")
	}
}

// TestSlow: who sends a request drop by drop is cut off, and so is one that sends a head without end.
func TestSlow(t *testing.T) {
	reads := func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		fmt.Fprintln(w, "body read:", err == nil)
	}
	heads := start(t, Config{Limits: Limits{Header: 200 * time.Millisecond, Read: time.Minute}}, reads)
	at := start(t, Config{Limits: Limits{Read: 400 * time.Millisecond}}, reads)
	for name, text := range map[string]string{
		"nothing": "", "half a head": "GET / HTTP/1.1\r\nHost: ", "half a body": "POST / HTTP/1.1\r\nHost: " + at.addr + "\r\nContent-Length: 10\r\n\r\nhalf",
	} {
		at := at
		if name != "half a body" {
			at = heads
		}
		c, err := net.Dial("tcp", at.addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, text)
		begin := time.Now()
		c.SetReadDeadline(begin.Add(5 * time.Second))
		b, err := io.ReadAll(c)
		if err != nil || strings.Contains(string(b), "body read: true") {
			t.Errorf("%s: after %v %v %s, want it cut off", name, time.Since(begin), err, b)
		}
		c.Close()
	}
	res, err := http.DefaultClient.Do(&http.Request{Method: "GET", URL: mustURL(t, "http://"+at.addr), Header: http.Header{"X-Long": {strings.Repeat("a", 64<<10)}}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long head: %d", res.StatusCode)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestDrain: requests under way come to their end, streams are told, and nothing new is begun.
func TestDrain(t *testing.T) {
	under := make(chan struct{}, 2)
	release := make(chan struct{})
	at := start(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		under <- struct{}{}
		if r.URL.Path == "/stream" {
			<-Of(r.Context()).Draining
			fmt.Fprint(w, "told")
			return
		}
		<-release
		fmt.Fprint(w, "whole")
	})
	answers := make(chan string, 2)
	for _, path := range []string{"/", "/stream"} {
		go func() {
			res, err := http.Get("http://" + at.addr + path)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			answers <- string(b)
		}()
	}
	<-under
	<-under
	ended := make(chan error, 1)
	go func() { ended <- at.stop() }()
	if got := <-answers; got != "told" {
		t.Errorf("the stream: %s", got)
	}
	if _, err := net.DialTimeout("tcp", at.addr, time.Second); err == nil {
		t.Error("the port is still open while the server drains")
	}
	select {
	case err := <-ended:
		t.Errorf("ended with a request under way: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if got := <-answers; got != "whole" {
		t.Errorf("the request under way: %s", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestDrainCuts: what does not come to its end in time is cut.
func TestDrainCuts(t *testing.T) {
	under := make(chan struct{})
	at := start(t, Config{Limits: Limits{Drain: 50 * time.Millisecond}}, func(w http.ResponseWriter, r *http.Request) {
		close(under)
		<-r.Context().Done()
	})
	go func() {
		if res, err := http.Get("http://" + at.addr); err == nil {
			res.Body.Close()
		}
	}()
	<-under
	begin := time.Now()
	if err := at.stop(); err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
