package http1

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestAppendRequest(t *testing.T) {
	tests := []struct {
		name string
		r    Request
		want string
	}{
		{"get", Request{Method: "GET", Target: "/certsrv/", Host: "ca1.corp.example"},
			"GET /certsrv/ HTTP/1.1\r\nHost: ca1.corp.example\r\nUser-Agent: " + UserAgent + "\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"},
		{"post has an empty body", Request{Method: "POST", Target: "/wsman", Host: "[2001:db8::5]:5985", Authorization: "NTLM TlRM"},
			"POST /wsman HTTP/1.1\r\nHost: [2001:db8::5]:5985\r\nUser-Agent: " + UserAgent + "\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 0\r\nAuthorization: NTLM TlRM\r\n\r\n"},
		{"proxy", Request{Method: "GET", Target: "http://signet.invalid/", Host: "signet.invalid", ProxyAuthorization: "Negotiate YII="},
			"GET http://signet.invalid/ HTTP/1.1\r\nHost: signet.invalid\r\nUser-Agent: " + UserAgent + "\r\nAccept: */*\r\nConnection: keep-alive\r\nProxy-Authorization: Negotiate YII=\r\n\r\n"},
		{"cookies", Request{Method: "GET", Target: "/a", Host: "h", Cookie: "a=b; c=d", Authorization: "NTLM TlRM"},
			"GET /a HTTP/1.1\r\nHost: h\r\nUser-Agent: " + UserAgent + "\r\nAccept: */*\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\nAuthorization: NTLM TlRM\r\n\r\n"},
		{"options", Request{Method: "OPTIONS", Target: "*", Host: "h"},
			"OPTIONS * HTTP/1.1\r\nHost: h\r\nUser-Agent: " + UserAgent + "\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := AppendRequest([]byte("before"), test.r)
			if err != nil || string(got) != "before"+test.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestAppendRequestRefuses(t *testing.T) {
	good := Request{Method: "GET", Target: "/", Host: "h"}
	for name, break1 := range map[string]func(*Request){
		"no method":           func(r *Request) { r.Method = "" },
		"space in method":     func(r *Request) { r.Method = "GET /x" },
		"no target":           func(r *Request) { r.Target = "" },
		"space in target":     func(r *Request) { r.Target = "/a b" },
		"line end in target":  func(r *Request) { r.Target = "/\r\nX: y" },
		"8-bit target":        func(r *Request) { r.Target = "/\xe9" },
		"no host":             func(r *Request) { r.Host = "" },
		"line end in host":    func(r *Request) { r.Host = "h\r\nX: y" },
		"line end in token":   func(r *Request) { r.Authorization = "NTLM x\r\nX: y" },
		"nul in proxy token":  func(r *Request) { r.ProxyAuthorization = "NTLM \x00" },
		"line end in cookie":  func(r *Request) { r.Cookie = "a=b\r\nX: y" },
		"space after a token": func(r *Request) { r.Authorization = "NTLM " },
	} {
		r := good
		break1(&r)
		if got, err := AppendRequest(nil, r); got != nil || !errors.Is(err, ErrRequest) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	_, err := AppendRequest(nil, Request{Method: "GET", Target: "/", Host: "h", Authorization: "NTLM secret\x00"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error must not carry the token: %v", err)
	}
}

// FuzzAppendRequest: a request that is written is one head of four to seven lines, whatever went into it.
func FuzzAppendRequest(f *testing.F) {
	f.Add("GET", "/certsrv/", "ca", "NTLM TlRM", "", "a=b")
	f.Add("POST", "/\r\n\r\nGET /", "h\n", "a\rb", "x", "\n")
	f.Fuzz(func(t *testing.T, method, target, host, auth, proxy, cookie string) {
		got, err := AppendRequest(nil, Request{method, target, host, auth, proxy, cookie})
		if err != nil {
			if got != nil {
				t.Fatal("bytes along with an error")
			}
			return
		}
		lines := bytes.Split(got, []byte("\r\n"))
		want := 7 // request line, four fields, the empty line, nothing after it
		for _, more := range []bool{method == "POST", auth != "", proxy != "", cookie != ""} {
			if more {
				want++
			}
		}
		if len(lines) != want || bytes.ContainsAny(bytes.ReplaceAll(got, []byte("\r\n"), nil), "\r\n\x00") {
			t.Fatalf("%q", got)
		}
	})
}
