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

// exceptions are those that admins approved and that cover findings of a site; "": what belongs to none.
func (h *Hub) exceptions(site string) (list []judge.Exception) {
	for _, e := range h.Desk.Exceptions(system()) {
		if e.State != desk.Approved || e.Site != "" && e.Site != site {
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

// Apart are the sites that are judged by exceptions of their own, too.
func (h *Hub) Apart() map[string]bool {
	sites := map[string]bool{}
	for _, e := range h.Desk.Exceptions(system()) {
		if e.State == desk.Approved && e.Site != "" {
			sites[e.Site] = true
		}
	}
	return sites
}

// judges are those of several sites, each made once: sites without exceptions of their own share that of their policy.
type judges struct {
	apart map[string]bool
	made  map[[2]string]*judge.Judge // by policy and site
}

func (h *Hub) judges() *judges { return &judges{h.Apart(), map[[2]string]*judge.Judge{}} }

// of is the judge of a site by a policy, as it was made before or is made now.
func (j *judges) of(policy, site string, now func(policy, site string) (*judge.Judge, error)) (*judge.Judge, error) {
	if !j.apart[site] {
		site = ""
	}
	key := [2]string{policy, site}
	if j.made[key] == nil {
		made, err := now(policy, site)
		if err != nil {
			return nil, err
		}
		j.made[key] = made
	}
	return j.made[key], nil
}

// PolicyText is a policy as a file: with the exceptions that are approved, so that a report under it says what the board says of a site; "": of
// what belongs to none. A policy that is a file already is not given out.
func (h *Hub) PolicyText(name, site string) ([]byte, error) {
	text, err := h.text(name)
	if err != nil {
		return nil, err
	}
	return judge.WithExceptions(text, h.exceptions(site))
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

// judgeOf judges a site ("": what belongs to none) by its policy, as of now.
func (h *Hub) judgeOf(site string) (*judge.Judge, error) { return h.judge(h.PolicyOf(site), site) }

// judge judges a site by the policy of a name and the exceptions that are approved, as of now.
func (h *Hub) judge(name, site string) (*judge.Judge, error) {
	p, err := h.policy(name, site)
	if err != nil {
		return nil, err
	}
	j, err := h.Env.Judge(p)
	if err != nil {
		return nil, err
	}
	return j.On(h.Now()), nil
}

func (h *Hub) policy(name, site string) (*judge.Policy, error) {
	more := h.exceptions(site)
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
