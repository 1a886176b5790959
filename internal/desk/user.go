package desk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"signet/internal/store"
)

// User is somebody who can log on.
type User struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" required:"false" enum:"local,sso"` // whose password or word it logs on by: this desk's, or an identity provider's
	Name    string    `json:"name"`                                   // no two local ones have names that differ in case alone
	Role    Role      `json:"role"`
	Sites   []string  `json:"sites"` // IDs; empty: all
	Created time.Time `json:"created"`
	Rev     uint64    `json:"-"`

	// Of a user of an identity provider: who it is there, and, where one role and one list of sites do not say it, each role with its sites;
	// Role is the highest of them then, and Sites has all.
	Issuer  string  `json:"issuer,omitempty"`
	Subject string  `json:"subject,omitempty"`
	Grants  []Grant `json:"grants,omitempty"`
}

// user is a user as it is stored.
type user struct {
	User
	Password string `json:"password"` // what it hashes to
}

// formerUser is who somebody was, for reading the audit log.
type formerUser struct {
	Name    string    `json:"name"`
	Removed time.Time `json:"removed"`
}

const (
	mostUsers = 10_000
	mostName  = 100
)

// NewUser is a user to be made. Sites are IDs or names.
type NewUser struct {
	Name, Password string
	Role           Role
	Sites          []string
}

// UserChange is what of a user is to be changed; nil: not that.
type UserChange struct {
	Name, Password *string
	Role           *Role
	Sites          *[]string
}

func userName(name string) (string, error) { return named("name", name, mostName) }

// folded is a name as names are compared.
func folded(name string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(name))) }

// Users lists them by ID.
func (d *Desk) Users() []User {
	var list []User
	for _, k := range d.users.list() {
		list = append(list, userOf(k))
	}
	return list
}

// User gives one.
func (d *Desk) User(id string) (User, error) {
	k, err := d.users.get(id)
	return userOf(k), err
}

// UserByName gives the local user of a name, whatever its case.
func (d *Desk) UserByName(name string) (User, error) {
	k, ok := d.byName(name)
	if !ok {
		return User{}, store.NoDocument("user", name)
	}
	return userOf(k), nil
}

func userOf(k kept[user]) User {
	u := k.v.User
	u.Rev = k.rev
	if u.Kind == "" { // it was made before there were others
		u.Kind = Local
	}
	return u
}

// NameOf is how somebody of the audit log is called: a user, one of before, or a token; "" where nobody knows.
func (d *Desk) NameOf(id string) string {
	if k, err := d.users.get(id); err == nil {
		return k.v.Name
	}
	if k, err := d.former.get(id); err == nil {
		return k.v.Name
	}
	if t, ok := d.tokens.find(func(t *token) bool { return t.ID == id }); ok {
		return t.v.Name
	}
	return ""
}

// byName finds a local user: what others are called their provider says, and it may be anything.
func (d *Desk) byName(name string) (kept[user], bool) {
	name = folded(name)
	return d.users.find(func(u *user) bool { return u.Kind != Outside && folded(u.Name) == name })
}

// addUser plans a new user, whose name and password were checked.
func (d *Desk) addUser(p *plan, u user) (User, error) {
	if _, taken := d.byName(u.Name); taken && u.Kind != Outside {
		return User{}, wrong("name", "is another user's")
	}
	if len(d.users.list()) >= mostUsers {
		return User{}, ErrTooMany
	}
	id, err := d.newID()
	if err != nil {
		return User{}, err
	}
	u.ID, u.Created = id, p.now
	if u.Kind == "" {
		u.Kind = Local
	}
	if u.Sites == nil {
		u.Sites = []string{}
	}
	return u.User, d.users.put(p, id, 0, u)
}

// CreateUser makes a user.
func (d *Desk) CreateUser(ctx context.Context, act Act, n NewUser) (User, error) {
	if !Allow(act.Who, Administer, "") {
		return User{}, ErrForbidden
	}
	name, err := userName(n.Name)
	if err == nil {
		err = checkPassword(name, n.Password)
	}
	if err == nil && (n.Role < Viewer || n.Role > Admin) {
		err = wrong("role", "is missing: want viewer, operator or admin")
	}
	if err != nil {
		return User{}, err
	}
	hash, err := d.newHash(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	var made User
	err = d.change(ctx, act, func(p *plan) error {
		sites, err := d.siteIDs(n.Sites)
		if err != nil {
			return err
		}
		made, err = d.addUser(p, user{User: User{Name: name, Role: n.Role, Sites: sites}, Password: hash})
		p.note("user.create", made.ID, "role", n.Role.String(), "sites", strings.Join(sites, " "))
		return err
	})
	return d.stored(made.ID, err)
}

// stored is a user that was just written.
func (d *Desk) stored(id string, err error) (User, error) {
	if err != nil {
		return User{}, err
	}
	return d.User(id)
}

// ChangeUser changes a user that stands at a revision. Another password ends all of its sessions.
func (d *Desk) ChangeUser(ctx context.Context, act Act, id string, was uint64, c UserChange) (User, error) {
	if !Allow(act.Who, Administer, "") {
		return User{}, ErrForbidden
	}
	if k, err := d.users.get(id); err == nil && k.v.Kind == Outside {
		return User{}, ErrOutside
	}
	hash := ""
	if c.Password != nil {
		k, err := d.users.at(id, was)
		name := k.v.Name
		if err == nil && c.Name != nil {
			name, err = userName(*c.Name)
		}
		if err == nil {
			err = checkPassword(name, *c.Password)
		}
		if err == nil {
			hash, err = d.newHash(ctx, *c.Password)
		}
		if err != nil {
			return User{}, err
		}
	}
	err := d.change(ctx, act, func(p *plan) error {
		k, err := d.users.at(id, was)
		if err != nil {
			return err
		}
		u := k.v
		detail := []string{}
		if c.Name != nil {
			if u.Name, err = userName(*c.Name); err != nil {
				return err
			}
			if other, taken := d.byName(u.Name); taken && other.id != id {
				return wrong("name", "is another user's")
			}
			detail = append(detail, "name", "changed")
		}
		if c.Role != nil {
			if u.Role = *c.Role; u.Role < Viewer || u.Role > Admin {
				return wrong("role", "is missing: want viewer, operator or admin")
			}
			detail = append(detail, "role", u.Role.String())
		}
		if c.Sites != nil {
			if u.Sites, err = d.siteIDs(*c.Sites); err != nil {
				return err
			}
			detail = append(detail, "sites", strings.Join(u.Sites, " "))
		}
		if hash != "" {
			u.Password = hash
			detail = append(detail, "password", "changed")
			d.endSessions(p, id, "")
		}
		if governs(&k.v) && !governs(&u) && !d.governed(id) {
			return ErrLastAdmin
		}
		p.note("user.change", id, detail...)
		return d.users.put(p, id, k.rev, u)
	})
	return d.stored(id, err)
}

// RemoveUser removes a user and ends its sessions. Who it was stands beside the audit log until ForgetUser.
func (d *Desk) RemoveUser(ctx context.Context, act Act, id string, was uint64) error {
	if !Allow(act.Who, Administer, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.users.at(id, was)
		if err != nil {
			return err
		}
		if governs(&k.v) && !d.governed(id) {
			return ErrLastAdmin
		}
		d.endSessions(p, id, "")
		d.users.remove(p, id, k.rev)
		p.note("user.remove", id)
		return d.former.put(p, id, store.AnyRev, formerUser{k.v.Name, p.now})
	})
}

