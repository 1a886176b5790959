package http

import (
	"fmt"
	"testing"

	"signet"
	"signet/internal/check"
)

// TestOverheardPaths: an answer is put down to the path that was asked for, or to none that is not certain.
func TestOverheardPaths(t *testing.T) {
	const no = "HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	for name, c := range map[string]struct{ asked, answered, want string }{
		"one":                {"GET /a HTTP/1.1\r\n\r\n", no, "/a"},
		"behind a body":      {"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b?secret HTTP/1.1\r\n\r\n", ok + no, "/b"},
		"behind chunks":      {"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1d;x=y\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n123\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n", ok + no, "/b"},
		"behind trailers":    {"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\nGET /b HTTP/1.1\r\n\r\n", ok + no, "/b"},
		"a cut body":         {"POST /a HTTP/1.1\r\nContent-Length: 30\r\n\r\nGET /b HTTP/1.1\r\n\r\n", ok + no, ""},
		"a length that lies": {"POST /a HTTP/1.1\r\nContent-Length: -3\r\n\r\nGET /b HTTP/1.1\r\n\r\n", ok + no, ""},
	} {
		o := passive(&table{}).Observe(signet.Endpoint{Port: 80})
		o.Hear(&check.Overheard{FromClient: []byte(c.asked), FromServer: []byte(c.answered), ClientWhole: true, ServerWhole: true})
		f, _ := o.Result().Facts.(*Facts)
		if f == nil || len(f.Paths) != 1 || f.Paths[0].Path != c.want {
			t.Errorf("%s: %+v, want path %q", name, f, c.want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]check.Side{
		"GET / HTTP/1.1\r\n":              check.ClientSide,
		"OPTIONS * HTTP/1.1\r\n":          check.ClientSide,
		"GET http://a/ HTTP/1.1\r\n":      check.ClientSide,
		"CONNECT a:443 HTTP/1.1\r\n":      check.ClientSide,
		"RPC_OUT_DATA /rpc/rpcproxy.dll?": check.ClientSide,
		"PROPPATCH /dav/ HTTP/1.1\r\n":    check.ClientSide,
		"HTTP/1.1 200 OK\r\n":             check.ServerSide,
		"HTTP/1.1":                        check.NeitherSide,
		"GET":                             check.NeitherSide,
		"GET a b c d e f g":               check.NeitherSide,
		"ET / HTTP/1.1\r\n":               check.NeitherSide,
		"GET POST / HTTP/1.1":             check.NeitherSide,
		"INVITE sip:a@b SIP/2.0\r\n":      check.NeitherSide,
		"SSH-2.0-OpenSSH_9.2":             check.NeitherSide,
	} {
		if got := recognise([]byte(in), 80); got != want {
			t.Errorf("%q: side %d, want %d", in, got, want)
		}
	}
}

// TestOverheardSchemes: what is offered is what stands beside no token; a challenge of an exchange under way is no offer.
func TestOverheardSchemes(t *testing.T) {
	const offer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"
	const goesOn = "HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM " + type2 + "\r\nContent-Length: 0\r\n\r\n"
	for answered, want := range map[string]string{offer + goesOn: "[Negotiate]", goesOn: "[NTLM]"} {
		o := passive(&table{}).Observe(signet.Endpoint{Port: 80})
		asked := []byte("GET /a HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\n")
		o.Hear(&check.Overheard{FromClient: asked, FromServer: []byte(answered), ClientWhole: true, ServerWhole: true})
		f, _ := o.Result().Facts.(*Facts)
		if f == nil || len(f.Paths) != 1 || fmt.Sprint(f.Paths[0].Schemes) != want || f.Paths[0].NTLM != OfferProven {
			t.Errorf("%q: %+v, want %s", answered, f, want)
		}
	}
}
