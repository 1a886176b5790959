package http

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

func redirect(code int, to string, fields ...string) string {
	more := ""
	for _, f := range fields {
		more += f + "\r\n"
	}
	return fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\n%sContent-Length: 0\r\n\r\n", code, to, more)
}

func body(status, text string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", status, len(text), text)
}

// What a browser follows is followed, to pages of this very endpoint; a name is only ever a Host field.
func TestFollow(t *testing.T) {
	ntlm401 := "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct{ name, root, want string }{
		{"an absolute path", redirect(302, "/app/"), "GET /app/"},
		{"a relative path", redirect(301, "app/"), "GET /app/"},
		{"dots and a query", redirect(303, "./a/../app/?x=1#top"), "GET /app/?x=1"},
		{"a whole URL", redirect(307, "http://web.example/app/"), "GET /app/"},
		{"a whole URL in capitals, with its port", redirect(308, "HTTP://WEB.example:80/app/"), "GET /app/"},
		{"the address", redirect(302, "http://192.0.2.1/app/"), "GET /app/"},
		{"without a scheme", redirect(302, "//web.example/app/"), "GET /app/"},
		{"a name that is not ours", redirect(302, "http://portal.corp.example/app/"), "GET /app/ at portal.corp.example"},
		{"a meta refresh", body("200 OK", `<META http-equiv='Refresh' content="0;URL='app/'">`), "GET /app/"},
		{"a Refresh field", "HTTP/1.1 200 OK\r\nRefresh: 0; url=/app/\r\nContent-Length: 0\r\n\r\n", "GET /app/"},
		{"behind a cookie", redirect(302, "/", "Set-Cookie: seen=1; Path=/"), "GET / with seen=1"},
		{"an excluded name", redirect(302, "http://left-alone.corp.example/app/"), ""},
		{"behind several", redirect(302, "/a"), "GET /app/"},
		{"another address", redirect(302, "http://192.0.2.9/app/"), ""},
		{"another port", redirect(302, "http://web.example:8080/app/"), ""},
		{"another scheme", redirect(302, "ftp://web.example/app/"), ""},
		{"a script", body("200 OK", "<script>location='/app/'</script>"), ""},
		{"304", redirect(304, "/app/"), ""},
		{"a line end", redirect(302, "/app/%0d%0aX: y"), "-"},
		{"no URL", redirect(302, "http://[/"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{answers: map[string]string{"GET /": c.root, "*": page404}}
			for from, to := range map[string]string{"/a": "b", "/b": "/c", "/c": "d?x y", "/d?x%20y": "/app/"} {
				f.answers["GET "+from] = redirect(302, to)
			}
			if c.want != "" {
				f.answers[c.want], f.answers[c.want+" as NTLM"] = ntlm401, challenge("NTLM")
			}
			r := f.run(t, 80, func(o *check.Options) {
				o.ExcludedName = func(name string) bool { return name == "left-alone.corp.example" }
			})
			for _, key := range f.log {
				if strings.Contains(key, "/app") && key != c.want && key != c.want+" as NTLM" && c.want != "-" {
					t.Errorf("%s was asked", key)
				}
				if strings.ContainsAny(key, "\r\n") {
					t.Errorf("%q", key)
				}
			}
			want := signet.Exposed
			if c.want == "" || c.want == "-" {
				want = signet.Unseen
			}
			if v := verdict(t, r); v != want || len(f.log) > ordinaryRequests+4 {
				t.Errorf("%v, want %v: %v", v, want, f)
			}
		})
	}
}

// A chain ends, however it goes on, and an ordinary server with redirects everywhere sees no more than any other.
func TestFollowEnds(t *testing.T) {
	for name, c := range map[string]func(key string) string{
		"to itself":         func(string) string { return redirect(302, "/") },
		"longer and longer": func(key string) string { return redirect(302, strings.Fields(key)[1]+"x/") },
		"a cookie more each time": func(key string) string {
			return redirect(302, "/", fmt.Sprintf("Set-Cookie: c%d=1", strings.Count(key, "=")))
		},
		"to a logon page with the page in its query": func(key string) string { return redirect(302, "/login?from="+strings.Fields(key)[1]) },
		"to names": func(key string) string {
			return redirect(302, "http://x"+fmt.Sprint(len(key))+".corp.example"+strings.Fields(key)[1])
		},
	} {
		f := &fake{dynamic: c}
		r := f.run(t, 80, nil)
		if len(f.log) > ordinaryRequests || verdict(t, r) != signet.Unseen {
			t.Errorf("%s: %d requests, %v: %q", name, len(f.log), verdict(t, r), f.log)
		}
		if !slices.Contains(f.log, "GET /certsrv/") {
			t.Errorf("%s: %q", name, f.log)
		}
		if endless := name != "to itself" && !strings.HasPrefix(name, "to a logon"); endless != slices.Contains(r.Unasked, "redirects") {
			t.Errorf("%s: unasked %q", name, r.Unasked)
		}
	}
}

