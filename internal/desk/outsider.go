package desk

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet/internal/store"
	"signet/internal/text"
)

// Outsider is somebody whom an identity provider knows, as it named them just now.
type Outsider struct {
	Issuer, Subject string // who it is
	Name            string // what people call them
	Grants          []Grant
	Refresh         string    // the secret by which the provider renews them; empty: it does not
	Due             time.Time // it is asked to by then
	Ends            time.Time // the session ends then, unless it was renewed
}

// Errors of people whom an identity provider knows.
var (
	ErrNoGrant  = errors.New("no group of theirs is given a role here")
	ErrOutside  = errors.New("its identity provider says who it is and what it may do")
	ErrLocalOff = errors.New("local accounts are switched off here: log on by single sign-on")
)

// Kinds of users.
const (
	Local   = "local" // by a password of this desk
	Outside = "sso"   // by an identity provider
)

// outside is what keeps the session of an outsider going.
type outside struct {
	Sealed string    `json:"sealed,omitempty"` // Outsider.Refresh
	Due    time.Time `json:"due,omitzero"`
	Ends   time.Time `json:"ends"`
}

func refreshPlace(session string) string { return "session/" + session + "/refresh" }

// SignOn begins a session of somebody whom the identity provider just named, in the place of the one whose secret is old. Who was not seen
// before becomes a user: one of its own, whatever others are called. Whom no grant is left is ErrNoGrant.
func (d *Desk) SignOn(ctx context.Context, o Outsider, from netip.Addr, agent, old string) (who Who, secret string, err error) {
	secret, hash, err := newSecret(d.config.Random)
	if err != nil {
		return Who{}, "", err
	}
	err = d.change(ctx, Act{From: from}, func(p *plan) error {
		u, err := d.admit(p, &o)
		if err != nil {
			return err
		}
		s := session{User: u.id, Created: p.now, Seen: p.now, Address: network(from), Agent: text.Cut(text.OneLine(strings.ToValidUTF8(agent, "?")), mostAgent)}
		if s.ID, err = d.newID(); err != nil {
			return err
		}
		if s.Outside, err = d.keeping(hash, &o); err != nil {
			return err
		}
		if old != "" {
			if k, err := d.sessions.get(hashOf(old)); err == nil {
				d.sessions.remove(p, k.id, k.rev)
			}
		}
		d.makeRoom(p, u.id)
		who = d.whoIs(u, hash)
		p.entries = append(p.entries, Entry{Action: "logon", Actor: u.id, Object: s.ID, Result: "ok", Detail: map[string]string{"by": Outside}})
		return d.sessions.put(p, hash, 0, s)
	})
	if errors.Is(err, ErrNoGrant) {
		err = errors.Join(err, d.SignOnFailed(ctx, from, "no group with a role"))
	}
	if err != nil {
		return Who{}, "", err
	}
	return who, secret, nil
}

// SignOnFailed enters a log-on by the identity provider that came to nothing; why is a text of ours.
func (d *Desk) SignOnFailed(ctx context.Context, from netip.Addr, why string) error {
	return d.failed(ctx, from, "logon", "", Outside+": "+why)
}

// keeping is what of an outsider is kept with a session.
func (d *Desk) keeping(hash string, o *Outsider) (*outside, error) {
	out := &outside{Ends: o.Ends}
	if o.Refresh == "" {
		return out, nil
	}
	if d.config.Sealer == nil {
		return nil, ErrNoKey
	}
	out.Sealed, out.Due = d.config.Sealer.Seal(refreshPlace(hash), o.Refresh), o.Due
	return out, nil
}

// admit plans what a user of an identity provider is from now on.
func (d *Desk) admit(p *plan, o *Outsider) (kept[user], error) {
	role, sites, grants := d.added(o.Grants)
	if role == NoRole {
		return kept[user]{}, ErrNoGrant
	}
	name := outsiderName(o)
	k, known := d.users.find(func(u *user) bool { return u.Kind == Outside && u.Issuer == o.Issuer && u.Subject == o.Subject })
	if !known {
		u := user{User: User{Kind: Outside, Issuer: o.Issuer, Subject: o.Subject, Name: name, Role: role, Sites: sites, Grants: grants}}
		made, err := d.addUser(p, u)
		u.User = made
		p.entries = append(p.entries, Entry{Action: "user.create", Actor: made.ID, Object: made.ID, Result: "ok", Detail: map[string]string{"by": Outside, "role": role.String(), "sites": strings.Join(sites, " ")}})
		return kept[user]{id: made.ID, v: u}, err
	}
	same := func(a, b Grant) bool { return a.Role == b.Role && slices.Equal(a.Sites, b.Sites) }
	if k.v.Name == name && k.v.Role == role && slices.Equal(k.v.Sites, sites) && slices.EqualFunc(k.v.Grants, grants, same) {
		return k, nil
	}
	if k.v.Role != role || !slices.Equal(k.v.Sites, sites) || !slices.EqualFunc(k.v.Grants, grants, same) {
		p.entries = append(p.entries, Entry{Action: "user.change", Actor: k.id, Object: k.id, Result: "ok", Detail: map[string]string{"by": Outside, "role": role.String(), "sites": strings.Join(sites, " ")}})
	}
	k.v.Name, k.v.Role, k.v.Sites, k.v.Grants = name, role, sites, grants
	return k, d.users.put(p, k.id, k.rev, k.v)
}

