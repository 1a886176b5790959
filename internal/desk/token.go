package desk

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet/internal/store"
)

// Token is what a program is known by, as it is shown.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Sites   []string  `json:"sites"` // IDs; empty: all
	Created time.Time `json:"created"`
	By      string    `json:"by"` // ID of who made it
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used,omitzero"` // last; to the minute
	Rev     uint64    `json:"-"`
}

// token is one as it is stored, under what its secret hashes to.
type token struct {
	Token
	UsedFrom string    `json:"used_from,omitempty"`
	Entered  time.Time `json:"entered,omitzero"` // when the audit log said last that it was used
}

// A token begins with tokenPrefix, so that those who look for secrets in files find it.
const tokenPrefix = "signet_"

const (
	tokenTime    = 90 * 24 * time.Hour // unless something else is said
	longestToken = 366 * 24 * time.Hour
	expiredShown = 30 * 24 * time.Hour
	mostTokens   = 1000
	usedEntered  = time.Hour // at most as often the audit log says that a token is used, from one address
)

// NewToken is a token to be made. Sites are IDs or names; without Expires it is good for 90 days.
type NewToken struct {
	Name    string
	Role    Role
	Sites   []string
	Expires time.Time
}

// TokenChange is what of a token is to be changed; nil: not that.
type TokenChange struct {
	Name    *string
	Role    *Role
	Sites   *[]string
	Expires *time.Time
}

// CreateToken makes a token; secret is given this once.
func (d *Desk) CreateToken(ctx context.Context, act Act, n NewToken) (made Token, secret string, err error) {
	if !Allow(act.Who, Administer, "") {
		return Token{}, "", ErrForbidden
	}
	random, _, err := newSecret(d.config.Random)
	if err != nil {
		return Token{}, "", err
	}
	secret = tokenPrefix + random
	hash := hashOf(secret)
	err = d.change(ctx, act, func(p *plan) error {
		id, err := d.newID()
		if err != nil {
			return err
		}
		if len(d.tokens.list()) >= mostTokens {
			return ErrTooMany
		}
		if n.Expires.IsZero() {
			n.Expires = p.now.Add(tokenTime)
		}
		t := token{Token: Token{ID: id, Created: p.now, By: act.Who.ID, Sites: []string{}}}
		if err := d.set(p, &t, TokenChange{&n.Name, &n.Role, &n.Sites, &n.Expires}); err != nil {
			return err
		}
		p.note("token.create", id, "role", t.Role.String(), "sites", strings.Join(t.Sites, " "), "expires", t.Expires.Format(time.RFC3339))
		return d.tokens.put(p, hash, 0, t)
	})
	if err != nil {
		return Token{}, "", err
	}
	k, err := d.tokens.get(hash)
	return tokenOf(k), secret, err
}

// set changes a token.
func (d *Desk) set(p *plan, t *token, c TokenChange) (err error) {
	if c.Name != nil {
		if t.Name, err = named("name", *c.Name, mostName); err != nil {
			return err
		}
	}
	if c.Role != nil {
		if t.Role = *c.Role; t.Role < Viewer || t.Role > Admin {
			return wrong("role", "is missing: want viewer, operator or admin")
		}
	}
	if c.Sites != nil {
		if t.Sites, err = d.siteIDs(*c.Sites); err != nil {
			return err
		}
	}
	if c.Expires != nil {
		t.Expires = c.Expires.UTC().Truncate(time.Second)
		if !t.Expires.After(p.now) {
			return wrong("expires", "is past")
		}
		if t.Expires.Sub(p.now) > longestToken {
			return wrong("expires", "is more than a year away")
		}
	}
	return nil
}

func tokenOf(k kept[token]) Token {
	t := k.v.Token
	t.Used = t.Used.Truncate(seenEvery)
	t.Rev = k.rev
	return t
}

// tokenBy finds a token by its ID.
func (d *Desk) tokenBy(id string, was uint64) (kept[token], error) {
	k, ok := d.tokens.find(func(t *token) bool { return t.ID == id })
	if !ok {
		return k, store.NoDocument("token", id)
	}
	if was != store.AnyRev && was != k.rev {
		return k, &store.Stale{Kind: "token", ID: id}
	}
	return k, nil
}

// Token gives one.
func (d *Desk) Token(id string) (Token, error) {
	k, err := d.tokenBy(id, store.AnyRev)
	return tokenOf(k), err
}

// Tokens lists them by ID, those that expired lately too.
func (d *Desk) Tokens() []Token {
	var list []Token
	for _, k := range d.tokens.list() {
		list = append(list, tokenOf(k))
	}
	slices.SortFunc(list, func(a, b Token) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// ChangeToken changes a token that stands at a revision. Its revision changes when it is used, too.
func (d *Desk) ChangeToken(ctx context.Context, act Act, id string, was uint64, c TokenChange) (Token, error) {
	if !Allow(act.Who, Administer, "") {
		return Token{}, ErrForbidden
	}
	err := d.change(ctx, act, func(p *plan) error {
		k, err := d.tokenBy(id, was)
		if err != nil {
			return err
		}
		t := k.v
		if err := d.set(p, &t, c); err != nil {
			return err
		}
		p.note("token.change", id, "role", t.Role.String(), "sites", strings.Join(t.Sites, " "), "expires", t.Expires.Format(time.RFC3339))
		return d.tokens.put(p, k.id, k.rev, t)
	})
	if err != nil {
		return Token{}, err
	}
	return d.Token(id)
}

// RemoveToken makes a token void.
func (d *Desk) RemoveToken(ctx context.Context, act Act, id string, was uint64) error {
	if !Allow(act.Who, Administer, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.tokenBy(id, was)
		if err != nil {
			return err
		}
		d.tokens.remove(p, k.id, k.rev)
		p.note("token.remove", id)
		return nil
	})
}

// ByToken tells who has a token; ErrNoToken. That it was used is written once a minute at most, and told to the audit log once an hour and
// when it comes from another address.
func (d *Desk) ByToken(ctx context.Context, secret string, from netip.Addr) (Who, error) {
	hash := hashOf(secret)
	k, err := d.tokens.get(hash)
	now := d.now()
	if err != nil || !now.Before(k.v.Expires) {
		if err := d.failed(ctx, from, "token", k.v.ID, "unknown or expired"); err != nil {
			return Who{}, err
		}
		return Who{}, ErrNoToken
	}
	who := Who{Via: ByToken, ID: k.v.ID, Name: k.v.Name, Role: k.v.Role, Sites: k.v.Sites}
	if address := network(from); now.Sub(k.v.Used) >= seenEvery || address != k.v.UsedFrom {
		err := unlessUnwritable(d.change(ctx, Act{who, from}, func(p *plan) error {
			k, err := d.tokens.get(hash)
			if err != nil {
				return ErrNoToken
			}
			t := k.v
			if now.Sub(t.Entered) >= usedEntered || address != t.UsedFrom {
				p.note("token", t.ID)
				t.Entered = now
			}
			t.Used, t.UsedFrom = now, address
			return d.tokens.put(p, hash, k.rev, t)
		}))
		if err != nil {
			return Who{}, err
		}
	}
	return who, nil
}