// An address without a site is asked by the names that its certificate gives, as Host and SNI of this very address.
func TestSites(t *testing.T) {
	kernel := body("404 Not Found", "<h2>Not Found</h2><hr><p>HTTP Error 404. The requested resource is not found.</p>")
	f := &fake{tls: "only", leaf: &signet.TLS{Version: "1.3", Names: []string{"*.corp.example", "srv1.corp.example", "192.0.2.1"}}, answers: map[string]string{
		"*": kernel, "GET / at srv1.corp.example": page200, "GET /certsrv/ at srv1.corp.example": windows401, "GET /certsrv/ at srv1.corp.example as NTLM": challenge("NTLM")}}
	r := f.run(t, 443, nil)
	if !slices.Contains(f.sni, "srv1.corp.example") || slices.Contains(f.sni, "*.corp.example") {
		t.Errorf("names of handshakes: %q", f.sni)
	}
	j := judge(r.Facts.(*Facts))
	if j.Verdict != signet.Undetermined || !broken(j.Breaches, "adcs-ntlm-epa-unknown") || !strings.Contains(j.Because[0], "/certsrv/ of srv1.corp.example") {
		t.Errorf("%+v, %q", j, f.log)
	}
	f = &fake{tls: "only", leaf: &signet.TLS{Version: "1.3", Names: []string{"srv1.corp.example"}}, answers: map[string]string{"*": kernel}}
	if r = f.run(t, 443, nil); verdict(t, r) != signet.Undetermined || len(f.log) > ordinaryRequests {
		t.Errorf("no site by that name either: %v, %d requests", verdict(t, r), len(f.log))
	}
	// WinRM needs no site: what http.sys says of every other path takes nothing from it.
	for answer, want := range map[string]signet.Verdict{windows401: signet.Undetermined, nego401: signet.Guarded} {
		f = &fake{answers: map[string]string{"*": kernel, "POST /wsman": answer}}
		if answer == windows401 {
			f.answers["POST /wsman as NTLM"] = challenge("NTLM")
		}
		j := judge(f.run(t, 5985, nil).Facts.(*Facts))
		if j.Verdict != want || broken(j.Breaches, "winrm-http-encryption-unknown") != (answer == windows401) {
			t.Errorf("WinRM: %+v", j)
		}
	}
	for text, want := range map[string]signet.Verdict{
		"404 page not found\n":                 signet.Undetermined,
		"default backend - 404":                signet.Undetermined,
		"<center>nginx</center> 404 Not Found": signet.Unseen,
	} {
		f = &fake{answers: map[string]string{"*": body("404 Not Found", text)}}
		if v := verdict(t, f.run(t, 80, nil)); v != want {
			t.Errorf("%q: %v, want %v", text, v, want)
		}
	}
}

