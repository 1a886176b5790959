package hub

import (
	"context"
	"fmt"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/judge"
	"signet/internal/run"
)

// Preview is what the text of a policy would change, before anybody saves it.
type Preview struct {
	Problems []judge.Problem // as Lint finds them
	Valid    bool            // the text can be saved
	Sites    []string        // IDs of what it would judge; "": what belongs to none
	Shift    *estate.Shift   // nil: the text is not valid, or nobody asked for it
}

// Lint finds what is wrong with the text of a policy, today.
func (h *Hub) Lint(yaml string) (problems []judge.Problem, valid bool) {
	problems = judge.Lint([]byte(yaml), h.Env.Checks, h.Now())
	return problems, !slices.ContainsFunc(problems, func(p judge.Problem) bool { return !p.Warning })
}

// mostShifted is how many findings a preview names.
const mostShifted = 100

// Preview judges the estate by a text in the place of a policy, with the exceptions that are approved. name "" stands for a policy that is not
// made yet: it is shown as if it judged everything. A text of nil is that of the policy as it stands. sites, by ID or name, are judged by
// it instead of those that it judges now; none: those.
func (h *Hub) Preview(ctx context.Context, who desk.Who, name string, yaml *string, sites []string) (*Preview, error) {
	if !desk.Allow(who, desk.Administer, "") {
		return nil, desk.ErrForbidden
	}
	text := ""
	if name != "" {
		stands, err := h.text(name)
		if err != nil {
			return nil, err
		}
		text = string(stands)
	}
	if yaml != nil {
		text = *yaml
	}
	out := &Preview{}
	if out.Problems, out.Valid = h.Lint(text); !out.Valid {
		return out, nil
	}
	var chosen []string
	for _, s := range sites {
		id, err := h.siteOf(who, s)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, id)
	}
	judges := h.judges()
	select { // each holds an estate of its own for a moment
	case <-h.previews:
		defer func() { h.previews <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w := h.shown()
	before := w.views.whole()
	sources := slices.Clone(w.sources)
	for i := range sources {
		s := &sources[i]
		mine := name == "" || h.PolicyOf(s.Site) == name
		if len(chosen) > 0 {
			mine = slices.Contains(chosen, s.Site)
		}
		if !mine {
			continue
		}
		var err error
		if s.Judge, err = judges.of(name, s.Site, func(_, site string) (*judge.Judge, error) { return h.tried(text, site) }); err != nil {
			return nil, err
		}
		if !slices.Contains(out.Sites, s.Site) {
			out.Sites = append(out.Sites, s.Site)
		}
	}
	slices.Sort(out.Sites)
	out.Shift = estate.New(h.Env.Checks, sources).Against(before.Estate, mostShifted)
	return out, nil
}

// tried judges a site by a text that is not saved.
func (h *Hub) tried(text, site string) (*judge.Judge, error) {
	whole, err := judge.WithExceptions([]byte(text), h.exceptions(site))
	if err != nil {
		return nil, err
	}
	p, err := run.ParsePolicy(whole)
	if err != nil {
		return nil, err
	}
	j, err := h.Env.Judge(p)
	if err != nil {
		return nil, err
	}
	return j.On(h.Now()), nil
}

// DiffText is what is different between two versions of a policy, as a unified diff; empty where they say the same.
func DiffText(name string, before, after int, old, now string) string {
	title := func(version int) string { return fmt.Sprintf("%s version %d", name, version) }
	return string(diff.Diff(title(before), []byte(old), title(after), []byte(now)))
}
