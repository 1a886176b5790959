package desk

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet/internal/store"
	"signet/internal/text"
)

// Session is somebody logged on, as it is shown.
type Session struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"` // to the minute
	Ends    time.Time `json:"ends"` // at the latest
	Address string    `json:"address"`
	Agent   string    `json:"agent"` // as the browser called itself
	Current bool      `json:"current"`
}

// session is one as it is stored, under what its secret hashes to.
type session struct {
	ID      string    `json:"id"`
	User    string    `json:"user"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
	Outside *outside  `json:"outside,omitempty"` // of an outsider

	saved time.Time // what of Seen is stored; zero: all
}

const (
	mostSessions = 50 // of one user; the one that was not used for longest makes room
	mostAgent    = 200
	seenEvery    = time.Minute // at most as often is it written that something was used
)

// ended tells whether a session is over.
func (d *Desk) ended(s *session, now time.Time) bool {
	return now.Sub(s.Seen) >= d.config.Idle || now.Sub(s.Created) >= d.config.Longest || s.Outside != nil && !now.Before(s.Outside.Ends)
}

// Logon is somebody who wants to log on.
type Logon struct {
	Name, Password string
	From           netip.Addr
	Agent          string
	Old            string // the secret of a session that this one takes the place of
}

// LogOn checks a password and begins a session. secret is what its cookie says; it is never the same as before. A wrong name is ErrWrong as a
// wrong password is, and takes as long; who tries too often is *TooSoon.
func (d *Desk) LogOn(ctx context.Context, l Logon) (who Who, secret string, err error) {
	if d.config.NoLocal {
		return Who{}, "", ErrLocalOff
	}
	k, err := d.prove(ctx, l.Name, l.Password, l.From)
	if err != nil {
		return Who{}, "", err
	}
	secret, hash, err := newSecret(d.config.Random)
	if err != nil {
		return Who{}, "", err
	}
	err = d.change(ctx, Act{From: l.From}, func(p *plan) error {
		now, err := d.users.get(k.id)
		if err != nil || now.v.Password != k.v.Password { // it was removed, or has another password, since it was checked
			return ErrWrong
		}
		id, err := d.newID()
		if err != nil {
			return err
		}
		if l.Old != "" {
			if old, err := d.sessions.get(hashOf(l.Old)); err == nil {
				d.sessions.remove(p, old.id, old.rev)
			}
		}
		d.makeRoom(p, k.id)
		s := session{ID: id, User: k.id, Created: p.now, Seen: p.now, Address: network(l.From), Agent: text.Cut(text.OneLine(strings.ToValidUTF8(l.Agent, "?")), mostAgent)}
		who = d.whoIs(now, hash)
		p.entries = append(p.entries, Entry{Action: "logon", Actor: k.id, Object: id, Result: "ok"})
		return d.sessions.put(p, hash, 0, s)
	})
	if err != nil {
		return Who{}, "", err
	}
	return who, secret, nil
}

// makeRoom plans to take away the sessions of a user that ended, and the oldest of too many.
func (d *Desk) makeRoom(p *plan, user string) {
	var theirs []kept[session]
	for _, k := range d.sessions.list() {
		if k.v.User != user || p.planned(d.sessions.kind, k.id) {
			continue
		}
		if d.ended(&k.v, p.now) {
			d.sessions.remove(p, k.id, k.rev)
			continue
		}
		theirs = append(theirs, k)
	}
	slices.SortFunc(theirs, func(a, b kept[session]) int { return a.v.Seen.Compare(b.v.Seen) })
	for len(theirs) >= mostSessions {
		d.sessions.remove(p, theirs[0].id, theirs[0].rev)
		theirs = theirs[1:]
	}
}

// planned tells whether a plan changes a document already.
func (p *plan) planned(kind, id string) bool {
	return slices.ContainsFunc(p.changes, func(c change) bool { return c.edit.Kind == kind && c.edit.ID == id })
}

// prove finds the user of a name whose password it is.
func (d *Desk) prove(ctx context.Context, name, password string, from netip.Addr) (kept[user], error) {
	k, known := d.byName(name)
	here := false
	if known {
		now := d.now()
		_, here = d.sessions.find(func(s *session) bool { return s.User == k.id && s.Address == network(from) && !d.ended(s, now) })
	}
	keys := keysOf(hashOf(folded(name)), from, here)
	wait, ok := d.pace.enter(d.now(), keys)
	if !ok {
		return kept[user]{}, &TooSoon{wait}
	}
	if wait > 0 {
		if err := d.config.Wait(ctx, wait); err != nil {
			return kept[user]{}, err
		}
	}
	hash := d.nobody
	if known {
		hash = k.v.Password
	}
	same, err := d.matches(ctx, hash, password)
	if err != nil {
		return kept[user]{}, err
	}
	if !same || !known {
		why := "wrong password"
		if !known {
			why = "unknown name"
		}
		if err := d.failed(ctx, from, "logon", k.id, why); err != nil {
			return kept[user]{}, err
		}
		return kept[user]{}, ErrWrong
	}
	d.pace.passed(keys)
	return k, nil
}

// BySession tells who has the session of a secret; ErrNoSession. What the user may is as it stands now.
func (d *Desk) BySession(ctx context.Context, secret string) (Who, error) {
	hash := hashOf(secret)
	k, err := d.sessions.get(hash)
	if err != nil {
		return Who{}, ErrNoSession
	}
	now := d.now()
	u, err := d.users.get(k.v.User)
	if err != nil || d.ended(&k.v, now) || !d.welcome(&u.v) {
		return Who{}, ErrNoSession
	}
	saved := k.v.saved
	if saved.IsZero() {
		saved = k.v.Seen
	}
	due := now.Sub(saved) >= seenEvery
	if due {
		saved = now
	}
	d.sessions.touch(hash, func(s *session) { s.Seen, s.saved = now, saved })
	if due {
		// Where that cannot be written, the session may end early: no reason to refuse whoever has it.
		_ = d.change(ctx, Act{}, func(p *plan) error {
			k, err := d.sessions.get(hash)
			if err != nil {
				return nil
			}
			return d.sessions.put(p, hash, k.rev, k.v)
		})
	}
	return d.whoIs(u, hash), nil
}

// welcome tells whether users of that kind log on here, as the flags say it now.
func (d *Desk) welcome(u *user) bool {
	if u.Kind == Outside {
		return u.Issuer == d.config.Issuer
	}
	return !d.config.NoLocal
}

func (d *Desk) whoIs(u kept[user], session string) Who {
	return Who{Via: BySession, ID: u.id, Name: u.v.Name, Role: u.v.Role, Sites: u.v.Sites, Grants: u.v.Grants, Outside: u.v.Kind == Outside, Session: session}
}

// LogOff ends the session of a secret; one that is not there has ended.
func (d *Desk) LogOff(ctx context.Context, secret string, from netip.Addr) error {
	hash := hashOf(secret)
	return d.change(ctx, Act{From: from}, func(p *plan) error {
		k, err := d.sessions.get(hash)
		if err != nil {
			return nil
		}
		d.sessions.remove(p, hash, k.rev)
		p.entries = append(p.entries, Entry{Action: "logoff", Actor: k.v.User, Object: k.v.ID, Result: "ok"})
		return nil
	})
}

// Sessions lists one's own, the last used first.
func (d *Desk) Sessions(w Who) ([]Session, error) {
	if !Allow(w, Self, "") {
		return nil, ErrForbidden
	}
	var list []Session
	now := d.now()
	for _, k := range d.sessions.list() {
		if s := &k.v; s.User == w.ID && !d.ended(s, now) {
			ends := s.Created.Add(d.config.Longest)
			if idle := s.Seen.Add(d.config.Idle); idle.Before(ends) {
				ends = idle
			}
			if o := s.Outside; o != nil && o.Sealed == "" && o.Ends.Before(ends) {
				ends = o.Ends
			}
			list = append(list, Session{s.ID, s.Created, s.Seen.Truncate(seenEvery), ends, s.Address, s.Agent, k.id == w.Session})
		}
	}
	slices.SortFunc(list, func(a, b Session) int { return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// EndSession ends one of one's own sessions, by its ID.
func (d *Desk) EndSession(ctx context.Context, act Act, id string) error {
	if !Allow(act.Who, Self, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, ok := d.sessions.find(func(s *session) bool { return s.ID == id && s.User == act.Who.ID })
		if !ok {
			return store.NoDocument("session", id)
		}
		d.sessions.remove(p, k.id, k.rev)
		p.note("session.end", id)
		return nil
	})
}

// EndSessions ends all sessions of a user.
func (d *Desk) EndSessions(ctx context.Context, act Act, user string) error {
	if !Allow(act.Who, Administer, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		if _, err := d.users.get(user); err != nil {
			return err
		}
		d.endSessions(p, user, "")
		p.note("user.log-off", user)
		return nil
	})
}

// endSessions plans to end the sessions of a user, but one.
func (d *Desk) endSessions(p *plan, user, but string) {
	for _, k := range d.sessions.list() {
		if k.v.User == user && k.id != but {
			d.sessions.remove(p, k.id, k.rev)
		}
	}
}

// Sweep takes away what has ended: sessions, tokens' that expired a month ago, answers that are remembered no more. Whoever keeps a desk open
// calls it now and then.
func (d *Desk) Sweep(ctx context.Context) error {
	return errors.Join(d.change(ctx, Act{Who: System()}, func(p *plan) error {
		for _, k := range d.sessions.list() {
			if d.ended(&k.v, p.now) {
				d.sessions.remove(p, k.id, k.rev)
			}
		}
		for _, k := range d.tokens.list() {
			if p.now.Sub(k.v.Expires) > expiredShown {
				d.tokens.remove(p, k.id, k.rev)
			}
		}
		return nil
	}), d.sweepReplies(ctx))
}
