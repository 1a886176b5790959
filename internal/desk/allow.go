package desk

import (
	"fmt"
	"slices"
)

// Role is what somebody may do at all.
type Role uint8

const (
	NoRole   Role = iota // nothing
	Viewer               // reads
	Operator             // launches and works the board
	Admin                // all
)

func roleWords() []string { return []string{"", "viewer", "operator", "admin"} }

func (r Role) String() string {
	if int(r) < len(roleWords()) {
		return roleWords()[r]
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// MarshalText writes its word.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads that word, and no other.
func (r *Role) UnmarshalText(b []byte) error {
	at := slices.Index(roleWords(), string(b))
	if at <= 0 {
		*r = NoRole
		return wrong("role", "%.40q is no role: want viewer, operator or admin", b)
	}
	*r = Role(at)
	return nil
}

// Via says how somebody was known.
type Via uint8

const (
	Nobody Via = iota
	BySession
	ByToken
	BySystem // this process itself, or whoever has its shell
	AsGuest  // nobody in particular, at a server that shows the sample to whoever comes
)

// Who is somebody as a request knows them. The zero value is nobody, who may nothing.
type Who struct {
	Via     Via
	ID      string // of the user or the token
	Name    string
	Role    Role
	Sites   []string // IDs of those it is limited to; empty: all, and what belongs to no site
	Grants  []Grant  // what it may, where it is more than one role at one list of sites: Role is the highest, Sites has all
	Outside bool     // an identity provider says who it is
	Session string   // ID of the session
}

// Grant is a role at some sites.
type Grant struct {
	Role  Role     `json:"role" enum:"viewer,operator,admin"`
	Sites []string `json:"sites" nullable:"false"` // IDs; empty: all
}

// Limited tells whether somebody sees certain sites alone.
func (w Who) Limited() bool { return len(w.Sites) > 0 }

// System is this process.
func System() Who { return Who{Via: BySystem, Role: Admin} }

// Guest is whoever looks at a server that shows the sample and nothing else: all of it, and changes nothing.
func Guest() Who { return Who{Via: AsGuest, ID: "guest", Name: "guest", Role: Admin} }

// Action is a kind of thing to do.
type Action uint8

const (
	Look       Action = iota // read what belongs to a site, or to none
	Launch                   // start and stop jobs, verify
	Work                     // owner, ticket, due date, comment and state of rows of the board
	Propose                  // exceptions
	Approve                  // them
	Arrange                  // make, change and remove sites: what they may reach, others' sites know
	Import                   // runs, which belong to no site
	Inspect                  // see users, tokens, policies' drafts, settings, the audit log
	Administer               // change those
	Self                     // one's own password and sessions
	actions
)

// rule is who may do an action at least. everywhere: no one who is limited to sites may.
type rule struct {
	least      Role
	everywhere bool
	user       bool // a user alone, no token
}

func rules() [actions]rule {
	return [actions]rule{
		Look:       {least: Viewer},
		Launch:     {least: Operator},
		Work:       {least: Operator},
		Propose:    {least: Operator},
		Approve:    {least: Admin},
		Arrange:    {least: Operator, everywhere: true},
		Import:     {least: Operator, everywhere: true},
		Inspect:    {least: Admin, everywhere: true},
		Administer: {least: Admin, everywhere: true},
		Self:       {least: Viewer, user: true},
	}
}

// Allow tells whether somebody may do an action to what belongs to a site, by its ID; "": it belongs to none, which those who are limited to
// sites neither see nor touch.
func Allow(w Who, a Action, site string) bool {
	if a >= actions || w.Via == Nobody {
		return false
	}
	if len(w.Grants) > 0 { // each by itself: the role of one does not count at the sites of another
		one := w
		one.Grants = nil
		return slices.ContainsFunc(w.Grants, func(g Grant) bool {
			one.Role, one.Sites = g.Role, g.Sites
			return Allow(one, a, site)
		})
	}
	r := rules()[a]
	switch {
	case w.Via == AsGuest && a != Look && a != Inspect:
		return false
	case w.Role < r.least || w.Role > Admin:
		return false
	case r.user:
		return w.Via == BySession
	case !w.Limited():
		return true
	case r.everywhere:
		return false
	}
	return site != "" && slices.Contains(w.Sites, site)
}

// AllowSomewhere tells whether somebody may do an action at all: to what belongs to no site, or at one of those that they are limited to.
func AllowSomewhere(w Who, a Action) bool {
	at := func(site string) bool { return Allow(w, a, site) }
	return at("") || slices.ContainsFunc(w.Sites, at) || slices.ContainsFunc(w.Grants, func(g Grant) bool { return slices.ContainsFunc(g.Sites, at) })
}
