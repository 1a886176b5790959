package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/store"
)

// Site is a part of the estate that is asked again and again.
type Site struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"` // no two have names that differ in case alone
	Targets  []string `json:"targets"`
	Exclude  []string `json:"exclude"`
	Checks   []string `json:"checks"` // empty: all that need no credential
	Depth    string   `json:"depth"`  // a signet.Depth; empty: that of a scan that says nothing
	Policy   string   `json:"policy"` // empty: that of the settings
	Owner    string   `json:"owner"`
	Runner   string   `json:"runner"` // here
	Channels []string `json:"channels"`

	Retention Retention `json:"retention"` // of its runs; nothing said: that of the settings

	Created time.Time `json:"created"`
	Rev     uint64    `json:"-"`
}

const (
	mostSites   = 1000
	mostTargets = 10_000
	here        = "here"
)

// site finds a site by its ID, or else by its name.
func (d *Desk) site(s string) (kept[Site], bool) {
	if k, err := d.sites.get(s); err == nil {
		return k, true
	}
	return d.sites.find(func(v *Site) bool { return folded(v.Name) == folded(s) })
}

func siteOf(k kept[Site]) Site {
	s := k.v
	s.Rev = k.rev
	return s
}

// Sites lists those that somebody may see, by ID.
func (d *Desk) Sites(w Who) []Site {
	var list []Site
	for _, k := range d.sites.list() {
		if Allow(w, Look, k.id) {
			list = append(list, siteOf(k))
		}
	}
	return list
}

// Site gives one, by ID or name. One that somebody may not see is store.ErrUnknown to them.
func (d *Desk) Site(w Who, site string) (Site, error) {
	k, ok := d.site(site)
	if !ok || !Allow(w, Look, k.id) {
		return Site{}, store.NoDocument("site", site)
	}
	return siteOf(k), nil
}

// PutSite makes a site (of no ID), or changes the one of that ID, which stands at revision was, into what is given.
func (d *Desk) PutSite(ctx context.Context, act Act, s Site, was uint64) (Site, error) {
	if !Allow(act.Who, Arrange, s.ID) {
		return Site{}, ErrForbidden
	}
	if err := d.checkSite(&s); err != nil {
		return Site{}, err
	}
	err := d.change(ctx, act, func(p *plan) error { return d.planSite(p, &s, was) })
	if err != nil {
		return Site{}, err
	}
	k, err := d.sites.get(s.ID)
	return siteOf(k), err
}

// planSite plans to write a site that was checked: to make it where it has no ID, which it is given then.
func (d *Desk) planSite(p *plan, s *Site, was uint64) error {
	if other, taken := d.sites.find(func(v *Site) bool { return folded(v.Name) == folded(s.Name) }); taken && other.id != s.ID {
		return wrong("name", "is another site's")
	}
	if s.Policy != "" && !d.knowsPolicy(s.Policy) {
		return wrong("policy", "there is no policy %.100q", s.Policy)
	}
	if s.ID == "" {
		if len(d.sites.list())+p.making(d.sites.kind) >= mostSites {
			return ErrTooMany
		}
		var err error
		if s.ID, err = d.newID(); err != nil {
			return err
		}
		s.Created = p.now
		p.note("site.create", s.ID)
		return d.sites.put(p, s.ID, 0, *s)
	}
	k, err := d.sites.at(s.ID, was)
	if err != nil {
		return err
	}
	s.Created = k.v.Created
	p.note("site.change", s.ID)
	return d.sites.put(p, s.ID, k.rev, *s)
}

// RemoveSite removes a site to which nobody is limited.
func (d *Desk) RemoveSite(ctx context.Context, act Act, id string, was uint64) error {
	if !Allow(act.Who, Arrange, id) {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.sites.at(id, was)
		if err != nil {
			return err
		}
		// Who is limited to it alone would else be limited to nothing.
		if u, ok := d.users.find(func(u *user) bool { return slices.Contains(u.Sites, id) }); ok {
			return inUse("the user " + u.v.Name)
		}
		if t, ok := d.tokens.find(func(t *token) bool { return slices.Contains(t.Sites, id) }); ok {
			return inUse("the token " + t.v.Name)
		}
		// A channel of it alone would else serve all.
		if c, ok := d.channels.find(func(c *channel) bool { return slices.Contains(c.Sites, id) }); ok {
			return inUse("the channel " + c.v.Name)
		}
		for _, s := range d.schedules.list() {
			if s.v.Site == id {
				d.schedules.remove(p, s.id, s.rev)
				p.note("schedule.remove", s.id)
			}
		}
		for _, e := range d.exceptions.list() { // it has no findings any more that they could cover
			if e.v.Site == id {
				d.exceptions.remove(p, e.id, e.rev)
				p.note("exception.remove", e.id, append(e.v.noted(), "state", string(e.v.State))...)
			}
		}
		d.sites.remove(p, id, k.rev)
		p.note("site.remove", id)
		return nil
	})
}

// checkSite checks what a site says by itself.
func (d *Desk) checkSite(s *Site) (err error) {
	if s.Name, err = named("name", s.Name, mostName); err != nil {
		return err
	}
	if s.Owner, err = plain("owner", s.Owner, mostOwner); err != nil {
		return err
	}
	if len(s.Targets) == 0 {
		return wrong("targets", "there are none")
	}
	if err := s.Retention.check("retention"); err != nil {
		return err
	}
	for _, list := range []struct {
		field string
		terms *[]string
	}{{"targets", &s.Targets}, {"exclude", &s.Exclude}} {
		if len(*list.terms) > mostTargets {
			return wrong(list.field, "there are more than %d", mostTargets)
		}
		out := []string{}
		for _, t := range *list.terms {
			t = strings.TrimSpace(t)
			if d.config.CheckTarget != nil {
				if err := d.config.CheckTarget(t); err != nil {
					return &FieldError{list.field, err.Error()}
				}
			}
			out = append(out, t)
		}
		*list.terms = out
	}
	checks := []string{}
	for _, c := range s.Checks {
		if !slices.Contains(d.config.Checks, c) {
			return wrong("checks", "there is no check %.40q", c)
		}
		if !slices.Contains(checks, c) {
			checks = append(checks, c)
		}
	}
	s.Checks = checks
	if s.Depth != "" {
		var depth signet.Depth
		if err := depth.UnmarshalText([]byte(s.Depth)); err != nil {
			return &FieldError{"depth", err.Error()}
		}
		if depth == signet.Credential {
			return wrong("depth", "the browser never uses an account: want handshake, anonymous or decoy")
		}
	}
	if s.Runner == "" {
		s.Runner = here
	}
	if s.Runner != here && !slices.Contains(d.config.Runners, s.Runner) {
		return wrong("runner", "there is no runner %.40q", s.Runner)
	}
	s.Channels, err = d.channelIDs(s.Channels)
	return err
}

// siteIDs are the IDs of sites that are given by ID or by name, in order.
func (d *Desk) siteIDs(sites []string) ([]string, error) {
	ids := []string{}
	for _, s := range sites {
		k, ok := d.site(s)
		if !ok {
			return nil, wrong("sites", "there is no site %.100q", s)
		}
		if !slices.Contains(ids, k.id) {
			ids = append(ids, k.id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}
