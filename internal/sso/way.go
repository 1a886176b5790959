package sso

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/oauth2"

	"signet/internal/reach"
)

const (
	dialTime   = 5 * time.Second
	wholeTime  = 10 * time.Second // for one request, its answer read
	mostAnswer = 1 << 20          // bytes of it
)

// client is the one that asks the provider.
func (k *Client) client() *http.Client {
	t := &http.Transport{DialContext: k.dial, TLSClientConfig: reach.TLS("", k.c.Roots), ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second}
	return &http.Client{Transport: &way{k, t}, Timeout: wholeTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// way is a RoundTripper that goes nowhere else than a provider may name, and reads no more than an answer may have.
type way struct {
	k  *Client
	by http.RoundTripper
}

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := w.k.mayName(r.URL.String()); err != nil {
		return nil, err
	}
	answer, err := w.by.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{answer.Body, mostAnswer}
	return answer, nil
}

// bounded is a body that is no longer than it may be.
type bounded struct {
	io.ReadCloser
	left int
}

var errLong = errors.New("its answer is longer than any of the kind")

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errLong
	}
	return n, err
}

// mayName tells whether a provider may name a URL as its own: https, and no address that nothing leads to. One that the flags put on this
// machine stays where they put it.
func (k *Client) mayName(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return errors.New("it is no URL")
	case u.User != nil || u.Fragment != "":
		return errors.New("it has a user or a fragment")
	case k.itself(u.Scheme, u.Hostname(), u.Port()):
		return nil
	case k.issuer.Scheme == "http":
		return errors.New("it is not at the issuer's own address, which has no TLS")
	case u.Scheme != "https":
		return errors.New("it is not https")
	}
	return reach.Literal(u.Hostname())
}

// itself tells whether that is where the flags say that the issuer is.
func (k *Client) itself(scheme, host, port string) bool {
	i := k.issuer
	return scheme == i.Scheme && strings.EqualFold(host, i.Hostname()) && orUsual(port, scheme) == orUsual(i.Port(), i.Scheme)
}

func orUsual(port, scheme string) string {
	switch {
	case port != "":
		return port
	case scheme == "http":
		return "80"
	}
	return "443"
}

// dial connects to where the provider is. The kernel is asked last which address that is. This machine is reached where the flags name the
// very host and port, by whatever name; its link, and where clouds keep the keys of their machines, nobody reaches.
func (k *Client) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	itself := k.itself(k.issuer.Scheme, host, port)
	d := &net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := reach.Plain(address)
		if err != nil {
			return err
		}
		if why := reach.Refused(at.Addr()); why != "" && !(itself && at.Addr().IsLoopback()) {
			return &reach.Out{At: at.Addr().String(), Why: why}
		}
		if reach.Own(at, k.Own) {
			return &reach.Out{At: at.String(), Why: "this server itself"}
		}
		return nil
	}}
	return d.DialContext(ctx, "tcp", address)
}

// Away is a provider that could not be asked, or did not answer as one does: nothing is known of anybody by that.
type Away struct{ Why string }

func (e *Away) Error() string { return "the identity provider does not answer: " + e.Why }

// Refusal is a log-on, or a renewal, that the provider refused, or that is none of its. Why is a fixed text, or a word that OAuth defines.
type Refusal struct{ Why string }

func (e *Refusal) Error() string { return e.Why }

// away is an Away without what the other side may have written into an error.
func (k *Client) away(what string, err error) error {
	var out *reach.Out
	var dns *net.DNSError
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	why := "it is not as it should be"
	switch {
	case errors.As(err, &out):
		why = out.Error()
	case errors.Is(err, errLong):
		why = errLong.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		why = "no answer in time"
	case errors.As(err, &dns):
		why = "its name is not known"
	case errors.As(err, &op):
		why = "no connection: " + op.Err.Error()
	}
	return &Away{what + ": " + why}
}

// final are the words by which a provider says no for good: whatever else it says may pass.
func final(word string) bool {
	switch word {
	case "invalid_grant", "access_denied", "interaction_required", "login_required", "consent_required", "account_selection_required":
		return true
	}
	return false
}

// refused is what a token endpoint that gave no token said.
func (k *Client) refused(err error) error {
	if said, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if final(said.ErrorCode) {
			return &Refusal{"the provider says " + said.ErrorCode}
		}
		if said.Response != nil {
			return &Away{fmt.Sprintf("its token endpoint: %d%s", said.Response.StatusCode, known(said.ErrorCode))}
		}
	}
	return k.away("its token endpoint", err)
}

// known is a word of RFC 6749 behind a space, or nothing: other words are the provider's own.
func known(word string) string {
	switch word {
	case "invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "server_error", "temporarily_unavailable":
		return " " + word
	}
	return ""
}
