package hub

import (
	"cmp"
	"errors"

	"signet/internal/desk"
	"signet/internal/judge"
	"signet/internal/run"
	"signet/internal/store"
)

// Everywhere are the terms of a scope that every address is in.
func everywhere() judge.Scope { return judge.Scope{"0.0.0.0/0", "::/0"} }

// exceptions are those that admins approved.
func (h *Hub) exceptions() (list []judge.Exception) {
	for _, e := range h.Desk.Exceptions() {
		if e.State != desk.Approved {
			continue
		}
		scope := judge.Scope(e.Scope)
		if len(scope) == 0 {
			scope = everywhere()
		}
		list = append(list, judge.Exception{Rule: e.Rule, Scope: scope, Owner: e.Owner, Reason: e.Reason, Until: e.Until})
	}
	return list
}

// PolicyOf is the name of the policy that judges a site; "" is what belongs to none.
func (h *Hub) PolicyOf(site string) string {
	own := ""
	if site != "" {
		if s, err := h.Desk.Site(desk.System(), site); err == nil {
			own = s.Policy
		}
	}
	return cmp.Or(own, h.Desk.Settings().Policy, h.Policy, "baseline")
}

// PolicyText is a policy as a file: with the exceptions that are approved, so that a report under it says what the board says. A
// policy that is a file already is not given out.
func (h *Hub) PolicyText(name string) ([]byte, error) {
	text, err := h.text(name)
	if err != nil {
		return nil, err
	}
	return judge.WithExceptions(text, h.exceptions())
}

// text is the text of a policy of the desk, or of one that ships with Signet.
func (h *Hub) text(name string) ([]byte, error) {
	p, err := h.Desk.Policy(name)
	if err == nil {
		return []byte(p.YAML), nil
	}
	if !errors.Is(err, store.ErrUnknown) {
		return nil, err
	}
	if text := judge.Source(name); text != "" {
		return []byte(text), nil
	}
	return nil, store.NoDocument("policy", name)
}

// judge judges by the policy of a name and the exceptions that are approved, as of now.
func (h *Hub) judge(name string) (*judge.Judge, error) {
	p, err := h.policy(name)
	if err != nil {
		return nil, err
	}
	j, err := h.Env.Judge(p)
	if err != nil {
		return nil, err
	}
	return j.On(h.Now()), nil
}

func (h *Hub) policy(name string) (*judge.Policy, error) {
	more := h.exceptions()
	text, err := h.text(name)
	switch {
	case errors.Is(err, store.ErrUnknown): // a file of the command line
		if name != h.Policy {
			return nil, err
		}
		if len(more) == 0 {
			return run.Policy(name)
		}
		if text, err = run.ReadYAML(name); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case len(more) == 0 && judge.Source(name) == string(text):
		return judge.BuiltIn(name)
	}
	if text, err = judge.WithExceptions(text, more); err != nil {
		return nil, err
	}
	return run.ParsePolicy(text)
}
