package signon_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"signet/internal/sso"
)

// attacked is a server whose provider is hostile, and somebody who tries to get in.
func attacked(t *testing.T) (*served, *hostile) {
	t.Helper()
	h := newHostile(t)
	return serve(t, h.config(), nil, false, "admins=admin"), h
}

// in tells whether a browser has a session.
func (b *browser) in() bool { status, _ := b.call("GET", "session", nil); return status == 200 }

// TestAttackSSOTokens: what a provider answers lets nobody in unless it is this provider's, of this log-on, for this server, signed, and still
// good; and of each it is enough that one thing is wrong.
func TestAttackSSOTokens(t *testing.T) {
	t.Parallel()
	s, h := attacked(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(h.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	unsigned := func(claims []byte) string {
		enc := base64.RawURLEncoding.EncodeToString
		return enc([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + enc(claims) + "."
	}
	claim := func(name string, v any) func() { return func() { h.claims[name] = v } }
	for _, c := range []struct {
		what  string
		wrong func()
		in    bool
	}{
		{"all is right", func() {}, true},
		{"another issuer", claim("iss", "https://other.example"), false},
		{"no issuer", claim("iss", nil), false},
		{"another nonce", claim("nonce", "of another log-on"), false},
		{"no nonce", claim("nonce", nil), false},
		{"another audience", claim("aud", "another-program"), false},
		{"several audiences, and whose it is not said", claim("aud", []string{"signet", "another-program"}), false},
		{"made for another program that may name this one", func() { h.claims["aud"], h.claims["azp"] = []string{"signet", "another-program"}, "another-program" }, false},
		{"several audiences, and it is this one's", func() { h.claims["aud"], h.claims["azp"] = []string{"signet", "another-program"}, "signet" }, true},
		{"expired", claim("exp", time.Now().Add(-time.Minute).Unix()), false},
		{"it never ends", claim("exp", nil), false},
		{"not yet", claim("nbf", time.Now().Add(time.Hour).Unix()), false},
		{"nobody", claim("sub", ""), false},
		{"a subject without end", claim("sub", strings.Repeat("a", 256)), false},
		{"another access token", claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), false},
		{"no token", func() { h.sign = func([]byte) string { return "" } }, false},
		{"no signature", func() { h.sign = unsigned }, false},
		{"signed by who knows the client's secret", func() {
			h.sign = func(b []byte) string { return signed(jose.HS256, []byte(secret), b) }
		}, false},
		{"signed with the public key, as if it were a secret", func() {
			h.sign = func(b []byte) string { return signed(jose.HS256, public, b) }
		}, false},
		{"signed by another", func() {
			h.sign = func(b []byte) string { return signed(jose.RS256, jose.JSONWebKey{Key: other, KeyID: "1"}, b) }
		}, false},
		{"signed by a key that it brings", func() {
			h.sign = func(b []byte) string {
				x, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: other}, &jose.SignerOptions{EmbedJWK: true})
				if err != nil {
					panic(err)
				}
				j, err := x.Sign(b)
				if err != nil {
					panic(err)
				}
				text, _ := j.CompactSerialize()
				return text
			}
		}, false},
		{"its claims changed afterwards", func() {
			h.sign = func(b []byte) string {
				parts := strings.Split(signed(jose.RS256, jose.JSONWebKey{Key: h.key, KeyID: "1"}, []byte(strings.Replace(string(b), "mallory", "malmory", 1))), ".")
				parts[1] = base64.RawURLEncoding.EncodeToString(b)
				return strings.Join(parts, ".")
			}
		}, false},
		{"groups that are no list", claim("groups", map[string]any{"admins": true}), false},
		{"UserInfo of somebody else", func() {
			h.claims["groups"], h.info = nil, map[string]any{"sub": "ada", "groups": []string{"admins"}}
			h.say["userinfo_endpoint"] = h.URL + "/info"
		}, false},
	} {
		h.change(func() { h.claims, h.sign, h.info = map[string]any{}, nil, nil; c.wrong() })
		if h.say["userinfo_endpoint"] != nil { // which is asked for once in an hour
			s = serve(t, h.config(), nil, false, "admins=admin")
		}
		b := s.browser(t)
		p := b.get(answer(h.begun(b, "/hosts")))
		if b.in() != c.in || c.in && p.to != host+sub+"/hosts" || !c.in && !strings.HasPrefix(p.to, host+sub+"/login?sso=") {
			t.Errorf("%s: in %v, to %s\n%s", c.what, b.in(), p.to, s.text())
		}
	}
	if len(s.desk.Users()) > 1 {
		t.Errorf("users: %v", s.desk.Users())
	}
}

// TestAttackSSOAnswers: an answer is taken once, from the browser that began, with its state, and of this provider.
func TestAttackSSOAnswers(t *testing.T) {
	t.Parallel()
	s, h := attacked(t)
	h.change(func() { h.names = true })
	mine, victim := s.browser(t), s.browser(t)
	refused := func(what string, b *browser, at string) {
		t.Helper()
		if p := b.get(at); !strings.HasPrefix(p.to, host+sub+"/login?sso=") || b.in() {
			t.Errorf("%s: to %s, in %v", what, p.to, b.in())
		}
	}
	q := h.begun(mine, "/")
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 || q.Get("response_type") != "code" || q.Get("redirect_uri") != back {
		t.Errorf("what is asked for: %v", q)
	}
	good := answer(q, "iss", h.URL)
	refused("somebody else's log-on, sent to a victim who began none", victim, good)
	h.begun(victim, "/")
	h.change(func() { h.nonce = q.Get("nonce") })
	refused("and to one who began one", victim, good)
	// None of that used it up, and nothing was asked of the provider.
	if h.gave != 0 {
		t.Errorf("the provider gave %d tokens", h.gave)
	}
	for what, at := range map[string]string{"another state": answer(url.Values{"state": {"guessed"}}, "iss", h.URL), "no state": back + "?code=a-code&iss=" + url.QueryEscape(h.URL)} {
		b := s.browser(t)
		h.begun(b, "/")
		refused(what, b, at)
	}
	for what, more := range map[string][]string{"another provider's answer": {"iss", "https://other.example"}, "whose answer it is not said": {}, "no code": {"iss", h.URL, "code", ""}, "an error": {"iss", h.URL, "error", "access_denied"}} {
		b := s.browser(t)
		refused(what, b, answer(h.begun(b, "/"), more...))
	}
	b := s.browser(t)
	q2 := h.begun(b, "/")
	refused("two states", b, answer(q2, "iss", h.URL)+"&state=another")
	if h.gave != 0 {
		t.Errorf("the provider gave %d tokens", h.gave)
	}
	h.change(func() { h.nonce = q.Get("nonce") })
	// The browser keeps what the attempt is, as one that does not heed that it is to be forgotten.
	cookies := mine.Jar.Cookies(mustURL(t, back))
	if p := mine.get(good); p.to != host+sub+"/" || !mine.in() {
		t.Fatalf("what is right: to %s, in %v\n%s", p.to, mine.in(), s.text())
	}
	if got := len(mine.Jar.Cookies(mustURL(t, back))); got != 1 {
		t.Errorf("it keeps %d cookies", got)
	}
	again := s.browser(t)
	again.Jar.SetCookies(mustURL(t, back), cookies)
	refused("the same answer once more", again, good)
	if h.gave != 1 {
		t.Errorf("the provider gave %d tokens", h.gave)
	}
	if v := h.asked[0]; v.Get("code_verifier") == "" || v.Get("redirect_uri") != back {
		t.Errorf("how the code was proved: %v", v)
	}
	// A session that somebody put into a victim's browser is none afterwards.
	fixed := s.browser(t)
	fixed.Jar.SetCookies(mustURL(t, host+sub+"/"), []*http.Cookie{{Name: "signet", Value: "chosen-by-somebody-else", Path: "/signet/"}})
	if fixed.get(answer(h.begun(fixed, "/"), "iss", h.URL)); !fixed.in() || strings.Contains(cookieText(fixed), "chosen-by") {
		t.Errorf("a session that was there before: %s", cookieText(fixed))
	}
	for _, method := range []string{"POST", "PUT", "HEAD", "DELETE"} {
		if p := s.browser(t).do(method, back, nil, ""); p.status != 405 {
			t.Errorf("%s: %d", method, p.status)
		}
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func cookieText(b *browser) (out string) {
	u, _ := url.Parse(host + sub + "/")
	for _, c := range b.Jar.Cookies(u) {
		out += c.String() + ";"
	}
	return out
}

// TestAttackSSOReturn: after a log-on a browser stays with this server, whatever the link was that it began with.
func TestAttackSSOReturn(t *testing.T) {
	t.Parallel()
	s, h := attacked(t)
	for to, want := range map[string]string{"/board?rule=a": "/board?rule=a", "https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/", `\/evil.example`: "/", "/\t/evil.example": "/", "javascript:alert(1)": "/", "evil.example": "/",
		"/a\r\nSet-Cookie: a=b": "/", "/" + strings.Repeat("a", 1500): "/", "": "/"} {
		b := s.browser(t)
		if p := b.get(answer(h.begun(b, to))); p.to != host+sub+want || !b.in() {
			t.Errorf("%q leads to %s", to, p.to)
		}
	}
}

// TestAttackSSOReach: what a discovery document names is reached by the rules of the flags: no other address of this machine, no metadata, no
// TLS left out, no redirect, no endless answer, and not this server itself.
func TestAttackSSOReach(t *testing.T) {
	t.Parallel()
	var reached []string
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached = append(reached, r.URL.Path) }))
	defer inner.Close()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(inner.URL, "http://"))
	h := newHostile(t)
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"} {
		for _, there := range []string{inner.URL + "/inner", "https://127.0.0.1:" + port + "/inner", "http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://[fd00:ec2::254]/", "http://10.0.0.1/", "http://localhost:" + port + "/",
			"https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "//127.0.0.1/", "", "https://user:pass@provider.example/"} {
			if name == "userinfo_endpoint" && there == "" { // there need be none
				continue
			}
			h.change(func() { h.say = map[string]any{name: there} })
			k, err := sso.New(h.config())
			if err != nil {
				t.Fatal(err)
			}
			if to, _, err := k.Begin(t.Context(), back); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: to %s, %v", name, there, to, err)
			}
		}
	}
	h.say = nil
	h.token = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, inner.URL+"/redirected", http.StatusTemporaryRedirect)
		return true
	}
	s := serve(t, h.config(), nil, false, "admins=admin")
	b := s.browser(t)
	if p := b.get(answer(h.begun(b, "/"))); p.to != host+sub+"/login?sso=away" || b.in() {
		t.Errorf("a redirect: %s", p.to)
	}
	h.change(func() { h.say = map[string]any{"more": strings.Repeat("a", 4<<20)} })
	endless, err := sso.New(h.config())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := endless.Begin(t.Context(), back); err == nil {
		t.Error("an endless answer is read")
	}
	if len(reached) > 0 {
		t.Errorf("it asked for %v", reached)
	}
	// By TLS: with a certificate that is trusted and whose key is long enough, and no other; what it names has to be https, too.
	for _, c := range []struct {
		what    string
		bits    int
		trusted bool
		say     map[string]any
		ok      bool
	}{
		{"a good certificate", 2048, true, nil, true},
		{"a short key", 1024, true, nil, false},
		{"one that nobody trusts", 2048, false, nil, false},
		{"keys without TLS", 2048, true, map[string]any{"jwks_uri": inner.URL + "/keys"}, false},
		{"another port of this machine", 2048, true, map[string]any{"token_endpoint": "https://127.0.0.1:" + port + "/token"}, false},
		{"a name of this machine", 2048, true, map[string]any{"token_endpoint": "https://localhost:" + port + "/token"}, false},
	} {
		h, roots := newHostileTLS(t, c.bits)
		h.say = c.say
		conf := h.config()
		if c.trusted {
			conf.Roots = roots
		} else {
			conf.Roots = x509.NewCertPool()
		}
		k, err := sso.New(conf)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err = k.Begin(t.Context(), back); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	// The rules of an issuer elsewhere, whose name leads to this machine by now: found out where the connection is made.
	k, err := sso.New(sso.Config{Issuer: "https://localhost.localdomain.example:" + port, ClientID: "signet"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Begin(t.Context(), back); err == nil {
		t.Error("a name that is not there is asked")
	}
	for _, bad := range []string{"http://provider.example", "http://10.0.0.1", "https://", "provider.example", "https://u:p@provider.example", "https://provider.example/?a=b", "https://provider.example/#a", "ftp://provider.example", "http://127.0.0.1.evil.example"} {
		if _, err := sso.New(sso.Config{Issuer: bad, ClientID: "signet"}); err == nil {
			t.Errorf("%s is taken for an issuer", bad)
		}
	}
}

// TestAttackSSORenewal: a renewal that names somebody else, or that is not good, ends the session; none makes another of it.
func TestAttackSSORenewal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		wrong func(h *hostile)
	}{
		{"somebody else", func(h *hostile) { h.claims["sub"] = "ada" }},
		{"another issuer", func(h *hostile) { h.claims["iss"] = "https://other.example" }},
		{"another audience", func(h *hostile) { h.claims["aud"] = "another-program" }},
		{"nobody at all", func(h *hostile) { h.sign = func([]byte) string { return "" } }},
		{"no group", func(h *hostile) { h.claims["groups"] = []string{} }},
	} {
		h := newHostile(t)
		clock := newClock()
		s := serve(t, h.config(), clock.now, false, "admins=admin")
		b := s.browser(t)
		if b.get(answer(h.begun(b, "/"))); !b.in() {
			t.Fatalf("%s: not in: %s", c.what, s.text())
		}
		h.change(func() { c.wrong(h) })
		clock.add(6 * time.Minute)
		s.RenewNow(t)
		if status, _ := b.call("GET", "session", nil); status != 401 {
			t.Errorf("%s: it goes on: %d", c.what, status)
		}
	}
}

