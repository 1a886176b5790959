package http1

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// read feeds in whole, or one byte at a time, and returns what the reader made of it.
func read(method, in string, limits Limits, dribble bool) (r *Reader, used int, err error) {
	r = NewReader(method, limits)
	size := len(in)
	if dribble {
		size = 1
	}
	for used < len(in) && !r.Done() {
		n, err := r.Feed([]byte(in[used:min(used+size, len(in))]))
		used += n
		if err != nil {
			return r, used, err
		}
	}
	return r, used, nil
}

func TestReader(t *testing.T) {
	tests := []struct {
		name   string
		method string
		in     string
		limits Limits
		want   Response
		done   bool // without the peer closing
		rest   string
		eof    bool // Complete after the peer closed; only where done is false
	}{
		{name: "length", in: "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 3\r\n\r\nabcHTTP", done: true, rest: "HTTP",
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "Unauthorized", Framing: FramingLength, Length: 3, Body: []byte("abc"), Complete: true, KeepAlive: true,
				Header: Header{{"WWW-Authenticate", "NTLM"}, {"Content-Length", "3"}}}},
		{name: "bare LF, space before the colon, no reason, lines that are no fields", in: "HTTP/1.1 200\nA : b \nno field here\n: nameless\nContent-Length:0\n\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 200, Framing: FramingLength, Complete: true, KeepAlive: true, Header: Header{{"A", "b"}, {"Content-Length", "0"}}}},
		{name: "folded field", in: "HTTP/1.1 204 x\r\n first fold of nothing\r\nWWW-Authenticate: Negotiate,\r\n\t NTLM,\r\n Basic\r\n \r\nB:\x00c\rd\r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 204, Reason: "x", Framing: FramingNone, Length: -1, Complete: true, KeepAlive: true,
				Header: Header{{"WWW-Authenticate", "Negotiate, NTLM, Basic"}, {"B", "c d"}}}},
		{name: "interim responses", in: "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 304, Reason: "Not Modified", Framing: FramingNone, Length: -1, Complete: true, KeepAlive: true, Header: Header{{"Content-Length", "9"}}}},
		{name: "switching protocols is final", in: "HTTP/1.1 101 Switching Protocols\r\n\r\nxyz", done: true, rest: "xyz",
			want: Response{Major: 1, Minor: 1, Status: 101, Reason: "Switching Protocols", Framing: FramingNone, Length: -1, Complete: true}},
		{name: "answer to HEAD", method: "HEAD", in: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingNone, Length: -1, Complete: true, KeepAlive: true, Header: Header{{"Content-Length", "5"}}}},
		{name: "chunks with extension and trailer", in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0A \r\n0123456789\r\n0\r\nT: u\r\n\r\nrest", done: true, rest: "rest",
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingChunked, Length: -1, Body: []byte("abc0123456789"), Complete: true, KeepAlive: true,
				Header: Header{{"Transfer-Encoding", "gzip, Chunked"}}}},
		{name: "until the end", in: "HTTP/1.0 401 Unauthorized\r\nServer: IP_SHARER WEB 1.0\r\n\r\nbody", eof: true,
			want: Response{Major: 1, Status: 401, Reason: "Unauthorized", Framing: FramingEOF, Length: -1, Body: []byte("body"), Header: Header{{"Server", "IP_SHARER WEB 1.0"}}}},
		{name: "unknown coding is read to the end", in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nx", eof: true,
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingEOF, Length: -1, Body: []byte("x"), Header: Header{{"Transfer-Encoding", "chunked, gzip"}}}},
		{name: "cut inside its length", in: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingLength, Length: 9, Body: []byte("half"), Header: Header{{"Content-Length", "9"}}}},
		{name: "HTTP/1.0 closes", in: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", done: true,
			want: Response{Major: 1, Status: 200, Reason: "OK", Framing: FramingLength, Complete: true, Header: Header{{"Content-Length", "0"}}}},
		{name: "HTTP/1.0 kept", in: "HTTP/1.0 407 P\r\nContent-Length: 0\r\nProxy-Connection: Keep-Alive\r\n\r\n", done: true,
			want: Response{Major: 1, Status: 407, Reason: "P", Framing: FramingLength, Complete: true, KeepAlive: true, Header: Header{{"Content-Length", "0"}, {"Proxy-Connection", "Keep-Alive"}}}},
		{name: "close among other words", in: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: foo , CLOSE\r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingLength, Complete: true, Header: Header{{"Content-Length", "0"}, {"Connection", "foo , CLOSE"}}}},
		{name: "the same length twice", in: "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab", done: true,
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingLength, Length: 2, Body: []byte("ab"), Complete: true, KeepAlive: true,
				Header: Header{{"Content-Length", "2, 2"}, {"Content-Length", "2"}}}},
		{name: "two lengths", in: "HTTP/1.1 401 U\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab", done: true, rest: "ab",
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Length: -1, Flaw: "contradictory or malformed Content-Length",
				Header: Header{{"Content-Length", "2"}, {"Content-Length", "3"}}}},
		{name: "negative length", in: "HTTP/1.1 401 U\r\nContent-Length: -1\r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Length: -1, Flaw: "contradictory or malformed Content-Length", Header: Header{{"Content-Length", "-1"}}}},
		{name: "length and chunks", in: "HTTP/1.1 401 U\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Framing: FramingChunked, Length: -1, Complete: true, Flaw: "both Transfer-Encoding and Content-Length",
				Header: Header{{"Content-Length", "2"}, {"Transfer-Encoding", "chunked"}}}},
		{name: "four gigabytes cost nothing", in: "HTTP/1.1 401 U\r\nContent-Length: 4294967296\r\n\r\nabc", done: true, rest: "abc",
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Framing: FramingLength, Length: 1 << 32, Header: Header{{"Content-Length", "4294967296"}}}},
		{name: "a chunk of exabytes", in: "HTTP/1.1 401 U\r\nTransfer-Encoding: chunked\r\n\r\n03ffffffffffffff\r\nabc", done: true, rest: "abc",
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Framing: FramingChunked, Length: -1, Header: Header{{"Transfer-Encoding", "chunked"}}}},
		{name: "a chunk out of range", in: "HTTP/1.1 401 U\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc", done: true, rest: "abc",
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Framing: FramingChunked, Length: -1, Flaw: "http1: malformed response: chunk size out of range", Header: Header{{"Transfer-Encoding", "chunked"}}}},
		{name: "no chunk size", in: "HTTP/1.1 401 U\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Framing: FramingChunked, Length: -1, Flaw: `http1: malformed response: chunk size "xyz"`, Header: Header{{"Transfer-Encoding", "chunked"}}}},
		{name: "chunk longer than it says", in: "HTTP/1.1 401 U\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 401, Reason: "U", Framing: FramingChunked, Length: -1, Body: []byte("a"), Flaw: "http1: malformed response: chunk longer than its size", Header: Header{{"Transfer-Encoding", "chunked"}}}},
		{name: "endless body stops at the budget", limits: Limits{Head: 1000, Body: 10, Keep: 4}, in: "HTTP/1.1 200 OK\r\n\r\n0123456789abc", done: true, rest: "abc",
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingEOF, Length: -1, Body: []byte("0123")}},
		{name: "chunk sizes count towards the budget", limits: Limits{Head: 1000, Body: 10, Keep: 4}, in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\n", done: true, rest: "1\r\n",
			want: Response{Major: 1, Minor: 1, Status: 200, Reason: "OK", Framing: FramingChunked, Length: -1, Body: []byte("ab"), Header: Header{{"Transfer-Encoding", "chunked"}}}},
		{name: "empty lines first", in: "\r\n\nHTTP/1.1 204 \r\n\r\n", done: true,
			want: Response{Major: 1, Minor: 1, Status: 204, Framing: FramingNone, Length: -1, Complete: true, KeepAlive: true}},
	}
	for _, test := range tests {
		if test.method == "" {
			test.method = "GET"
		}
		for _, dribble := range []bool{false, true} {
			name := test.name
			if dribble {
				name += ", one byte at a time"
			}
			t.Run(name, func(t *testing.T) {
				r, used, err := read(test.method, test.in, test.limits, dribble)
				if err != nil {
					t.Fatal(err)
				}
				if r.Done() != test.done {
					t.Fatalf("done %v", r.Done())
				}
				if !dribble || test.want.Flaw == "" {
					if got := test.in[used:]; got != test.rest {
						t.Errorf("left over %q, want %q", got, test.rest)
					}
				}
				if err := r.Close(true); err != nil {
					t.Fatal(err)
				}
				want := test.want
				want.Complete = want.Complete || test.eof
				if got := *r.Response(); !reflect.DeepEqual(got, want) {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	tests := []struct {
		name, in string
		want     error
		text     string
	}{
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x46", ErrNotHTTP, "TLS"},
		{"TLS handshake", "\x16\x03\x03\x00\x7a\x02", ErrNotHTTP, "TLS"},
		{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", ErrNotHTTP, "SSH"},
		{"HTTP/2 settings", "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00", ErrNotHTTP, "HTTP/2"},
		{"garbage without a line end", "\x00\x01\x02\x03", ErrNotHTTP, "00010203"},
		{"a page without a head", "<html><body>400", ErrNotHTTP, "page"},
		{"version", "HTTP/11 200 OK\r\n", ErrMalformed, "version"},
		{"status of letters", "HTTP/1.1 abc OK\r\n", ErrMalformed, "status"},
		{"status of two digits", "HTTP/1.1 20 OK\r\n", ErrMalformed, "status"},
		{"status 0xx", "HTTP/1.1 099 OK\r\n", ErrMalformed, "status"},
		{"endless status line", "HTTP/1.1 200 " + strings.Repeat("x", 100<<10), ErrTooLarge, "98304"},
		{"endless field", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 100<<10), ErrTooLarge, "98304"},
		{"endless fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 300), ErrTooLarge, "256"},
		{"endless folds", "HTTP/1.1 200 OK\r\nA: b\r\n" + strings.Repeat(" c\r\n", 300), ErrTooLarge, "256"},
		{"endless interim responses", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20), ErrMalformed, "interim"},
		{"endless empty lines", strings.Repeat("\r\n", 50<<10), ErrTooLarge, "98304"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, _, err := read("GET", test.in, Limits{}, false)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("error %v, want %v with %q", err, test.want, test.text)
			}
			if r.Done() || r.HeadDone() || r.Response() != nil {
				t.Error("a failed reader has something to show")
			}
			if n, again := r.Feed([]byte("HTTP/1.1 200 OK\r\n\r\n")); n != 0 || again != err {
				t.Errorf("an error is not final: %d, %v", n, again)
			}
			if r.Close(true) != err {
				t.Error("Close forgot the error")
			}
		})
	}
}

func TestReaderCut(t *testing.T) {
	for _, in := range []string{"", "HTT", "HTTP/1.1 401 Unauthorized\r\n", "HTTP/1.1 401 U\r\nA: b\r\n", "HTTP/1.1 100 Continue\r\n\r\n"} {
		r, _, err := read("GET", in, Limits{}, false)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if err := r.Close(true); !errors.Is(err, ErrShort) || r.Response() != nil {
			t.Errorf("%q: closed with %v", in, err)
		}
	}
	r, _, _ := read("GET", "HTTP/1.1 401 U\r\n\r\nab", Limits{}, false)
	if err := r.Close(false); err != nil || r.Response().Complete {
		t.Errorf("a time-out inside an endless body: %v, %+v", err, r.Response())
	}
}

// FuzzReader: however the bytes are cut, the same response comes out, within the limits; an error leaves nothing.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n",
		"HTTP/1.0 200 OK\n\nbody", "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204\r\n\r\n", "\x15\x03\x01\x00\x02\x02\x46",
		"HTTP/1.1 401 U\r\nA: b\r\n c\r\nContent-Length: 99999999999\r\n\r\n",
	} {
		f.Add("GET", []byte(s), 5)
	}
	// Found by fuzzing: what was taken for the line's start had a gap in it.
	f.Add("GET", []byte(strings.Repeat("\r", 14)+"HT0"), 7)
	f.Fuzz(func(t *testing.T, method string, in []byte, cut int) {
		limits := Limits{Head: 400, Body: 200, Keep: 50}
		whole := NewReader(method, limits)
		_, err1 := whole.Feed(in)
		parts := NewReader(method, limits)
		var err2 error
		size := cut&15 + 1
		for at := 0; at < len(in) && err2 == nil && !parts.Done(); at += size {
			_, err2 = parts.Feed(in[at:min(at+size, len(in))])
		}
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("whole %v, in parts of %d %v", err1, size, err2)
		}
		_ = whole.Close(true)
		_ = parts.Close(true)
		if !reflect.DeepEqual(whole.Response(), parts.Response()) {
			t.Fatalf("whole %+v\nparts %+v", whole.Response(), parts.Response())
		}
		if r := whole.Response(); r != nil && (err1 != nil || len(r.Body) > limits.Keep || len(r.Header) > maxFields) {
			t.Fatalf("%v %+v", err1, r)
		}
	})
}
