package desk

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"signet/internal/store"
)

// Exception takes findings of a rule in a scope out of judgements until the end of its last day (UTC), once it is approved.
type Exception struct {
	ID     string         `json:"id"`
	Rule   string         `json:"rule"`  // or *
	Scope  Terms          `json:"scope"` // as in a policy; empty: everywhere
	Site   string         `json:"site,omitempty" doc:"ID of the one whose findings alone it covers; left out: it covers those of any, and of none"`
	Owner  string         `json:"owner"` // who answers for it
	Reason string         `json:"reason"`
	Until  string         `json:"until"` // its last day, 2006-01-02
	State  ExceptionState `json:"state"`

	Proposed   time.Time `json:"proposed"`
	ProposedBy string    `json:"proposed_by"` // ID
	Approved   time.Time `json:"approved,omitzero"`
	ApprovedBy string    `json:"approved_by,omitempty"`
	Rev        uint64    `json:"-"`
}

// ExceptionState is how far an exception is.
type ExceptionState string

const (
	Proposed ExceptionState = "proposed" // it changes nothing
	Approved ExceptionState = "approved"
)

// Terms are those of a scope, which JSON may give as one text too.
type Terms []string

// UnmarshalJSON reads one term or a list of them.
func (t *Terms) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		if *t = (Terms{one}); one == "" {
			*t = Terms{}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

const (
	mostExceptions = 10_000
	mostTerms      = 1000
	mostOwner      = 200
	mostReason     = 2000
	anyRule        = "*"
)

func exceptionOf(k kept[Exception]) Exception {
	e := k.v
	e.Rev = k.rev
	return e
}

// Exceptions lists those that somebody may see, by ID: proposed, in force or past. Who is limited to sites sees those of these sites alone, since
// the others name hosts of any.
func (d *Desk) Exceptions(w Who) []Exception {
	var list []Exception
	for _, k := range d.exceptions.list() {
		if Allow(w, Look, k.v.Site) {
			list = append(list, exceptionOf(k))
		}
	}
	return list
}

// InForce lists the exceptions that count at a time.
func (d *Desk) InForce(at time.Time) []Exception {
	return slices.DeleteFunc(d.Exceptions(System()), func(e Exception) bool { return e.State != Approved || at.UTC().Format(time.DateOnly) > e.Until })
}

// Exception gives one. One that somebody may not see is store.ErrUnknown to them.
func (d *Desk) Exception(w Who, id string) (Exception, error) {
	k, err := d.exceptions.get(id)
	if err == nil && !Allow(w, Look, k.v.Site) {
		return Exception{}, store.NoDocument("exception", id)
	}
	return exceptionOf(k), err
}

// exceptionAt is one that stands at a revision, as somebody who may see it asks for it.
func (d *Desk) exceptionAt(w Who, id string, was uint64) (kept[Exception], error) {
	if _, err := d.Exception(w, id); err != nil {
		return kept[Exception]{}, err
	}
	return d.exceptions.at(id, was)
}

// ProposeException makes an exception of what somebody says of it: rule, scope, site (an ID or a name), owner, reason and last day. It is a proposal,
// which changes nothing; that of whoever may approve it is approved.
func (d *Desk) ProposeException(ctx context.Context, act Act, e Exception) (Exception, error) {
	if !AllowSomewhere(act.Who, Propose) {
		return Exception{}, ErrForbidden
	}
	err := d.change(ctx, act, func(p *plan) (err error) {
		if e.Site, err = d.siteOfException(act.Who, e.Site); err != nil {
			return err
		}
		if !Allow(act.Who, Propose, e.Site) {
			return ErrForbidden
		}
		return d.planException(p, &e, Allow(act.Who, Approve, e.Site))
	})
	if err != nil {
		return Exception{}, err
	}
	return d.Exception(act.Who, e.ID)
}

// siteOfException is the ID of the site that an exception is to be of, which somebody has to see; "": of none.
func (d *Desk) siteOfException(w Who, site string) (string, error) {
	if site == "" {
		return "", nil
	}
	k, ok := d.site(site)
	if !ok || !Allow(w, Look, k.id) {
		return "", wrong("site", "there is no site %.100q", site)
	}
	return k.id, nil
}

// planException plans to make an exception of what somebody says of it, and gives it its ID.
func (d *Desk) planException(p *plan, e *Exception, approve bool) error {
	if len(d.exceptions.list())+p.making(d.exceptions.kind) >= mostExceptions {
		return ErrTooMany
	}
	id, err := d.newID()
	if err != nil {
		return err
	}
	*e = Exception{ID: id, Rule: e.Rule, Scope: e.Scope, Site: e.Site, Owner: e.Owner, Reason: e.Reason, Until: e.Until, State: Proposed, Proposed: p.now, ProposedBy: p.act.Who.ID}
	if err := d.checkException(p, e); err != nil {
		return err
	}
	p.note("exception.propose", id, e.noted()...)
	if approve {
		e.approve(p)
	}
	return d.exceptions.put(p, id, 0, *e)
}

func (e *Exception) approve(p *plan) {
	e.State, e.Approved, e.ApprovedBy = Approved, p.now, p.act.Who.ID
	p.note("exception.approve", e.ID, e.noted()...)
}

// noted is what the audit log says of it.
func (e *Exception) noted() []string {
	list := []string{"rule", e.Rule, "until", e.Until}
	if e.Site != "" {
		list = append(list, "site", e.Site)
	}
	return list
}

// ExceptionChange is what of an exception is to be changed; nil: not that.
type ExceptionChange struct {
	Rule, Site, Owner, Reason, Until *string // Site: an ID or a name
	Scope                            *Terms
	State                            *ExceptionState
}

// ChangeException changes an exception that stands at a revision. Whoever may only propose changes proposals of their own, and approves none.
func (d *Desk) ChangeException(ctx context.Context, act Act, id string, was uint64, c ExceptionChange) (Exception, error) {
	if !AllowSomewhere(act.Who, Propose) {
		return Exception{}, ErrForbidden
	}
	err := d.change(ctx, act, func(p *plan) error {
		k, err := d.exceptionAt(act.Who, id, was)
		if err != nil {
			return err
		}
		if c.Site != nil {
			site, err := d.siteOfException(act.Who, *c.Site)
			if err != nil {
				return err
			}
			c.Site = &site
		}
		return d.planExceptionChange(p, k, c)
	})
	if err != nil {
		return Exception{}, err
	}
	return d.Exception(act.Who, id)
}

// set says over an exception what is to be changed, but for its state.
func (c *ExceptionChange) set(e *Exception) {
	for _, f := range []struct{ to, from *string }{{&e.Rule, c.Rule}, {&e.Site, c.Site}, {&e.Owner, c.Owner}, {&e.Reason, c.Reason}, {&e.Until, c.Until}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if c.Scope != nil {
		e.Scope = *c.Scope
	}
}

// planExceptionChange plans to change an exception as whoever does it may, at the site that it is of and at the one that it is to be of (an ID).
func (d *Desk) planExceptionChange(p *plan, k kept[Exception], c ExceptionChange) error {
	e := k.v
	before := e
	c.set(&e)
	for _, x := range []*Exception{&before, &e} {
		if !MayChange(p.act.Who, x) || c.State != nil && *c.State != before.State && !Allow(p.act.Who, Approve, x.Site) {
			return ErrForbidden
		}
	}
	if err := d.checkException(p, &e); err != nil {
		return err
	}
	p.note("exception.change", k.id, e.noted()...)
	switch {
	case c.State == nil || *c.State == e.State:
	case *c.State == Approved:
		e.approve(p)
	case *c.State == Proposed: // it is taken back, and changes nothing any more
		e.State, e.Approved, e.ApprovedBy = Proposed, time.Time{}, ""
	default:
		return wrong("state", "%.40q is no state: want proposed or approved", string(*c.State))
	}
	return d.exceptions.put(p, k.id, k.rev, e)
}

// RemoveException takes an exception or a proposal away. Whoever may only propose takes back their own proposals.
func (d *Desk) RemoveException(ctx context.Context, act Act, id string, was uint64) error {
	if !AllowSomewhere(act.Who, Propose) {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.exceptionAt(act.Who, id, was)
		if err != nil {
			return err
		}
		if !MayChange(act.Who, &k.v) {
			return ErrForbidden
		}
		d.exceptions.remove(p, id, k.rev)
		p.note("exception.remove", id, "rule", k.v.Rule, "state", string(k.v.State))
		return nil
	})
}

// MayChange tells whether somebody may change an exception and take it away: who may approve it, and who proposed it as long as it is a proposal.
func MayChange(w Who, e *Exception) bool {
	return Allow(w, Approve, e.Site) || e.State == Proposed && e.ProposedBy == w.ID && Allow(w, Propose, e.Site)
}

// checkException checks what an exception says.
func (d *Desk) checkException(p *plan, e *Exception) (err error) {
	if e.Rule != anyRule && !slices.Contains(d.config.Rules, e.Rule) {
		return wrong("rule", "there is no rule %.80q", e.Rule)
	}
	if len(e.Scope) > mostTerms {
		return wrong("scope", "has more than %d terms", mostTerms)
	}
	if e.Scope == nil {
		e.Scope = Terms{}
	}
	if e.Rule == anyRule && len(e.Scope) == 0 {
		return wrong("scope", "an exception of every rule everywhere leaves nothing to judge")
	}
	if d.config.LintScope != nil {
		if err := d.config.LintScope(e.Scope); err != nil {
			return &FieldError{"scope", err.Error()}
		}
	}
	if e.Owner, err = named("owner", e.Owner, mostOwner); err != nil {
		return err
	}
	if e.Reason, err = prose("reason", e.Reason, mostReason); err != nil {
		return err
	}
	if e.Reason == "" {
		return wrong("reason", "is missing")
	}
	if e.Until == "" {
		return wrong("until", "is missing: want its last day, like 2026-01-31")
	}
	if err := day("until", e.Until); err != nil {
		return err
	}
	if e.Until < p.now.Format(time.DateOnly) {
		return wrong("until", "is past")
	}
	return nil
}
