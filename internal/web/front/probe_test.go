package front

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestProbe: a probe finds the server of its own settings, however that is reached, and takes no other for it.
func TestProbe(t *testing.T) {
	cert, key := certificate(t, rsaKey(t, 2048), x509.SHA256WithRSA)
	other, otherKey := certificate(t, rsaKey(t, 2048), x509.SHA256WithRSA)
	for _, c := range []struct {
		name   string
		serves Config
		asks   func(*Config)
		want   string
	}{
		{"plain", Config{Listen: "127.0.0.1:0"}, nil, ""},
		{"below a path", Config{Listen: "127.0.0.1:0", URL: "https://tools.example/signet", Proxies: []string{"127.0.0.1"}}, nil, ""},
		{"TLS on all addresses", Config{Listen: "0.0.0.0:0", Cert: cert, Key: key}, nil, ""},
		{"another certificate", Config{Listen: "127.0.0.1:0", Cert: cert, Key: key}, func(c *Config) { c.Cert, c.Key = other, otherKey }, "another certificate"},
		{"no TLS where there is some", Config{Listen: "127.0.0.1:0", Cert: cert, Key: key}, func(c *Config) { c.Cert, c.Key = "", "" }, "400"},
		{"nobody", Config{Listen: "127.0.0.1:0"}, func(c *Config) { c.Listen = "127.0.0.1:1" }, "refused"},
	} {
		s, err := New(c.serves)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- s.Serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !IsHealth(r.URL.Path) {
					w.WriteHeader(http.StatusNotFound)
				}
			}))
		}()
		asks := c.serves
		asks.Listen = strings.TrimSuffix(asks.Listen, "0") + s.reach.port
		if c.asks != nil {
			c.asks(&asks)
		}
		if err := Probe(t.Context(), asks); err == nil != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	var wrong *ConfigError
	if err := Probe(t.Context(), Config{Listen: "nowhere"}); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
}
