package pages

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/text"
)

// usersPage is users, and a new one.
type usersPage struct {
	Users []userShown
	Sites []desk.Site
	Roles []string
}

func (*usersPage) title() string { return "Users" }

// userShown is a user, and the names of the sites that they are limited to.
type userShown struct {
	desk.User
	On   []string
	Each []string // roles, where they are several, each with its sites
	Me   bool
}

// SSO tells whether an identity provider says who it is.
func (u userShown) SSO() bool { return u.Kind == desk.Outside }

// each are roles with their sites.
func each(grants []desk.Grant, names map[string]string) (list []string) {
	for _, g := range grants {
		list = append(list, g.Role.String()+": "+text.Either(len(g.Sites) == 0, "all sites", strings.Join(named(g.Sites, names), ", ")))
	}
	return list
}

// ETag names the revision of the user.
func (u userShown) ETag() string { return etag(u.Rev) }

func roleWords() []string {
	return []string{desk.Viewer.String(), desk.Operator.String(), desk.Admin.String()}
}

func (p *Pages) users(a *ask) (any, error) {
	out := &usersPage{Sites: p.Desk.Sites(a.who), Roles: roleWords()}
	names := p.siteNames(a)
	for _, u := range p.Desk.Users() {
		out.Users = append(out.Users, userShown{u, named(u.Sites, names), each(u.Grants, names), u.ID == a.who.ID})
	}
	slices.SortFunc(out.Users, func(x, y userShown) int { return compareFolded(x.Name, y.Name) })
	return out, nil
}

// named are the names of sites, or the ID of one that has none.
func named(ids []string, names map[string]string) (list []string) {
	for _, id := range ids {
		name, ok := names[id]
		if !ok {
			name = id
		}
		list = append(list, name)
	}
	return list
}

// tokensPage is API tokens, and a new one.
type tokensPage struct {
	Tokens []tokenShown
	Sites  []desk.Site
	Roles  []string
}

func (*tokensPage) title() string { return "Tokens" }

// tokenShown is a token without its secret.
type tokenShown struct {
	desk.Token
	On      []string
	ByName  string
	Expired bool
}

// ETag names the revision of the token.
func (t tokenShown) ETag() string { return etag(t.Rev) }

func (p *Pages) tokens(a *ask) (any, error) {
	out := &tokensPage{Sites: p.Desk.Sites(a.who), Roles: roleWords()}
	names := p.siteNames(a)
	for _, t := range p.Desk.Tokens() {
		out.Tokens = append(out.Tokens, tokenShown{t, named(t.Sites, names), p.nameOf(a, t.By), t.Expires.Before(p.Hub.Now())})
	}
	slices.SortFunc(out.Tokens, func(x, y tokenShown) int { return compareFolded(x.Name, y.Name) })
	return out, nil
}

// auditPage is the audit log, the newest first.
type auditPage struct {
	Entries     []entryShown
	Next, First string
}

func (*auditPage) title() string { return "Audit log" }

// entryShown is an entry of the log, and who did it.
type entryShown struct {
	desk.Entry
	Name    string
	Details []string
}

func (p *Pages) audit(a *ask) (any, error) {
	before := uint64(0)
	if c := a.q.Get("cursor"); c != "" {
		var err error
		if before, err = strconv.ParseUint(c, 10, 63); err != nil || before == 0 {
			return nil, estate.ErrCursor
		}
	}
	list, err := p.Desk.Audit(a.Context(), before, pageRows)
	if err != nil {
		return nil, err
	}
	out := &auditPage{}
	for _, e := range list {
		v := entryShown{Entry: e, Name: text.Clean(p.Desk.NameOf(e.Actor))}
		for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
			v.Details = append(v.Details, text.Clean(k+": "+e.Detail[k]))
		}
		out.Entries = append(out.Entries, v)
	}
	next := ""
	if n := len(list); n == pageRows && list[n-1].Seq > 1 {
		next = strconv.FormatUint(list[n-1].Seq, 10)
	}
	out.Next, out.First = pager(a.q, next)
	return out, nil
}

// mePage is oneself: the password, and where one is logged on.
type mePage struct {
	Sessions []desk.Session
	Sites    []string
	Each     []string // roles, where they are several, each with its sites
	Now      time.Time
}

func (*mePage) title() string { return "Your account" }

func (p *Pages) me(a *ask) (any, error) {
	names := p.siteNames(a)
	out := &mePage{Sites: named(a.who.Sites, names), Each: each(a.who.Grants, names), Now: p.Hub.Now()}
	if a.may(desk.Self) {
		list, err := p.Desk.Sessions(a.who)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(list, func(x, y desk.Session) int { return y.Seen.Compare(x.Seen) })
		out.Sessions = list
	}
	return out, nil
}