// CES has the name of its CA in its path: it comes from an enrolment page or a certificate, and where it comes from
// neither, what was left out is named.
func TestNamesOfAuthorities(t *testing.T) {
	page := body("200 OK", `<TITLE>Microsoft Active Directory Certificate Services</TITLE><TABLE><TD><FONT Color=#FFFFFF><LocID ID=locMSCertSrv>Microsoft Active Directory Certificate Services</LocID> &nbsp;--&nbsp; <B>Corp Issuing CA 1</B> &nbsp;</FONT></TD><TD><A Href="/certsrv">Home</A>`)
	const ces = "GET /Corp%20Issuing%20CA%201_CES_Kerberos/service.svc"
	f := &fake{answers: map[string]string{"GET /certsrv/": page, ces: windows401, ces + " as NTLM": challenge("NTLM"), "*": page404}}
	r := f.run(t, 80, nil)
	if !slices.Contains(f.log, ces) || slices.Contains(r.Unasked, "adcs-ces") || verdict(t, r) != signet.Exposed {
		t.Errorf("by its page: %q, unasked %q", f.log, r.Unasked)
	}
	f = &fake{tls: "only", leaf: &signet.TLS{Version: "1.3", Issuer: "CN=Corp Issuing CA 1,DC=corp,DC=example", Subject: "CN=web.example"}, answers: map[string]string{ces: windows401, "*": page404}}
	r = f.run(t, 443, nil)
	if !slices.Contains(f.log, ces) || slices.Contains(r.Unasked, "adcs-ces") {
		t.Errorf("by its certificate: %q, unasked %q", f.log, r.Unasked)
	}
	f = &fake{tls: "only", leaf: &signet.TLS{Version: "1.3", Issuer: "CN=R3,O=Let's Encrypt,C=US", Subject: "CN=web.example"}, answers: map[string]string{"*": page404}}
	r = f.run(t, 443, nil)
	if !slices.Contains(r.Unasked, "adcs-ces") || len(f.log) > ordinaryRequests {
		t.Errorf("a guess that was wrong names nothing: unasked %q after %d requests", r.Unasked, len(f.log))
	}
	for text, want := range map[string]string{
		"Microsoft Certificate Services -- OLD-CA <b>": "OLD-CA", "Certificate Services<br>Welcome -- friend": "", "Certificate Services": "", "Certificate Services --<b></b>": "",
		"Certificate Services -- " + strings.Repeat("x", 100): "",
	} {
		if got := authority(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A CA whose start page wants a logon too is a CA still, where a path that cannot exist wants none; where everything does,
// nothing shows a role.
func TestEverywhereIsComparedWithWhatCannotExist(t *testing.T) {
	f := &fake{answers: map[string]string{"GET /": windows401, "GET / as NTLM": challenge("NTLM"), "GET /certsrv/": windows401, "GET /certsrv/ as NTLM": challenge("NTLM"),
		"GET /ews/exchange.asmx": windows401, "*": page404}}
	r := f.run(t, 80, nil)
	if j := judge(r.Facts.(*Facts)); !broken(j.Breaches, "adcs-web-enrollment-ntlm-http") || j.Verdict != signet.Exposed {
		t.Errorf("%+v", j)
	}
	if !slices.Contains(f.log, "GET /ews/exchange.asmx") {
		t.Errorf("other roles can show: %q", f.log)
	}
	if id := identify(r.Facts.(*Facts)); !slices.ContainsFunc(id.Roles, func(h check.RoleHint) bool { return h.Role == check.RoleCAWeb }) {
		t.Errorf("%+v", id.Roles)
	}
	f = &fake{answers: map[string]string{"*": windows401}, proof: challenge("NTLM")}
	r = f.run(t, 80, nil)
	if j := judge(r.Facts.(*Facts)); len(j.Breaches) != 1 || j.Breaches[0].Rule != "http-ntlm-plain" {
		t.Errorf("%+v", j.Breaches)
	}
	if !slices.Contains(r.Unasked, "exchange") {
		t.Errorf("unasked %q", r.Unasked)
	}
	// Offered to everybody under 200, as where a logon is optional.
	optional := "HTTP/1.1 200 OK\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	f = &fake{answers: map[string]string{"*": optional}, proof: challenge("NTLM")}
	r = f.run(t, 80, nil)
	if j := judge(r.Facts.(*Facts)); j.Verdict != signet.Exposed || len(j.Breaches) != 1 || j.Breaches[0].Rule != "http-ntlm-plain" {
		t.Errorf("%+v", j)
	}
}

// A page that comes packed though nobody asked for that is read all the same.
func TestPackedPage(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, `<meta http-equiv="refresh" content="0;url=/app/">`, strings.Repeat("x", 20<<10))
	z.Close()
	f := &fake{answers: map[string]string{"GET /": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", packed.Len(), packed.String()), "*": page404}}
	if f.run(t, 80, nil); !slices.Contains(f.log, "GET /app/") {
		t.Errorf("%q", f.log)
	}
}

// A 407 that asks in the fields of a server is answered in those.
func TestProxyThatAsksLikeAServer(t *testing.T) {
	odd := "HTTP/1.1 407 Oops\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	f := &fake{answers: map[string]string{"GET /certsrv/": odd, "GET /certsrv/ as NTLM": challenge("NTLM"), "*": page404}}
	if v := verdict(t, f.run(t, 80, nil)); v != signet.Exposed {
		t.Errorf("%v: %q", v, f.log)
	}
}
