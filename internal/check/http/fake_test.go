package http

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// fake is a web server in memory: it answers a request line, or a path with a scheme, by what it was given.
type fake struct {
	proof   string                  // the answer to every NTLM message, "": by answers
	secured map[string]string       // answers inside TLS, where they differ
	dynamic func(key string) string // answers instead of answers
	answers map[string]string       // "GET /" or "GET /certsrv/ NTLM" to a whole response; "*" for all others
	tls     string                  // "": none, "only", "alert", "page", "closes", "closes-new", "mute", "refuses", "yes" beside plain HTTP
	refusal error                   // of the handshake, where tls is "refuses"
	leaf    *signet.TLS             // what a handshake shows
	sni     []string                // names of handshakes, in order
	plain   string                  // "": answers, "mute", "closes", "half", "ssh"
	version string                  // of TLS, in facts

	log         []string // request keys, in order
	connections int
	resets      map[string]int // how often a key gets no answer before it gets one
	lost        map[string]int // how often a key is answered as if it carried no token, as behind a balancer
}

const (
	page200    = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	page404    = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
	windows401 = "HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	nego401    = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"
	basic401   = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"NTLM, Negotiate\"\r\nContent-Length: 0\r\n\r\n"
	reject401  = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate oQcwBaADCgEC\r\nContent-Length: 0\r\n\r\n"
	// A CHALLENGE of [MS-NLMP] §2.2.1.2 with the one name HTTPTGT and version 10.0.19041, made by hand.
	type2 = "TlRMTVNTUAACAAAADgAOADgAAAAFAgACASNFZ4mrze8AAAAAAAAAAAQABABGAAAACgBhSgAAAA9IAFQAVABQAFQARwBUAAAAAAA="
)

func challenge(scheme string) string {
	return "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " + scheme + " " + type2 + "\r\nContent-Length: 0\r\n\r\n"
}

// run interviews the fake at a port and returns what came of it.
func (f *fake) run(t *testing.T, port uint16, change func(*check.Options)) check.Result {
	t.Helper()
	o := checktest.Options()
	if change != nil {
		change(o)
	}
	iv := Check().Begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1"), Name: "web.example"}, Port: port}, Options: o})
	var end check.End
	for range 500 {
		a, ok := iv.Next(end)
		if !ok {
			return iv.Result()
		}
		f.connections++
		end = f.hold(t, a)
	}
	t.Fatal("the interview does not end")
	return check.Result{}
}

// timeout is the error of a handshake that ran out of time.
type timeout struct{}

func (timeout) Error() string { return "i/o timeout" }
func (timeout) Timeout() bool { return true }

func (f *fake) hold(t *testing.T, a check.Attempt) check.End {
	t.Helper()
	p := checktest.Peer{TLS: f.handshake}
	p.Answer = func(sent []byte) ([]byte, check.Cause) {
		key := requestKey(string(sent))
		f.log = append(f.log, key)
		answer := f.answer(key, a.TLS != nil)
		switch answer {
		case "":
			return nil, check.Stalled
		case "close":
			return nil, check.Closed
		case "half":
			return []byte("HTTP/1.1 "), check.Closed
		}
		if answer, stalls := strings.CutSuffix(answer, "|stalls"); stalls {
			return []byte(answer), check.Stalled
		}
		return []byte(answer), check.Closed
	}
	return p.Hold(t, a)
}

// handshake is what TLS comes to.
func (f *fake) handshake(want *check.TLS) (st check.TLSState, err error) {
	switch {
	case f.tls == "closes", f.tls == "closes-new" && want.MaxVersion == 0:
		return st, check.ErrTLSClosed
	case f.tls == "mute":
		return st, timeout{}
	case f.tls == "refuses":
		return st, f.refusal
	case f.tls == "" || f.tls == "alert":
		return st, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
	}
	f.sni = append(f.sni, want.ServerName)
	st.Facts = signet.TLS{Version: f.version, Names: []string{}}
	if f.leaf != nil {
		st.Facts = *f.leaf
	}
	return st, nil
}

func (f *fake) answer(key string, secure bool) string {
	if !secure {
		switch {
		case f.tls == "only" || f.tls == "alert" || f.tls == "closes-new":
			return "\x15\x03\x01\x00\x02\x02\x46"
		case f.tls == "page":
			return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 46\r\n\r\nThe plain HTTP request was sent to HTTPS port."
		case f.plain == "mute":
			return ""
		case f.plain == "closes":
			return "close"
		case f.plain == "half":
			return "half"
		case f.plain == "ssh":
			return "SSH-2.0-OpenSSH_9.2\r\n"
		}
	}
	if f.dynamic != nil {
		return f.dynamic(key)
	}
	if f.proof != "" && strings.Contains(key, " as ") {
		return f.proof
	}
	if f.resets[key] > 0 {
		f.resets[key]--
		return "close"
	}
	if secure && f.secured != nil {
		return f.secured["*"]
	}
	answer, ok := f.answers[key]
	if f.lost[key] > 0 {
		f.lost[key]--
		ok = false
	}
	if !ok {
		if bare, _, proof := strings.Cut(strings.Replace(key, " through", "", 1), " as "); proof {
			if answer, ok = f.answers[bare]; ok {
				return answer
			}
		}
		answer = f.answers["*"]
	}
	return answer
}

// requestKey is "GET /path", with "at HOST" and "with COOKIES" where they are not the usual ones, or "GET /path as NTLM|Negotiate|SPNEGO", with "through as" where the logon is a proxy's.
func requestKey(request string) string {
	head, _, _ := strings.Cut(request, "\r\n")
	key := strings.TrimSuffix(head, " HTTP/1.1")
	for _, more := range []struct{ field, mark, usual string }{{"\r\nHost: ", " at ", "web.example"}, {"\r\nCookie: ", " with ", ""}} {
		if _, rest, ok := strings.Cut(request, more.field); ok {
			value, _, _ := strings.Cut(rest, "\r\n")
			if host, _, _ := strings.Cut(value, ":"); host != more.usual && host != "signet.invalid" {
				key += more.mark + value
			}
		}
	}
	for name, to := range map[string]string{"\r\nAuthorization: ": " as ", "\r\nProxy-Authorization: ": " through as "} {
		if _, rest, ok := strings.Cut(request, name); ok {
			value, _, _ := strings.Cut(rest, "\r\n")
			scheme, token, _ := strings.Cut(value, " ")
			if strings.HasPrefix(token, "YE") {
				scheme = "SPNEGO"
			} else if strings.HasPrefix(token, "o") {
				scheme = "RESP"
			}
			key += to + scheme
		}
	}
	return key
}

func pathFacts(t *testing.T, r check.Result, path string) Path {
	t.Helper()
	f, ok := r.Facts.(*Facts)
	if !ok {
		t.Fatalf("no facts: %v, %v", r.Outcome, r.Err)
	}
	for _, p := range f.Paths {
		if p.Path == path {
			return p
		}
	}
	t.Fatalf("%s was not asked: %s", path, r.Facts.AppendJSON(nil))
	return Path{}
}

func verdict(t *testing.T, r check.Result) signet.Verdict {
	t.Helper()
	if r.Outcome != signet.Answered {
		return signet.Undetermined
	}
	j := judge(r.Facts.(*Facts))
	if len(j.Because) == 0 {
		t.Error("a verdict without a reason")
	}
	return j.Verdict
}

func (f *fake) String() string { return fmt.Sprintf("%d connections, %q", f.connections, f.log) }
