package sso

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config says which provider, and what this program is to it.
type Config struct {
	Issuer   string   // its URL, to the letter as its tokens name it
	ClientID string   // of this program, there
	Secret   string   // of this program; empty: a public client, which PKCE alone proves
	Scopes   []string // besides openid; nil: profile, email, and offline_access where the provider knows it
	Groups   string   // the claim that names somebody's groups; empty: groups

	Roots *x509.CertPool   // nil: those of the system
	Now   func() time.Time // nil: time.Now
}

// ConfigError is a Config that no provider can be asked by. Field is named as a flag is, without what all of them begin with.
type ConfigError struct{ Field, Text string }

func (e *ConfigError) Error() string { return e.Field + ": " + e.Text }

// Client is one provider. Its methods may be called from any goroutine.
type Client struct {
	Own []netip.AddrPort // where this server listens: nothing that a provider names leads there. Set before it is used

	c      Config
	issuer *url.URL
	http   *http.Client

	mu    sync.Mutex
	known *provider
}

// provider is what a provider says of itself.
type provider struct {
	*oidc.Provider
	auth  oauth2.Endpoint
	check *oidc.IDTokenVerifier
	said  document
	until time.Time // it is asked again then
}

// document is what of its discovery document is not the library's to read.
type document struct {
	JWKS   string   `json:"jwks_uri"`
	Scopes []string `json:"scopes_supported"`
	Proofs []string `json:"token_endpoint_auth_methods_supported"`
	Names  bool     `json:"authorization_response_iss_parameter_supported"` // itself, in its answers: RFC 9207
}

const knownFor = time.Hour // that what a provider says of itself is believed

// New makes a client; the provider is asked when somebody logs on. A *ConfigError says what is wrong.
func New(c Config) (*Client, error) {
	u, err := issuer(c.Issuer)
	if err != nil {
		return nil, err
	}
	if c.ClientID == "" {
		return nil, &ConfigError{"client-id", "is missing: it is what the provider calls this server"}
	}
	if c.Groups == "" {
		c.Groups = "groups"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	k := &Client{c: c, issuer: u}
	k.http = k.client()
	return k, nil
}

// issuer reads the URL of a provider: https, or http where it is on this machine.
func issuer(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, &ConfigError{"issuer", fmt.Sprintf("%.200q is no URL: want https://HOST or https://HOST/PATH", s)}
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, &ConfigError{"issuer", "want a scheme, a host and a path alone"}
	case u.Scheme == "http" && !onThisMachine(u):
		return nil, &ConfigError{"issuer", "want https: without TLS whoever is on the way says who somebody is"}
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, &ConfigError{"issuer", "want https"}
	}
	return u, nil
}

// onThisMachine tells whether a URL names this machine by an address of its loopback, or as localhost.
func onThisMachine(u *url.URL) bool {
	a, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// Issuer is the URL that the provider's tokens name.
func (k *Client) Issuer() string { return k.c.Issuer }

// with is a context in which the libraries ask by this client's own way.
func (k *Client) with(ctx context.Context) context.Context { return oidc.ClientContext(ctx, k.http) }

// algorithms are those that a token may be signed with: by keys of the provider's own. With none, or with one that both sides know, anybody
// who knows the client's secret, or nothing at all, could write tokens.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// provider is what the provider says of itself, asked anew now and then. One that cannot be asked again is believed as it was.
func (k *Client) provider(ctx context.Context) (*provider, error) {
	k.mu.Lock()
	known := k.known
	k.mu.Unlock()
	now := k.c.Now()
	if known != nil && now.Before(known.until) {
		return known, nil
	}
	p, err := k.discover(ctx)
	if err != nil {
		if known != nil {
			return known, nil
		}
		return nil, err
	}
	p.until = now.Add(knownFor)
	k.mu.Lock()
	k.known = p
	k.mu.Unlock()
	return p, nil
}

func (k *Client) discover(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(k.with(ctx), k.c.Issuer)
	if err != nil {
		return nil, k.away("its discovery document", err)
	}
	p := &provider{Provider: found, auth: found.Endpoint()}
	if err := found.Claims(&p.said); err != nil {
		return nil, k.away("its discovery document", err)
	}
	for _, named := range []struct{ what, url string }{{"authorization_endpoint", p.auth.AuthURL}, {"token_endpoint", p.auth.TokenURL}, {"jwks_uri", p.said.JWKS}, {"userinfo_endpoint", found.UserInfoEndpoint()}} {
		if named.url == "" && named.what == "userinfo_endpoint" {
			continue
		}
		if err := k.mayName(named.url); err != nil {
			return nil, &Away{"its discovery document names a " + named.what + " that cannot be one: " + err.Error()}
		}
	}
	p.auth.AuthStyle = oauth2.AuthStyleInHeader
	if k.c.Secret == "" || len(p.said.Proofs) > 0 && !slices.Contains(p.said.Proofs, "client_secret_basic") {
		p.auth.AuthStyle = oauth2.AuthStyleInParams
	}
	p.check = oidc.NewVerifier(k.c.Issuer, &keys{oidc.NewRemoteKeySet(k.with(context.WithoutCancel(ctx)), p.said.JWKS)}, &oidc.Config{ClientID: k.c.ClientID, SupportedSigningAlgs: algorithms(), Now: k.c.Now})
	return p, nil
}

// scopes are what is asked for.
func (k *Client) scopes(p *provider) []string {
	list := []string{oidc.ScopeOpenID}
	switch {
	case k.c.Scopes != nil:
		list = append(list, k.c.Scopes...)
	case slices.Contains(p.said.Scopes, oidc.ScopeOfflineAccess):
		list = append(list, "profile", "email", oidc.ScopeOfflineAccess)
	default:
		list = append(list, "profile", "email")
	}
	return list
}

func (k *Client) oauth(p *provider, callback string) *oauth2.Config {
	return &oauth2.Config{ClientID: k.c.ClientID, ClientSecret: k.c.Secret, Endpoint: p.auth, RedirectURL: callback, Scopes: k.scopes(p)}
}
