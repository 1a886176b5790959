package desk

import (
	"context"
	"errors"
	"fmt"

	"signet/internal/store"
)

// Settings are what holds for all.
type Settings struct {
	Policy    string  `json:"policy"` // judges what belongs to no site, and sites that name none; empty: that of the command line
	Retention Keeping `json:"retention"`
	Rev       uint64  `json:"-"`
}

// Retention says which runs are kept: the newest so many, and those of the last days. Where both are said, a run goes once it is beyond
// both. The zero value keeps all.
type Retention struct {
	Runs int `json:"runs" doc:"the newest so many of a site are kept; 0: that bounds nothing"`
	Days int `json:"days" doc:"those of so many days are kept; 0: that bounds nothing"`
}

// Keeping is what is kept of everything: runs of no site and of sites that say nothing themselves, what changed, and the audit log. 0: all.
type Keeping struct {
	Retention
	Changes int `json:"changes_days" doc:"for how long it is kept what changed, and what was said of findings; 0: for ever"`
	Audit   int `json:"audit_days" doc:"for how long entries of the audit log are kept; 0: for ever"`
}

// mostKept bounds runs and days that are kept.
const mostKept = 100_000

func (r Retention) check(field string) error {
	if r.Runs < 0 || r.Runs > mostKept || r.Days < 0 || r.Days > mostKept {
		return wrong(field, "want numbers of 0 to %d", mostKept)
	}
	return nil
}

// RetentionOf is what is kept of the runs of a site; "" is of none.
func (d *Desk) RetentionOf(site string) Retention {
	if k, err := d.sites.get(site); err == nil && k.v.Retention != (Retention{}) {
		return k.v.Retention
	}
	return d.Settings().Retention.Retention
}

const settingsID = "settings"

// Settings gives them as they stand; a Rev of 0: nothing was ever set.
func (d *Desk) Settings() Settings {
	k, err := d.settings.get(settingsID)
	if err != nil {
		return Settings{}
	}
	s := k.v
	s.Rev = k.rev
	return s
}

// ChangeSettings writes settings over those of a revision; store.AnyRev and 0 are over none.
func (d *Desk) ChangeSettings(ctx context.Context, act Act, s Settings, was uint64) (Settings, error) {
	if !Allow(act.Who, Administer, "") {
		return Settings{}, ErrForbidden
	}
	err := d.change(ctx, act, func(p *plan) error {
		now := d.Settings()
		if was != store.AnyRev && was != now.Rev {
			return &store.Stale{Kind: "settings", ID: settingsID}
		}
		if s.Policy != "" && !d.knowsPolicy(s.Policy) {
			return wrong("policy", "there is no policy %.100q", s.Policy)
		}
		if err := errors.Join(s.Retention.check("retention"), Retention{s.Retention.Changes, s.Retention.Audit}.check("retention")); err != nil {
			return err
		}
		p.note("settings.change", "", "policy", s.Policy, "retention", fmt.Sprintf("%d runs, %d days, changes %d days, audit %d days", s.Retention.Runs, s.Retention.Days, s.Retention.Changes, s.Retention.Audit))
		return d.settings.put(p, settingsID, now.Rev, s)
	})
	return d.Settings(), err
}
