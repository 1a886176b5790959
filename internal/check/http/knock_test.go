package http

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// What answers in plain text never hides that TLS failed: that is the news, and the reason says which failure it was.
// nginx redirects what is spoken to its TLS port in plain text where error_page 497 says so.
func TestFallbackHidesNoService(t *testing.T) {
	notTLS := tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
	wants := body("400 Bad Request", "The plain HTTP request was sent to HTTPS port")
	for _, c := range []struct {
		name    string
		port    uint16
		refusal error // nil: TLS works
		plain   string
		outcome signet.Outcome
		verdict signet.Verdict
		says    string // in the reasons, or in the error
	}{
		{"DHE alone, and a redirect", 443, tls.AlertError(40), redirect(301, "https://web.example/"), signet.Answered, signet.Undetermined, "DHE"},
		{"DHE alone, and 400", 443, tls.AlertError(40), wants, signet.Broken, signet.Undetermined, "DHE"},
		{"SNI refused, and 497", 443, tls.AlertError(112), body("497 HTTP to HTTPS", ""), signet.Broken, signet.Undetermined, "SNI"},
		{"a client certificate, and a page", 443, tls.AlertError(116), page200, signet.Answered, signet.Undetermined, "client certificate"},
		{"no version in common, and 404", 443, tls.AlertError(70), page404, signet.Answered, signet.Undetermined, "version"},
		{"closed, and a redirect to the same port", 443, check.ErrTLSClosed, redirect(302, "https://192.0.2.1/x"), signet.Answered, signet.Undetermined, "closed"},
		{"closed, and a page of its own", 443, check.ErrTLSClosed, page200, signet.Answered, signet.Unseen, "no logon"},
		{"no TLS at all", 443, notTLS, page200, signet.Answered, signet.Unseen, "no logon"},
		{"no TLS at all, though a redirect says so", 8080, notTLS, redirect(301, "https://web.example:8080/"), signet.Answered, signet.Unseen, "no logon"},
		{"exposed in plain text is exposed", 443, tls.AlertError(40), windows401, signet.Answered, signet.Exposed, "challenge"},
		{"elsewhere, told by a redirect", 10443, nil, redirect(301, "https://web.example:10443/"), signet.Answered, signet.Unseen, "no logon"},
		{"elsewhere, told by a redirect to a name", 10443, tls.AlertError(40), redirect(301, "https://portal.example:10443/"), signet.Answered, signet.Undetermined, "DHE"},
		{"elsewhere, told by a link", 10000, tls.AlertError(40), body("200 Document follows", `<a href="https://web.example:10000/">`), signet.Answered, signet.Undetermined, "DHE"},
		{"elsewhere, told by a refresh", 10000, tls.AlertError(40), body("200 OK", `<meta http-equiv=refresh content="0;url=https://web.example:10000/">`), signet.Answered, signet.Undetermined, "DHE"},
		{"elsewhere, in other words", 9999, tls.AlertError(112), body("400 Nope", "talk TLS to me"), signet.Broken, signet.Undetermined, "SNI"},
		{"elsewhere, a redirect to another machine", 10443, tls.AlertError(40), redirect(301, "https://192.0.2.7:10443/"), signet.Answered, signet.Unseen, "no logon"},
		{"the port of plain HTTP that sends to the one of TLS", 80, tls.AlertError(40), redirect(301, "https://web.example/"), signet.Answered, signet.Unseen, "no logon"},
		{"require SSL of IIS on 80", 80, notTLS, body("403 Forbidden", "The page you are trying to access is secured with Secure Sockets Layer (SSL)."), signet.Answered, signet.Unseen, "no logon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{tls: "refuses", refusal: c.refusal, answers: map[string]string{"*": c.plain, "GET / as NTLM": challenge("NTLM")}}
			if c.refusal == nil {
				f.tls = "yes"
				f.secured = map[string]string{"*": page200}
			}
			r := f.run(t, c.port, nil)
			if r.Outcome != c.outcome || verdict(t, r) != c.verdict {
				t.Fatalf("%v, %v; want %v, %v: %v", r.Outcome, verdict(t, r), c.outcome, c.verdict, f)
			}
			said := ""
			if r.Err != nil {
				said = r.Err.Text
			} else {
				said = strings.Join(judge(r.Facts.(*Facts)).Because, "; ")
			}
			if !strings.Contains(said, c.says) {
				t.Errorf("%q does not say %q", said, c.says)
			}
			if c.refusal == nil && r.Facts.(*Facts).TLS == nil {
				t.Errorf("TLS was not spoken: %v", f)
			}
		})
	}
}

// A client certificate that is wanted inside TLS is told, and is no guard.
func TestClientCertificate(t *testing.T) {
	for name, f := range map[string]*fake{
		"nginx, 400":   {tls: "only", answers: map[string]string{"*": body("400 Bad Request", "<center>No required SSL certificate was sent</center>")}},
		"IIS, 403.7":   {tls: "only", answers: map[string]string{"*": body("403 Forbidden", "403.7 - Client certificate required")}},
		"asked in TLS": {tls: "only", leaf: &signet.TLS{Version: "1.2", ClientCertificate: true}, answers: map[string]string{"*": status("403 Forbidden")}},
	} {
		r := f.run(t, 443, nil)
		if j := judge(r.Facts.(*Facts)); j.Verdict != signet.Undetermined || !strings.Contains(strings.Join(j.Because, " "), "client certificate") {
			t.Errorf("%s: %+v", name, j)
		}
	}
}