// TestAttackSSOSecrets: what the provider and this server tell each other stands in no answer, no line and no file, whatever goes wrong.
func TestAttackSSOSecrets(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	h.rotates = true
	clock := newClock()
	s := serve(t, h.config(), clock.now, false, "admins=admin")
	b := s.browser(t)
	said := b.get(answer(h.begun(b, "/"))).text
	h.change(func() {
		h.token = func(w http.ResponseWriter, r *http.Request) bool { // it says what it was told
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadGateway)
			json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client", "error_description": r.PostForm.Encode() + r.Header.Get("Authorization") + secret})
			return true
		}
	})
	clock.add(6 * time.Minute)
	s.RenewNow(t)
	other := s.browser(t)
	said += other.get(answer(h.begun(other, "/"))).text
	for _, path := range []string{"/audit", "/users", "/me", "/settings", "/api/v1/audit", "/api/v1/users", "/api/v1/me/sessions"} {
		p := b.get(host + sub + path)
		if p.status != 200 {
			t.Errorf("%s: %d", path, p.status)
		}
		said += p.text
	}
	said += s.text()
	if !strings.Contains(said, "502 invalid_client") {
		t.Errorf("nothing went wrong: %s", s.text())
	}
	for _, no := range []string{secret, "refresh-me", "an-access-token-of", "a-code-of-the-provider", h.nonce, "sealed1:"} {
		if strings.Contains(said, no) {
			t.Errorf("%q is said", no)
		}
	}
	noSecrets(t, s)
}
