package sso

import (
	"cmp"
	"context"

	"golang.org/x/oauth2"
)

// Renew asks the provider once more for somebody who logged on: who they are, and which groups they have by now. A *Refusal says that the
// provider does not know them any more, or that it named somebody else; an *Away says nothing, and the person beside it has what may have come
// in the place of refresh all the same.
func (k *Client) Renew(ctx context.Context, subject, refresh string) (Person, error) {
	p, err := k.provider(ctx)
	if err != nil {
		return Person{}, err
	}
	token, err := k.oauth(p, "").TokenSource(k.with(ctx), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return Person{}, k.refused(err)
	}
	left := Person{Refresh: cmp.Or(token.RefreshToken, refresh)}
	of, err := k.identify(ctx, p, token)
	if err != nil {
		return left, err
	}
	if of != nil && of.Subject != subject {
		return Person{}, &Refusal{"the provider renewed somebody else"}
	}
	who, err := k.person(ctx, p, token, of)
	if err != nil {
		return left, err
	}
	if who.Subject != subject {
		return Person{}, &Refusal{"the provider renewed somebody else"}
	}
	who.Refresh = left.Refresh
	return who, nil
}
