package http

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

func TestOrdinaryServerSeesFewRequests(t *testing.T) {
	f := &fake{answers: map[string]string{"GET /": page200, "*": page404}}
	r := f.run(t, 80, nil)
	if len(f.log) > ordinaryRequests || f.connections != 2 || r.Outcome != signet.Answered || verdict(t, r) != signet.Unseen {
		t.Errorf("%v: %v, %v", f, r.Outcome, verdict(t, r))
	}
	for _, key := range f.log {
		if strings.Contains(key, " as ") {
			t.Errorf("an NTLM message for a server that asks for nothing: %s", key)
		}
	}
	for _, want := range []string{"GET /", "GET /certsrv/", "GET /certsrv/certfnsh.asp", "GET /certsrv/certrqxt.asp", "GET /certsrv/mscep/", "GET /certsrv/mscep_admin/", "GET /ADPolicyProvider_CEP_Kerberos/service.svc",
		"GET /ews/exchange.asmx", "GET /ccm_system_windowsauth/request", "GET /ApiRemoting30/WebService.asmx", "GET /adfs/services/trust/13/windowstransport", "GET /reports/", "GET /reportserver"} {
		if !slices.Contains(f.log, want) {
			t.Errorf("%s was not asked", want)
		}
	}
	if got := r.Unasked; !slices.Equal(got, []string{"adcs-ces", "rd-gateway", "winrm", "http-proxy"}) {
		t.Errorf("unasked %q: every role of which no page was asked is named", got)
	}
}

// The server closes after each answer: as many connections as requests, and the same facts.
func TestServerThatKeepsNoConnection(t *testing.T) {
	f := &fake{answers: map[string]string{"*": "HTTP/1.0 404 Not Found\r\n\r\n"}}
	r := f.run(t, 80, nil)
	if len(f.log) != ordinaryRequests || f.connections != ordinaryRequests || verdict(t, r) != signet.Unseen {
		t.Errorf("%v, %v", f, verdict(t, r))
	}
	f = &fake{answers: map[string]string{"*": "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"}}
	if f.run(t, 80, nil); f.connections != ordinaryRequests {
		t.Errorf("a connection that closes was used again: %v", f)
	}
}

// However much wants a logon, an endpoint sees no more connections than are declared, and what was left out is unknown.
func TestConnectionsAreBounded(t *testing.T) {
	iis := strings.Replace(page200, "\r\n", "\r\nServer: Microsoft-IIS/10.0\r\n", 1)
	f := &fake{answers: map[string]string{"GET /": iis, "*": windows401}}
	r := f.run(t, 80, nil)
	if f.connections != maxConnections || Check().Sends[0].Connections != maxConnections || !slices.Contains(r.Unasked, "ntlm-proof") {
		t.Errorf("%d connections, unasked %q", f.connections, r.Unasked)
	}
	if verdict(t, r) != signet.Undetermined {
		t.Errorf("%v", verdict(t, r))
	}
}

// What flags make an endpoint see is declared beside the figure that they go beyond.
func TestConnectionsOfFlagsAreDeclared(t *testing.T) {
	var thorough, path, ca int
	if _, err := fmt.Sscanf(Check().Sends[0].Flags, "at most %d connections with --http-thorough, and %d more for each path of --http-paths, %d for", &thorough, &path, &ca); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		change      func(*check.Options)
		least, most int
	}{
		{func(o *check.Options) { o.HTTPThorough = true }, maxConnections + 1, thorough},
		{func(o *check.Options) { o.HTTPPaths = []string{"/a", "/b", "/c"} }, 0, maxConnections + 3*path},
		{func(o *check.Options) { o.CANames = []string{"a", "b"} }, 0, maxConnections + 2*ca},
	} {
		f := &fake{answers: map[string]string{"*": windows401}}
		if f.run(t, 80, p.change); f.connections < p.least || f.connections > p.most {
			t.Errorf("%d connections, declared are %d to %d", f.connections, p.least, p.most)
		}
	}
}

// Heads come and bodies do not: what the heads say stands, and the server is left alone after a few.
func TestBodiesThatStall(t *testing.T) {
	f := &fake{answers: map[string]string{"*": "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf|stalls"}}
	r := f.run(t, 80, nil)
	if f.connections != maxFailures || pathFacts(t, r, "/").Status != 403 || verdict(t, r) != signet.Undetermined {
		t.Errorf("%v: %v, %s", f, verdict(t, r), r.Facts.AppendJSON(nil))
	}
}

