package hub

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/run"
	"signet/internal/store"
)

// siteOf is the ID of a site that somebody may see, by ID or name; "" stays "".
func (h *Hub) siteOf(who desk.Who, site string) (string, error) {
	if site == "" {
		return "", nil
	}
	s, err := h.Desk.Site(who, site)
	return s.ID, err
}

// Broken lists where a rule is broken, of what somebody sees, at one site or ("") at all. A rule that there is not is store.ErrUnknown.
func (h *Hub) Broken(who desk.Who, rule, site string) ([]estate.Broken, error) {
	id, err := h.siteOf(who, site)
	if err != nil {
		return nil, err
	}
	if !h.Env.HasRule(rule) {
		return nil, store.NoDocument("rule", rule)
	}
	return h.View(who).Broken(rule, id), nil
}

// Fix writes the script that closes a rule where it is broken, as `signet fix` does, and counts the places. The format is one of
// run.FixFormats.
func (h *Hub) Fix(who desk.Who, rule, site, format string) (script []byte, places int, err error) {
	list, err := h.Broken(who, rule, site)
	if err != nil {
		return nil, 0, err
	}
	id, _ := h.siteOf(who, site) // which Broken found
	targets := make([]run.Target, 0, len(list))
	for i := range list {
		b := &list[i]
		// Which name somebody typed for an address the estate does not know, and what a host calls itself leads no script anywhere.
		targets = append(targets, run.Target{Rule: rule, Addr: b.Endpoint.Addr, Port: b.Endpoint.Port, Name: b.Name, Where: b.Where, Windows: b.Windows, Samba: b.Samba})
	}
	script, err = h.Env.Script(strings.Join(h.View(who).Runs(id), ", "), []string{rule}, targets, format)
	return script, len(targets), err
}

// impacts holds the last impact that was judged, since a list of it is asked for page by page; one is judged at a time.
type impacts struct {
	mu   sync.Mutex
	turn chan struct{} // has one element while none is judged
	key  string
	of   *View
	last *run.Impact
}

func (m *impacts) find(of *View, key string) *run.Impact {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == of && m.key == key {
		return m.last
	}
	return nil
}

// Impact judges who would break by the fix of a rule, as `signet impact` does, from all that stands of the estate. It reads runs: of a million
// endpoints for some time.
func (h *Hub) Impact(ctx context.Context, who desk.Who, rule, site string) (*run.RuleImpact, *run.Impact, error) {
	if _, err := h.Broken(who, rule, site); err != nil {
		return nil, nil, err
	}
	id, _ := h.siteOf(who, site) // which Broken found
	view, key := h.View(who), rule+" "+id
	if im := h.impacts.find(view, key); im != nil {
		return &im.Rules[0], im, nil
	}
	select {
	case <-h.impacts.turn:
		defer func() { h.impacts.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if im := h.impacts.find(view, key); im != nil { // somebody asked the same meanwhile
		return &im.Rules[0], im, nil
	}
	runs, err := h.Runs(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	stored := &run.Stored{Store: h.Store, Runs: runs}
	var inputs []*run.Input
	names := view.Runs(id)
	for _, name := range names {
		if at := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == name }); at >= 0 { // else it was deleted since
			inputs = append(inputs, stored.Input(ctx, &runs[at]))
		}
	}
	var hosts []run.Named
	view.Known(id, func(addr netip.Addr, name string) { hosts = append(hosts, run.Named{Addr: addr, Name: name}) })
	j, err := h.judgeOf(id)
	if err != nil {
		return nil, nil, err
	}
	im, err := h.Env.ImpactOn(strings.Join(names, ", "), hosts, inputs, j, []string{rule})
	if err != nil {
		return nil, nil, fmt.Errorf("the impact of %s: %w", rule, err)
	}
	h.impacts.mu.Lock()
	defer h.impacts.mu.Unlock()
	h.impacts.of, h.impacts.key, h.impacts.last = view, key, im
	return &im.Rules[0], im, nil
}
