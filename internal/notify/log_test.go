package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lines are two of a log.
func lines() []Line {
	at := time.Date(2026, 11, 29, 12, 0, 0, 7_000_000, time.UTC)
	return []Line{{At: at, Kind: "logon", Text: []byte(`{"seq":1}`)}, {At: at.Add(time.Second), Kind: "session create", Failed: true, Text: []byte(`{"seq":2,"a":"ü"}`)}}
}

// framed reads records of RFC 6587's octet counting.
func framed(r io.Reader) (records []string, err error) {
	b := bufio.NewReader(r)
	for {
		var n int
		if _, err := fmt.Fscanf(b, "%d", &n); err == io.EOF {
			return records, nil
		} else if err != nil {
			return records, err
		}
		record := make([]byte, n+1)
		if _, err := io.ReadFull(b, record); err != nil {
			return records, err
		}
		records = append(records, string(record[1:]))
	}
}

func TestForward(t *testing.T) {
	certFile, keyFile, roots := certificate(t, 2048, x509.SHA256WithRSA)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	s := &Sender{Roots: roots, Host: "hub"}
	// near is not set: what a flag names may be this machine.
	for _, scheme := range []string{"syslog", "syslogs"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if scheme == "syslogs" {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})
		}
		to, err := ParseReceiver(scheme + "://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan []string, 1)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			records, err := framed(c)
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
			}
			got <- records
		}()
		if err := s.Forward(t.Context(), to, lines()); err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		want := []string{`<109>1 2026-11-29T12:00:00.007Z hub signet - logon - {"seq":1}`, `<108>1 2026-11-29T12:00:01.007Z hub signet - sessioncreate - {"seq":2,"a":"\u00fc"}`}
		if records := <-got; strings.Join(records, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %q, want %q", scheme, records, want)
		}
		l.Close()
		if err := s.Forward(t.Context(), to, lines()); err == nil {
			t.Errorf("%s: nobody is there, and it was taken", scheme)
		}
	}
}

// What a receiver did not read to its end was not taken, though the kernel took every byte of it.
func TestForwardIsDoneWhenItWasRead(t *testing.T) {
	for name, then := range map[string]func(net.Conn){
		"it goes away":      func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() },
		"it stands still":   func(c net.Conn) { time.Sleep(3 * time.Second); c.Close() },
		"it never says bye": func(c net.Conn) { io.Copy(io.Discard, c); time.Sleep(3 * time.Second); c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					time.Sleep(50 * time.Millisecond) // the bytes are in the kernel by then
					then(c)
				}
			}()
			to, err := ParseReceiver("syslog://" + l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := (&Sender{}).Forward(ctx, to, lines()); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

func TestForwardToTheSocketOfThisMachine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, err := ParseReceiver("unix://" + path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&Sender{}).Forward(t.Context(), to, lines()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`: {"seq":1}`, `: {"seq":2,"a":"\u00fc"}`} {
		b := make([]byte, 9000)
		l.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := l.Read(b)
		if got := string(b[:n]); err != nil || !strings.HasPrefix(got, "<10") || !strings.HasSuffix(got, " signet"+want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestParseReceiver(t *testing.T) {
	for _, text := range []string{"", "udp://x.example", "syslog://", "syslog://a:hush@x.example", "syslog://x.example/a", "unix://x.example/dev/log", "unix:", "https://x.example", "syslog://x.example?a=hush"} {
		if r, err := ParseReceiver(text); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v %v", text, r, err)
		}
	}
	for text, want := range map[string]Receiver{"syslog://x.example": {network: "tcp", at: "x.example:514"}, "syslogs://[::1]": {network: "tcp", at: "[::1]:6514", tls: true}, "unix:///dev/log": {network: "unixgram", at: "/dev/log"}} {
		want.text = text
		if r, err := ParseReceiver(text); err != nil || *r != want || r.String() != text {
			t.Errorf("%q: %+v %v", text, r, err)
		}
	}
	long := Line{Text: []byte(`{"a":"` + strings.Repeat("é", 1500) + `"}`)}
	if long.Fits() || !(&Line{Text: []byte("{}")}).Fits() {
		t.Error("what is too long fits, or what is short does not")
	}
}
