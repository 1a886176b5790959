package desk

import (
	"context"
	"fmt"
	"time"

	"signet/internal/owner"
	"signet/internal/store"
)

// Owners are the rules by which findings have an owner where nobody gave them one.
type Owners struct {
	Rules []owner.Rule `json:"rules"`
	By    string       `json:"by"` // ID of who changed them last
	At    time.Time    `json:"at"`
	Rev   uint64       `json:"-"`
}

const ownersID = "owners"

// Owners gives them as they stand; a Rev of 0: there never were any.
func (d *Desk) Owners() Owners {
	k, err := d.owners.get(ownersID)
	if err != nil {
		return Owners{}
	}
	o := k.v
	o.Rev = k.rev
	return o
}

// CheckOwners tells what is wrong with rules, and tidies their owners: a FieldError of rules.N.match or rules.N.owner.
func CheckOwners(rules []owner.Rule) ([]owner.Rule, error) {
	if len(rules) > owner.Most {
		return nil, wrong("rules", "there are more than %d", owner.Most)
	}
	out := make([]owner.Rule, 0, len(rules))
	for i, r := range rules {
		match, err := named(fmt.Sprintf("rules.%d.match", i), r.Match, mostName)
		if err == nil {
			r.Owner, err = named(fmt.Sprintf("rules.%d.owner", i), r.Owner, mostOwner)
		}
		if err != nil {
			return nil, err
		}
		if err := owner.Check(match); err != nil {
			return nil, &FieldError{fmt.Sprintf("rules.%d.match", i), err.Error()}
		}
		out = append(out, owner.Rule{Match: match, Owner: r.Owner})
	}
	return out, nil
}

// SetOwners writes rules over those of a revision; store.AnyRev is over whatever stands.
func (d *Desk) SetOwners(ctx context.Context, act Act, rules []owner.Rule, was uint64) (Owners, error) {
	if !Allow(act.Who, Arrange, "") {
		return Owners{}, ErrForbidden
	}
	rules, err := CheckOwners(rules)
	if err != nil {
		return Owners{}, err
	}
	err = d.change(ctx, act, func(p *plan) error {
		now := d.Owners()
		if was != store.AnyRev && was != now.Rev {
			return &store.Stale{Kind: d.owners.kind, ID: ownersID}
		}
		p.note("owners.change", "", "rules", fmt.Sprint(len(rules)))
		return d.owners.put(p, ownersID, now.Rev, Owners{Rules: rules, By: act.Who.ID, At: p.now})
	})
	return d.Owners(), err
}