// outsiderName is a name as users have them, whatever the provider says.
func outsiderName(o *Outsider) string {
	for _, s := range []string{o.Name, o.Subject} {
		if name, err := userName(text.Cut(text.OneLine(strings.ToValidUTF8(s, "?")), mostName-1)); err == nil {
			return name
		}
	}
	return "a user without a name"
}

// added are grants together: the highest role, the sites of all (empty: all there are), and the grants themselves where one role and one list
// of sites do not say it. A site that is not there is left out, and a grant for such alone is none: it is not one for all.
func (d *Desk) added(list []Grant) (role Role, sites []string, grants []Grant) {
	sites = []string{}
	everywhere := false
	for at := Admin; at > NoRole && !everywhere; at-- { // the highest role first: what a lower one adds is sites
		more := []string{}
		for _, g := range list {
			if g.Role != at {
				continue
			}
			everywhere = everywhere || len(g.Sites) == 0
			for _, s := range g.Sites {
				if k, ok := d.site(s); ok && !slices.Contains(sites, k.id) && !slices.Contains(more, k.id) {
					more = append(more, k.id)
				}
			}
		}
		switch {
		case everywhere:
			more = []string{}
		case len(more) == 0:
			continue
		}
		slices.Sort(more)
		role, grants, sites = max(role, at), append(grants, Grant{at, more}), append(sites, more...)
	}
	if everywhere {
		sites = []string{}
	}
	slices.Sort(sites)
	if len(grants) == 1 {
		grants = nil
	}
	return role, sites, grants
}

// Renewal is a session that the identity provider is to be asked about.
type Renewal struct {
	Session string // for Renewed and the like
	Subject string
	Refresh string // a secret; empty: it cannot be opened
}

// Renewals lists the sessions that are due, and says when the next one is; zero: none is.
func (d *Desk) Renewals() (due []Renewal, next time.Time) {
	now := d.now()
	for _, k := range d.sessions.list() {
		o := k.v.Outside
		if o == nil || o.Sealed == "" || d.ended(&k.v, now) {
			continue
		}
		if now.Before(o.Due) {
			if next.IsZero() || o.Due.Before(next) {
				next = o.Due
			}
			continue
		}
		u, err := d.users.get(k.v.User)
		if err != nil || !d.welcome(&u.v) { // what another provider gave is not shown to this one
			continue
		}
		r := Renewal{Session: k.id, Subject: u.v.Subject}
		if d.config.Sealer != nil {
			r.Refresh, _ = d.config.Sealer.Open(refreshPlace(k.id), o.Sealed) // with another key there is none
		}
		due = append(due, r)
	}
	return due, next
}

// Renewed keeps a session on, for somebody whom the provider named once more: with the groups that they have now. Whom no grant is left is
// ErrNoGrant, and the session has ended.
func (d *Desk) Renewed(ctx context.Context, of string, o Outsider) error {
	err := d.renewing(ctx, of, func(p *plan, k kept[session]) error {
		if _, err := d.admit(p, &o); err != nil {
			return err
		}
		var err error
		if k.v.Outside, err = d.keeping(k.id, &o); err != nil {
			return err
		}
		return d.sessions.put(p, k.id, k.rev, k.v)
	})
	if errors.Is(err, ErrNoGrant) {
		err = errors.Join(err, d.NotRenewed(ctx, of, "no group with a role"))
	}
	return err
}

// Exchanged keeps the secret that came in the place of another, of a session that could not be renewed all the same.
func (d *Desk) Exchanged(ctx context.Context, of, refresh string) error {
	return d.renewing(ctx, of, func(p *plan, k kept[session]) error {
		o := *k.v.Outside
		o.Sealed = d.config.Sealer.Seal(refreshPlace(k.id), refresh)
		k.v.Outside = &o
		return d.sessions.put(p, k.id, k.rev, k.v)
	})
}

// NotRenewed ends a session that the provider keeps on no more; why is a text of ours.
func (d *Desk) NotRenewed(ctx context.Context, of, why string) error {
	return d.renewing(ctx, of, func(p *plan, k kept[session]) error {
		d.sessions.remove(p, k.id, k.rev)
		p.entries = append(p.entries, Entry{Action: "session.end", Actor: k.v.User, Object: k.v.ID, Result: "ok", Detail: map[string]string{"by": Outside, "why": why}})
		return nil
	})
}

// renewing changes a session of an outsider that is still there.
func (d *Desk) renewing(ctx context.Context, of string, how func(*plan, kept[session]) error) error {
	return d.change(ctx, Act{Who: System()}, func(p *plan) error {
		k, err := d.sessions.get(of)
		if errors.Is(err, store.ErrUnknown) || err == nil && k.v.Outside == nil {
			return nil // it was ended meanwhile
		}
		if err != nil {
			return err
		}
		return how(p, k)
	})
}
