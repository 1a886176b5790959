package signon_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"signet/internal/sso"
)

// hostile imitates an identity provider that is broken or taken over: real ones, as that of testdata, write no such tokens. By itself it does
// everything right, so that each test changes one thing.
type hostile struct {
	*httptest.Server
	key     *rsa.PrivateKey
	mu      sync.Mutex
	nonce   string
	say     map[string]any // of the discovery document, over what is right
	claims  map[string]any // of the ID token; nil as a value: left out
	names   bool           // itself in its answers
	sign    func(claims []byte) string
	gave    int                                               // tokens
	token   func(w http.ResponseWriter, r *http.Request) bool // answers in its place
	info    map[string]any                                    // what UserInfo says
	rotates bool                                              // each renewal gives another secret
	asked   []url.Values                                      // of the token endpoint
}

// hostileKey is what all of them sign with: making one takes a while.
var hostileKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h, mux := hostileOf()
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	return h
}

// newHostileTLS is one with a certificate of its own, whose key has so many bits.
func newHostileTLS(t *testing.T, bits int) (*hostile, *x509.CertPool) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(c)
	h, mux := hostileOf()
	h.Server = httptest.NewUnstartedServer(mux)
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	h.StartTLS()
	t.Cleanup(h.Close)
	return h, roots
}

func hostileOf() (*hostile, http.Handler) {
	key := hostileKey()
	h := &hostile{key: key, say: map[string]any{}, claims: map[string]any{}}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		doc := map[string]any{"issuer": h.URL, "authorization_endpoint": h.URL + "/auth", "token_endpoint": h.URL + "/token", "jwks_uri": h.URL + "/keys", "authorization_response_iss_parameter_supported": h.names,
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
		maps.Copy(doc, h.say)
		reply(w, doc)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/info", func(w http.ResponseWriter, _ *http.Request) { h.mu.Lock(); defer h.mu.Unlock(); reply(w, h.info) })
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		r.ParseForm()
		h.asked = append(h.asked, r.PostForm)
		if h.token != nil && h.token(w, r) {
			return
		}
		h.gave++
		now := time.Now()
		claims := map[string]any{"iss": h.URL, "sub": "mallory", "aud": "signet", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": h.nonce, "groups": []string{"admins"}}
		for k, v := range h.claims {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		body, err := json.Marshal(claims)
		if err != nil {
			panic(err)
		}
		sign := h.sign
		if sign == nil {
			sign = func(b []byte) string { return signed(jose.RS256, jose.JSONWebKey{Key: key, KeyID: "1"}, b) }
		}
		refresh := "refresh-me"
		if h.rotates {
			refresh = fmt.Sprint("refresh-me-", h.gave)
		}
		answer := map[string]any{"access_token": "an-access-token-of-the-provider", "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh}
		if token := sign(body); token != "" {
			answer["id_token"] = token
		}
		reply(w, answer)
	})
	return h, mux
}

func (h *hostile) change(how func()) { h.mu.Lock(); defer h.mu.Unlock(); how() }

// signed is a token over claims.
func signed(alg jose.SignatureAlgorithm, key any, claims []byte) string {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		panic(err)
	}
	j, err := s.Sign(claims)
	if err != nil {
		panic(err)
	}
	token, err := j.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

// config is that of a server whose provider it is.
func (h *hostile) config() sso.Config {
	return sso.Config{Issuer: h.URL, ClientID: "signet", Secret: secret}
}

// begun is a log-on that a browser began, up to where the provider would ask who it is.
func (h *hostile) begun(b *browser, to string) url.Values {
	b.t.Helper()
	p := b.get(host + sub + "/oidc/login?to=" + url.QueryEscape(to))
	u, err := url.Parse(p.to)
	if err != nil || p.status != 303 || u.Path != "/auth" {
		b.t.Fatalf("it leads to %d %s", p.status, p.to)
	}
	q := u.Query()
	h.change(func() { h.nonce = q.Get("nonce") })
	return q
}

// answer is where a provider sends a browser back to.
func answer(q url.Values, more ...string) string {
	v := url.Values{"state": {q.Get("state")}, "code": {"a-code-of-the-provider"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return back + "?" + v.Encode()
}