func TestHowItIsSpokenTo(t *testing.T) {
	tests := []struct {
		name    string
		port    uint16
		fake    fake
		outcome signet.Outcome
		phase   string
		tls     string
		conns   int // 0: any
	}{
		{"plain on 80", 80, fake{}, signet.Answered, "", "", 2},
		{"TLS on 443", 443, fake{tls: "only", version: "1.3"}, signet.Answered, "", "1.3", 2},
		{"TLS on 80, told by an alert", 80, fake{tls: "only", version: "1.2"}, signet.Answered, "", "1.2", 3},
		{"TLS on 8080, told by a page", 8080, fake{tls: "page", version: "1.2"}, signet.Answered, "", "1.2", 3},
		{"plain on 443", 443, fake{}, signet.Answered, "", "", 3},
		{"TLS of old that resets a new hello", 443, fake{tls: "closes-new", version: "1.0"}, signet.Answered, "", "1.0", 0},
		{"mute on 80", 80, fake{plain: "mute", tls: "mute"}, signet.Silent, "http GET /", "", 2},
		{"mute on 443", 443, fake{plain: "mute", tls: "mute"}, signet.Silent, "http GET /", "", 2},
		{"closes on 80", 80, fake{plain: "closes", tls: "closes"}, signet.Broken, "http GET /", "", 3},
		{"closes on 443", 443, fake{plain: "closes", tls: "closes"}, signet.Broken, "tls handshake", "", 3},
		{"SSH on 443", 443, fake{plain: "ssh"}, signet.Foreign, "http GET /", "", 2},
		{"half an answer on 443", 443, fake{plain: "half"}, signet.Broken, "http GET /", "", 2},
		{"SSH on 80", 80, fake{plain: "ssh"}, signet.Foreign, "http GET /", "", 1},
		{"TLS that nobody can speak", 443, fake{tls: "alert"}, signet.Broken, "tls handshake", "", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := test.fake
			f.answers = map[string]string{"*": page404}
			r := f.run(t, test.port, nil)
			if r.Outcome != test.outcome || test.conns > 0 && f.connections != test.conns {
				t.Fatalf("%v after %v; want %v", r.Outcome, &f, test.outcome)
			}
			if test.phase != "" && (r.Err == nil || r.Err.Phase != test.phase) {
				t.Errorf("error %+v, want phase %q", r.Err, test.phase)
			}
			if test.outcome == signet.Answered {
				got := ""
				if facts := r.Facts.(*Facts); facts.TLS != nil {
					got = facts.TLS.Version
				}
				if got != test.tls {
					t.Errorf("TLS %q, want %q", got, test.tls)
				}
			}
		})
	}
}

// TLS comes about and nobody answers inside it, as where a client certificate is required in TLS 1.3.
func TestMuteInsideTLS(t *testing.T) {
	f := &fake{tls: "only", version: "1.3", answers: map[string]string{"*": "close"}}
	r := f.run(t, 443, nil)
	facts, ok := r.Facts.(*Facts)
	if r.Outcome != signet.Broken || !ok || facts.TLS == nil || len(facts.Paths) != 1 || facts.Paths[0].NTLM != OfferUnknown {
		t.Errorf("%v, %+v", r.Outcome, r.Facts)
	}
}

func TestClosedAndDarkPortsAreKnockedOnce(t *testing.T) {
	for cause, want := range map[check.Cause]signet.Outcome{check.Rejected: signet.Refused, check.NoAnswer: signet.Silent, check.Unroutable: signet.Silent, check.Denied: signet.Withheld} {
		for _, port := range []uint16{80, 443} {
			iv := begin(check.Subject{Endpoint: signet.Endpoint{Port: port}, Options: &check.Options{}}, &table{})
			if _, ok := iv.Next(check.End{}); !ok {
				t.Fatal("no attempt")
			}
			if _, ok := iv.Next(check.End{Cause: cause}); ok {
				t.Errorf("%v on %d: asked again", cause, port)
			}
			if r := iv.Result(); r.Outcome != want || r.Err == nil || r.Err.Phase != "connect" && cause != check.Denied {
				t.Errorf("%v on %d: %v, %v", cause, port, r.Outcome, r.Err)
			}
		}
	}
}

// A server that answers "/" and then stalls is not asked for ever, and its silence is not taken for safety.
func TestStallingServer(t *testing.T) {
	f := &fake{answers: map[string]string{"GET /": page200}}
	r := f.run(t, 80, nil)
	if f.connections > 4 || r.Outcome != signet.Answered || verdict(t, r) != signet.Undetermined {
		t.Errorf("%v: %v, %v", f, r.Outcome, verdict(t, r))
	}
	if !slices.Contains(r.Unasked, "paths") || pathFacts(t, r, "/certsrv/mscep_admin/").NTLM != OfferUnknown {
		t.Errorf("unasked %q: %s", r.Unasked, r.Facts.AppendJSON(nil))
	}
}