// gone stands for the name of somebody who is forgotten, where there has to be one.
const gone = "a former user"

// ForgetUser takes the name of a user who was removed away: from beside the audit log, which knows people by their IDs alone, and wherever it
// stands as the owner of a finding, a site or an exception. Comments and reasons are not searched.
func (d *Desk) ForgetUser(ctx context.Context, act Act, id string) error {
	if !Allow(act.Who, Administer, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.former.get(id)
		if err != nil {
			return err
		}
		d.former.remove(p, id, k.rev)
		p.note("user.forget", id)
		return d.disown(ctx, p, folded(k.v.Name))
	})
}

// disown plans to take a name away from all that it owns.
func (d *Desk) disown(ctx context.Context, p *plan, name string) error {
	var errs []error
	for _, k := range d.rows.list() {
		if r := k.v; folded(r.Owner) == name {
			r.Owner = ""
			errs = append(errs, d.rows.put(p, k.id, k.rev, r))
		}
	}
	for _, k := range d.sites.list() {
		if s := k.v; folded(s.Owner) == name {
			s.Owner = ""
			errs = append(errs, d.sites.put(p, k.id, k.rev, s))
		}
	}
	for _, k := range d.owners.list() {
		o, named := k.v, false
		o.Rules = slices.Clone(o.Rules)
		for i := range o.Rules {
			if folded(o.Rules[i].Owner) == name {
				o.Rules[i].Owner, named = gone, true
			}
		}
		if named {
			errs = append(errs, d.owners.put(p, k.id, k.rev, o))
		}
	}
	for _, k := range d.exceptions.list() {
		if x := k.v; folded(x.Owner) == name {
			x.Owner = gone
			errs = append(errs, d.exceptions.put(p, k.id, k.rev, x))
		}
	}
	return errors.Join(append(errs, d.rowNotes(ctx, func(doc *store.Document, n *RowNote) error {
		if n.Owner == nil || folded(*n.Owner) != name {
			return nil
		}
		*n.Owner = gone
		body, err := json.Marshal(n)
		p.changes = append(p.changes, change{store.Edit{Kind: noteKind, ID: doc.ID, Was: doc.Rev, Body: body}, func(uint64) {}})
		return err
	}))...)
}

// governs tells whether a user can make others, whatever an identity provider says by tomorrow.
func governs(u *user) bool { return u.Kind != Outside && u.Role == Admin && len(u.Sites) == 0 }

// governed tells whether somebody else than that user can.
func (d *Desk) governed(without string) bool {
	_, ok := d.users.find(func(u *user) bool { return u.ID != without && governs(u) })
	return ok
}

// ChangePassword changes one's own password. All other sessions of the user end. A wrong old one is ErrWrong, and slows down as a logon does.
func (d *Desk) ChangePassword(ctx context.Context, act Act, old, password string) error {
	if !Allow(act.Who, Self, "") {
		return ErrForbidden
	}
	k, err := d.users.get(act.Who.ID)
	if err != nil {
		return err
	}
	if k.v.Kind == Outside { // and a local user of that name is somebody else
		return ErrOutside
	}
	if err := checkPassword(k.v.Name, password); err != nil {
		return err
	}
	if _, err := d.prove(ctx, k.v.Name, old, act.From); err != nil {
		return err
	}
	hash, err := d.newHash(ctx, password)
	if err != nil {
		return err
	}
	return d.change(ctx, act, func(p *plan) error {
		now, err := d.users.get(k.id)
		if err != nil {
			return err
		}
		if now.v.Password != k.v.Password {
			return &store.Stale{Kind: "user", ID: k.id}
		}
		u := now.v
		u.Password = hash
		d.endSessions(p, k.id, act.Who.Session)
		p.note("user.password", k.id)
		return d.users.put(p, k.id, now.rev, u)
	})
}