// A CHALLENGE proves NTLM where it is whole and answers ours.
func TestWhatIsNoProof(t *testing.T) {
	says := func(scheme, token string) string {
		return "HTTP/1.1 401 U\r\nWWW-Authenticate: " + scheme + " " + token + "\r\nContent-Length: 0\r\n\r\n"
	}
	for name, answers := range map[string]map[string]string{
		"twelve bytes":                      {"*": windows401, "GET / as NTLM": says("NTLM", "TlRMTVNTUAACAAAA")},
		"a cut in the names":                {"*": windows401, "GET / as NTLM": says("NTLM", type2[:80])},
		"the same for everybody":            {"*": says("NTLM", type2)},
		"the same for everybody, Negotiate": {"*": says("Negotiate", type2)},
		"type 3":                            {"*": windows401, "GET / as NTLM": says("NTLM", "TlRMTVNTUAADAAAA"+strings.Repeat("A", 80))},
		"another scheme's":                  {"*": windows401, "GET / as NTLM": says("Bearer", type2)},
	} {
		f := &fake{answers: answers}
		r := f.run(t, 80, nil)
		if verdict(t, r) != signet.Undetermined || pathFacts(t, r, "/").NTLM == OfferProven {
			t.Errorf("%s: %v, %+v", name, verdict(t, r), pathFacts(t, r, "/"))
		}
	}
}

// An acceptor that selects NTLMSSP without a token (RFC 4178 §4.2.2, accept-incomplete or request-mic) is sent the token
// alone on the same connection.
func TestSelectedWithoutAToken(t *testing.T) {
	selected := "HTTP/1.1 401 U\r\nWWW-Authenticate: Negotiate oRUwE6ADCgEBoQwGCisGAQQBgjcCAgo=\r\nContent-Length: 0\r\n\r\n"
	f := &fake{answers: map[string]string{"GET /": nego401, "*": page404, "GET / as SPNEGO": selected, "GET / as RESP": challenge("Negotiate")}}
	r := f.run(t, 80, nil)
	if p := pathFacts(t, r, "/"); p.NTLM != OfferProven || verdict(t, r) != signet.Exposed {
		t.Errorf("%+v: %v", p, f)
	}
	if i := slices.Index(f.log, "GET / as SPNEGO"); i < 0 || f.log[i+1] != "GET / as RESP" {
		t.Errorf("%q", f.log)
	}
	f = &fake{answers: map[string]string{"GET /": nego401, "*": page404, "GET / as SPNEGO": selected, "GET / as RESP": selected}}
	if v := verdict(t, f.run(t, 80, nil)); v != signet.Undetermined {
		t.Errorf("no token at all: %v", v)
	}
	f = &fake{answers: map[string]string{"GET /": nego401, "*": page404, "GET / as SPNEGO": reject401}}
	if f.run(t, 80, nil); slices.Contains(f.log, "GET / as RESP") {
		t.Errorf("a refusal was followed: %q", f.log)
	}
}

// An ordinary server sees at most sixteen requests, whatever its pages are, on every default port and on those that look
// like a proxy's.
func TestOrdinaryBudget(t *testing.T) {
	cert := &signet.TLS{Version: "1.3", Issuer: "CN=Some CA", Subject: "CN=other.example", Names: []string{"other.example", "www.other.example", "x.other.example"}}
	for name, f := range map[string]*fake{
		"200":          {answers: map[string]string{"*": page200}},
		"404":          {answers: map[string]string{"*": page404}},
		"403":          {answers: map[string]string{"*": status("403 Forbidden")}},
		"301":          {answers: map[string]string{"*": redirect(301, "/index/")}},
		"TLS":          {tls: "only", leaf: cert, answers: map[string]string{"*": page404, "GET / at other.example": page200}},
		"TLS and 200":  {tls: "only", leaf: cert, answers: map[string]string{"*": page200}},
		"TLS redirect": {tls: "only", leaf: cert, answers: map[string]string{"*": redirect(302, "/login")}},
	} {
		for _, port := range []uint16{80, 443, 8080, 8443} {
			one := *f
			one.log, one.connections = nil, 0
			r := one.run(t, port, func(o *check.Options) { *o = *checktest.Options() })
			if len(one.log) > ordinaryRequests {
				t.Errorf("%s on %d: %d requests: %q", name, port, len(one.log), one.log)
			}
			for _, role := range []string{"adcs-web-enrolment", "adcs-ndes", "adcs-cep"} {
				if slices.Contains(r.Unasked, role) {
					t.Errorf("%s on %d: %s was not asked", name, port, role)
				}
			}
		}
	}
}