// Interrupted half-way, what was not proven is unknown.
func TestInterrupted(t *testing.T) {
	o := checktest.Options()
	tab, _ := parseRoles(rolesText)
	iv := begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Name: "web.example"}, Port: 80}, Options: o}, &tab)
	f := &fake{answers: map[string]string{"*": basic401}}
	a, _ := iv.Next(check.End{})
	end := f.hold(t, a)
	iv.Next(end)
	r := iv.Result()
	if p := pathFacts(t, r, "/certsrv/"); p.NTLM != OfferUnknown {
		t.Errorf("no NTLM message was sent: %+v", p)
	}
	if p := pathFacts(t, r, "/"); p.NTLM != OfferUnknown || verdict(t, r) != signet.Undetermined || !slices.Contains(r.Unasked, "ntlm-proof") {
		t.Errorf("%+v, %v, %q", p, verdict(t, r), r.Unasked)
	}
}

func TestQuickIsOneConnection(t *testing.T) {
	for _, port := range []uint16{80, 443} {
		f := &fake{answers: map[string]string{"*": page200}, tls: map[uint16]string{80: "", 443: "only"}[port]}
		r := f.run(t, port, func(o *check.Options) { o.Quick = true })
		if f.connections != 1 || len(f.log) != 1 || verdict(t, r) != signet.Undetermined || !slices.Contains(r.Unasked, "adcs-paths") {
			t.Errorf("%d: %v, %v, %q", port, f, verdict(t, r), r.Unasked)
		}
	}
	f := &fake{plain: "closes"}
	if r := f.run(t, 80, func(o *check.Options) { o.Quick = true }); f.connections != 1 || r.Outcome != signet.Broken {
		t.Errorf("%v: %v", f, r.Outcome)
	}
}

func TestRedirectToTLSIsFoundOnce(t *testing.T) {
	for location, want := range map[string]uint16{
		"https://web.example/":          443,
		"HTTPS://WEB.example:8443/x":    8443,
		"https://192.0.2.1/certsrv/":    443,
		"https://other.example/":        0,
		"http://web.example:8080/":      0,
		"/owa/":                         0,
		"https://web.example:99999/":    0,
		"https://web.example:0/":        0,
		"https://web.example.evil.com/": 0,
	} {
		f := &fake{answers: map[string]string{"*": "HTTP/1.1 301 Moved\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n"}}
		r := f.run(t, 80, nil)
		if want == 0 && len(r.Found) != 0 || want != 0 && (len(r.Found) != 1 || r.Found[0].Port != want || r.Found[0].Check != "http") {
			t.Errorf("%s: found %+v", location, r.Found)
		}
		if pathFacts(t, r, "/").Location != location {
			t.Errorf("location %q", pathFacts(t, r, "/").Location)
		}
	}
}

// Roles are asked where something shows them, and no further.
func TestRoleGates(t *testing.T) {
	iis := strings.Replace(page200, "\r\n", "\r\nServer: Microsoft-IIS/10.0\r\n", 1)
	tests := []struct {
		name     string
		port     uint16
		answers  map[string]string
		asked    []string
		notAsked []string
	}{
		{"IIS is asked for the roles it may have", 80, map[string]string{"*": strings.Replace(page404, "\r\n", "\r\nServer: Microsoft-IIS/10.0\r\n", 1)},
			[]string{"GET /ews/exchange.asmx", "GET /ccm_system_windowsauth/request", "GET /reportserver", "GET /remoteDesktopGateway/"}, []string{"GET /mapi/", "POST /wsman", "OPTIONS /"}},
		{"a role that wants a logon is asked whole", 80, map[string]string{"GET /": iis, "GET /ews/exchange.asmx": windows401, "*": page404},
			[]string{"GET /mapi/", "GET /powershell/", "GET /api/"}, []string{"GET /abs/"}},
		{"Exchange by its header", 80, map[string]string{"GET /": "HTTP/1.1 302 Found\r\nLocation: /owa/\r\nX-FEServer: EX1\r\nContent-Length: 0\r\n\r\n", "*": page404},
			[]string{"GET /ews/exchange.asmx", "GET /mapi/emsmdb"}, []string{"GET /webticket/webticketservice.svc"}},
		{"where everything wants a logon, roles do not show", 80, map[string]string{"*": windows401}, nil, []string{"GET /ews/exchange.asmx", "GET /reportserver"}},
		{"WSUS by its port", 8530, map[string]string{"*": page404}, []string{"GET /ApiRemoting30/WebService.asmx", "GET /selfupdate/"}, nil},
		{"WinRM's port is asked for its path, and for the rest all the same", 5985, map[string]string{"POST /wsman": nego401, "*": page404}, []string{"POST /wsman", "GET /", "GET /certsrv/"}, nil},
		{"http.sys without IIS", 80, map[string]string{"*": "HTTP/1.1 404 Not Found\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: 0\r\n\r\n"},
			[]string{"POST /wsman", "GET /adfs/services/trust/13/windowstransport", "GET /AdminService/wmi/"}, []string{"GET /remoteDesktopGateway/"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answers: test.answers}
			f.run(t, test.port, nil)
			for _, key := range test.asked {
				if !slices.Contains(f.log, key) {
					t.Errorf("%s was not asked: %q", key, f.log)
				}
			}
			for _, key := range test.notAsked {
				if slices.Contains(f.log, key) {
					t.Errorf("%s was asked", key)
				}
			}
		})
	}
}

