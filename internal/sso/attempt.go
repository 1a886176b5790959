package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Attempt is one log-on that has begun. All of it but where it leads is a secret of the browser that began it.
type Attempt struct {
	State    string `json:"state"`    // that the answer has to name
	Nonce    string `json:"nonce"`    // that the token has to name
	Verifier string `json:"verifier"` // of PKCE
	Callback string `json:"callback"` // where the answer goes to
}

// Begin begins a log-on whose answer is to come to a URL of this server, and says where the browser is to be sent. An error is an *Away.
func (k *Client) Begin(ctx context.Context, callback string) (to string, a Attempt, err error) {
	p, err := k.provider(ctx)
	if err != nil {
		return "", Attempt{}, err
	}
	a = Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Callback: callback}
	return k.oauth(p, callback).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Finish ends a log-on by the answer that its browser brings. It is for whoever calls it to see that no answer is taken twice. An error is a
// *Refusal or an *Away.
func (k *Client) Finish(ctx context.Context, a Attempt, answer url.Values) (Person, error) {
	for name, values := range answer {
		if len(values) > 1 && (name == "state" || name == "code" || name == "iss" || name == "error") {
			return Person{}, &Refusal{"the answer names something twice"}
		}
	}
	if a.State == "" || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.State)) != 1 {
		return Person{}, &Refusal{"the answer belongs to no log-on of this browser"}
	}
	p, err := k.provider(ctx)
	if err != nil {
		return Person{}, err
	}
	// RFC 9207: the answer of another provider is not taken to this one.
	if named := answer.Get("iss"); named != "" && named != k.c.Issuer || named == "" && p.said.Names {
		return Person{}, &Refusal{"the answer is not of this provider"}
	}
	if word := answer.Get("error"); word != "" {
		if final(word) {
			return Person{}, &Refusal{"the provider says " + word}
		}
		return Person{}, &Away{"it says that the log-on failed" + known(word)}
	}
	if answer.Get("code") == "" {
		return Person{}, &Refusal{"the answer has no code"}
	}
	token, err := k.oauth(p, a.Callback).Exchange(k.with(ctx), answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, k.refused(err)
	}
	of, err := k.identify(ctx, p, token)
	if err != nil {
		return Person{}, err
	}
	if of == nil {
		return Person{}, &Refusal{"the provider gave no ID token"}
	}
	if subtle.ConstantTimeCompare([]byte(of.Nonce), []byte(a.Nonce)) != 1 {
		return Person{}, &Refusal{"the ID token is of another log-on"}
	}
	return k.person(ctx, p, token, of)
}
