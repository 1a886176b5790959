package desk

import (
	"context"

	"signet/internal/store"
)

// Settings are what holds for all.
type Settings struct {
	Policy string `json:"policy"` // judges what belongs to no site, and sites that name none; empty: that of the command line
	Rev    uint64 `json:"-"`
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
		p.note("settings.change", "", "policy", s.Policy)
		return d.settings.put(p, settingsID, now.Rev, s)
	})
	return d.Settings(), err
}