func TestOptions(t *testing.T) {
	f := &fake{answers: map[string]string{"*": page404}}
	r := f.run(t, 80, func(o *check.Options) {
		o.CANames = []string{"Corp CA/1"}
		o.HTTPPaths = []string{"intranet/", "/a b"}
	})
	for _, key := range []string{"GET /Corp%20CA%2F1_CES_Kerberos/service.svc", "GET /intranet/"} {
		if !slices.Contains(f.log, key) {
			t.Errorf("%s was not asked: %q", key, f.log)
		}
	}
	if !slices.Contains(r.Unasked, "path /a b") {
		t.Errorf("a path that cannot be asked is not named: %q", r.Unasked)
	}
	thorough := &fake{answers: map[string]string{"*": page404}}
	thorough.run(t, 80, func(o *check.Options) { o.HTTPThorough = true })
	for _, key := range []string{"GET /mapi/emsmdb", "OPTIONS /", "POST /wsman", "GET /abs/ as NTLM", "GET / as SPNEGO"} {
		if !slices.Contains(thorough.log, key) {
			t.Errorf("thorough: %s was not asked", key)
		}
	}
}

// A forward proxy is asked for a name that cannot exist, besides the pages of its own address, and never for a real one:
// on ports that proxies use, and wherever a gateway's page answers.
func TestProxy(t *testing.T) {
	const wants = "HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid/5.7\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	answered := strings.Replace(wants, "NTLM", "NTLM "+type2, 1)
	const url = "GET http://signet.invalid/"
	for _, test := range []struct {
		name    string
		port    uint16
		answers map[string]string
	}{
		{"that wants a logon for everything", 3128, map[string]string{url + " through as NTLM": answered, "*": wants}},
		{"on another port, 407", 80, map[string]string{url + " through as NTLM": answered, "*": wants}},
		{"with a 403 of its own, on a port that looks like it", 8080, map[string]string{url + " through as NTLM": answered, url: wants, "*": status("403 Forbidden")}},
		{"with a start page of its own", 8888, map[string]string{url + " through as NTLM": answered, url: wants, "GET /": page200, "*": page404}},
		{"on a web server's port, with a gateway's page", 80, map[string]string{url + " through as NTLM": answered, url: wants,
			"*": "HTTP/1.1 400 Bad Request\r\nContent-Length: 31\r\n\r\n<p>Zscaler: no host was given\r\n"}},
		{"on a web server's port, with a Via", 80, map[string]string{url + " through as NTLM": answered, url: wants,
			"*": "HTTP/1.1 502 Bad Gateway\r\nVia: 1.1 gw\r\nContent-Length: 0\r\n\r\n"}},
		{"one deep page alone answers 407", 80, map[string]string{url + " through as NTLM": answered, url: wants,
			"GET /ADPolicyProvider_CEP_Kerberos/service.svc": wants, "*": page404}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{answers: test.answers}
			r := f.run(t, test.port, nil)
			for _, key := range f.log {
				if strings.HasPrefix(key, "CONNECT") || strings.Contains(key, "://") && !strings.HasPrefix(key, url) {
					t.Errorf("the proxy was asked %s", key)
				}
			}
			if !slices.Contains(f.log, "GET /certsrv/") {
				t.Errorf("its pages were not asked: %q", f.log)
			}
			p := pathFacts(t, r, "http://signet.invalid/")
			if p.Role != "http-proxy" || p.NTLM != OfferProven || p.Status != 407 || verdict(t, r) != signet.Exposed {
				t.Errorf("%+v, %v", p, verdict(t, r))
			}
			if j := judge(r.Facts.(*Facts)); !broken(j.Breaches, "proxy-ntlm") {
				t.Errorf("%+v", j.Breaches)
			}
		})
	}
	// A reverse proxy that answers the name it does not know with an error of its own hides none of its pages, and an
	// origin server that takes any URL for one of its own is no proxy.
	f := &fake{answers: map[string]string{"GET /certsrv/": windows401, "GET /certsrv/ as NTLM": challenge("NTLM"), url: "HTTP/1.1 503 No\r\nVia: 1.1 edge\r\nContent-Length: 0\r\n\r\n",
		"*": "HTTP/1.1 400 Bad Request\r\nVia: 1.1 edge\r\nContent-Length: 0\r\n\r\n"}}
	if r := f.run(t, 80, nil); verdict(t, r) != signet.Exposed || pathFacts(t, r, "/certsrv/").NTLM != OfferProven {
		t.Errorf("behind an accelerator: %v, %s", verdict(t, r), r.Facts.AppendJSON(nil))
	}
	f = &fake{answers: map[string]string{"*": windows401, url + " as NTLM": challenge("NTLM"), "GET / as NTLM": challenge("NTLM")}}
	r := f.run(t, 8080, nil)
	if j := judge(r.Facts.(*Facts)); j.Verdict != signet.Exposed || broken(j.Breaches, "proxy-ntlm") || pathFacts(t, r, "http://signet.invalid/").Role != "" {
		t.Errorf("an origin server on 8080: %+v", j)
	}
	f = &fake{answers: map[string]string{"*": strings.Replace(wants, "NTLM", "Negotiate", 1)}}
	if r := f.run(t, 8080, nil); verdict(t, r) != signet.Guarded {
		t.Errorf("Kerberos alone: %v, %s", verdict(t, r), r.Facts.AppendJSON(nil))
	}
	f = &fake{answers: map[string]string{"GET /": wants, url: "close", "*": page404}}
	if r := f.run(t, 8080, nil); verdict(t, r) != signet.Undetermined || !strings.Contains(pathFacts(t, r, url[4:]).Note, "no answer") {
		t.Errorf("no answer to the name that cannot exist: %v, %s", verdict(t, r), r.Facts.AppendJSON(nil))
	}
	f = &fake{answers: map[string]string{"*": page404}}
	if f.run(t, 3128, nil); !slices.Contains(f.log, "GET /certsrv/") {
		t.Errorf("a web server on a proxy's port is still a web server: %q", f.log)
	}
}

