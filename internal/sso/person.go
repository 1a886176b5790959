package sso

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Person is who a provider says that somebody is.
type Person struct {
	Issuer, Subject string    // together who it is, for good
	Name            string    // how people call them; it may change, and be that of another person
	Groups          []string  // as the provider names them
	Refresh         string    // what renews it, a secret; empty: nothing does
	Until           time.Time // the ID token holds until then; zero: there was none
	Due             time.Time // it is to be renewed by then: the first of its tokens ends; zero: none says when
}

const (
	mostGroups  = 5000 // of one person
	mostSubject = 255  // characters, as OpenID Connect has it
)

// keys are those that a provider signs with. That they could not be fetched is told from a signature that none of them made: by the context,
// since the library makes one text of both.
type keys struct{ of oidc.KeySet }

type fetchKey struct{}

// fetch is how the keys were fetched, for one token.
type fetch struct{ err error }

func (s *keys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := s.of.VerifySignature(ctx, jwt)
	if f, ok := ctx.Value(fetchKey{}).(*fetch); ok && errors.Unwrap(err) != nil { // a signature that is not good wraps nothing
		f.err = err
	}
	return payload, err
}

// identify holds the ID token of an answer against the provider's keys, and what it says of itself against who asked. nil: there is none.
func (k *Client) identify(ctx context.Context, p *provider, t *oauth2.Token) (*oidc.IDToken, error) {
	raw, _ := t.Extra("id_token").(string)
	if raw == "" {
		return nil, nil
	}
	var keys fetch
	of, err := p.check.Verify(context.WithValue(k.with(ctx), fetchKey{}, &keys), raw)
	if err != nil {
		if keys.err != nil {
			return nil, k.away("its keys", keys.err)
		}
		return nil, &Refusal{"the ID token is not good"}
	}
	var more struct {
		For string `json:"azp"`
	}
	if err := of.Claims(&more); err != nil {
		return nil, &Refusal{"the ID token is not good"}
	}
	if more.For != "" && more.For != k.c.ClientID || more.For == "" && len(of.Audience) > 1 {
		return nil, &Refusal{"the ID token was made for another program"}
	}
	if of.AccessTokenHash != "" && of.VerifyAccessToken(t.AccessToken) != nil {
		return nil, &Refusal{"the ID token belongs to another access token"}
	}
	if len(of.Subject) > mostSubject {
		return nil, &Refusal{"the ID token names somebody by more than any name has"}
	}
	return of, nil
}

// claims are what of somebody is read.
type claims struct {
	Preferred string `json:"preferred_username"`
	Full      string `json:"name"`
	Email     string `json:"email"`
	UPN       string `json:"upn"`
}

// person puts together what an ID token and, where that leaves out the groups, the UserInfo of the same person say.
func (k *Client) person(ctx context.Context, p *provider, t *oauth2.Token, of *oidc.IDToken) (Person, error) {
	who := Person{Issuer: k.c.Issuer, Refresh: t.RefreshToken}
	var c claims
	told := false
	if of != nil {
		who.Subject, who.Until = of.Subject, of.Expiry
		var err error
		if who.Groups, told, err = k.read(of.Claims, &c); err != nil {
			return Person{}, err
		}
	}
	if !told && p.UserInfoEndpoint() != "" {
		info, err := p.UserInfo(k.with(ctx), oauth2.StaticTokenSource(t))
		if err != nil {
			return Person{}, k.away("its UserInfo endpoint", err)
		}
		if info.Subject == "" || who.Subject != "" && info.Subject != who.Subject {
			return Person{}, &Refusal{"the UserInfo is of somebody else"}
		}
		who.Subject = info.Subject
		if who.Groups, _, err = k.read(info.Claims, &c); err != nil {
			return Person{}, err
		}
	}
	if who.Subject == "" {
		return Person{}, &Refusal{"the provider does not say who it is"}
	}
	if who.Due = who.Until; who.Due.IsZero() || !t.Expiry.IsZero() && t.Expiry.Before(who.Due) {
		who.Due = t.Expiry
	}
	who.Name = cmp.Or(c.Preferred, c.UPN, c.Email, c.Full, who.Subject)
	return who, nil
}

// read reads claims, and the groups among them: a list of texts, or one text. told is false where they are not there.
func (k *Client) read(claims func(any) error, into *claims) (groups []string, told bool, err error) {
	var all map[string]json.RawMessage
	if claims(into) != nil || claims(&all) != nil {
		return nil, false, &Refusal{"the claims cannot be read"}
	}
	raw, there := all[k.c.Groups]
	if !there {
		return nil, false, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true, nil
	}
	if json.Unmarshal(raw, &groups) != nil || len(groups) > mostGroups {
		return nil, false, &Refusal{"the claim of groups is no list of names"}
	}
	return slices.Compact(slices.Sorted(slices.Values(groups))), true, nil
}