// A body of four gigabytes, an endless head, a wrong chunk: each ends, and the head is believed.
func TestHostileBodies(t *testing.T) {
	for name, answer := range map[string]string{
		"4 GiB":       "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\nContent-Length: 4294967296\r\n\r\nx",
		"bad chunk":   "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"two lengths": "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
		"endless":     "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\n\r\n" + strings.Repeat("x", 100<<10),
	} {
		f := &fake{answers: map[string]string{"*": answer}}
		r := f.run(t, 80, nil)
		if p := pathFacts(t, r, "/"); p.Status != 401 || p.NTLM != OfferAnnounced {
			t.Errorf("%s: %+v", name, p)
		}
		if f.connections > maxConnections {
			t.Errorf("%s: %d connections", name, f.connections)
		}
	}
	f := &fake{answers: map[string]string{"*": "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 200<<10)}}
	if r := f.run(t, 80, nil); r.Outcome != signet.Broken || r.Err == nil || !strings.Contains(r.Err.Text, "too large") {
		t.Errorf("endless head: %v, %v", r.Outcome, r.Err)
	}
}

// TLS that comes a byte at a time is TLS.
func TestSlowRecord(t *testing.T) {
	tk := &conversation{asks: []ask{{row: row{method: "GET", path: "/"}}}, host: "x"}
	if _, err := tk.Next(nil, false); err != nil {
		t.Fatal(err)
	}
	record := []byte("\x15\x03\x01\x00\x02\x02\x46")
	for n := 1; n < 5; n++ {
		if step, err := tk.Next(record[:n], false); err != nil || step.Consumed != 0 || step.Need != 5 {
			t.Fatalf("%d bytes: %+v, %v", n, step, err)
		}
	}
	if _, err := tk.Next(record[:5], false); !speaksTLS(err) {
		t.Errorf("five bytes: %v", err)
	}
}
