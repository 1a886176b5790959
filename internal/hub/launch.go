package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/owner"
	"signet/internal/run"
	"signet/internal/store"
)

// order is what is asked where nothing else is said: no faster than the limits.
func (h *Hub) order(targets ...string) *run.Order {
	o := run.NewOrder(targets...)
	if l := h.Env.Limits; l != nil {
		o.Rate = min(o.Rate, l.Rate)
		if l.Depth < signet.Anonymous {
			o.Depth = l.Depth.String()
		}
	}
	return o
}

// Bare is an order of targets that belong to no site. What is left out is as in a scan that leaves it out, within the limits.
type Bare struct {
	Targets []string
	Checks  []string
	Depth   string
	Rate    *float64
}

// LaunchBare launches a job of bare targets.
func (h *Hub) LaunchBare(ctx context.Context, act desk.Act, b *Bare) (Job, error) {
	o := h.order(b.Targets...)
	o.Checks = b.Checks
	if b.Depth != "" {
		o.Depth = b.Depth
	}
	if b.Rate != nil {
		o.Rate = *b.Rate
	}
	return h.Launch(ctx, act, "", &Ordered{Order: o})
}

// LaunchSite launches a job of a site, by its ID or name.
func (h *Hub) LaunchSite(ctx context.Context, act desk.Act, site string) (Job, error) {
	s, err := h.Desk.Site(act.Who, site)
	if err != nil {
		return Job{}, err
	}
	return h.Launch(ctx, act, s.ID, &Ordered{Order: h.orderOf(&s)})
}

func (h *Hub) orderOf(s *desk.Site) *run.Order {
	o := h.order(s.Targets...)
	o.Exclude, o.Checks = s.Exclude, s.Checks
	if s.Depth != "" {
		o.Depth = s.Depth
	}
	return o
}

// Verify asks the endpoint of a row of the board again, as its site asks. All else of the estate stays as it is.
func (h *Hub) Verify(ctx context.Context, act desk.Act, row estate.ID) (Job, error) {
	r, ok := h.View(act.Who).Board.Row(row)
	if !ok {
		return Job{}, store.NoDocument("finding", row.String())
	}
	if h.View(act.Who).Sample { // at its addresses stands something else, or nothing
		return Job{}, ErrSample
	}
	at := netip.AddrPortFrom(r.Endpoint.Addr, r.Endpoint.Port)
	o := h.order(at.Addr().String())
	if r.Site != "" {
		s, err := h.Desk.Site(act.Who, r.Site)
		if err != nil {
			return Job{}, err
		}
		if s.Depth != "" {
			o.Depth = s.Depth
		}
	}
	o.Checks, o.Ports = []string{r.Check}, []string{fmt.Sprintf("%s=%d", r.Check, at.Port())}
	return h.Launch(ctx, act, r.Site, &Ordered{Order: o, Verifies: &Verifies{Row: row.String(), At: at, Check: r.Check}})
}

// Edit changes what people say of rows of the board: of all of them or, with an error, of none.
func (h *Hub) Edit(ctx context.Context, act desk.Act, edits []desk.RowEdit) error {
	view := h.View(act.Who)
	for i := range edits {
		id, ok := estate.ParseID(edits[i].ID)
		if !ok {
			return store.NoDocument("finding", edits[i].ID)
		}
		r, ok := view.Board.Row(id)
		if !ok {
			return store.NoDocument("finding", edits[i].ID)
		}
		edits[i].Site = r.Site
	}
	if err := h.Desk.EditRows(ctx, act, edits); err != nil {
		return err
	}
	h.marked()
	return nil
}

// LoadRows changes what people say of rows by a table, as desk.LoadRows has it; dry changes nothing.
func (h *Hub) LoadRows(ctx context.Context, act desk.Act, edits []desk.RowEdit, dry bool) ([]desk.Loaded, error) {
	list, err := h.Desk.LoadRows(ctx, act, edits, dry)
	if err == nil && !dry {
		h.marked()
	}
	return list, err
}

// SetOwners writes the rules of owners, and shows what they say at once: of rows that come later, too.
func (h *Hub) SetOwners(ctx context.Context, act desk.Act, rules []owner.Rule, was uint64) (desk.Owners, error) {
	o, err := h.Desk.SetOwners(ctx, act, rules, was)
	if err == nil {
		h.marked()
	}
	return o, err
}

// TryOwners says what each of some rules would come to on the board, and that of nothing is saved.
func (h *Hub) TryOwners(who desk.Who, rules []owner.Rule) ([]estate.GivenCount, error) {
	if !desk.Allow(who, desk.Arrange, "") {
		return nil, desk.ErrForbidden
	}
	rules, err := desk.CheckOwners(rules)
	if err != nil {
		return nil, err
	}
	return h.View(who).Board.Given(owner.NewMatcher(rules)).Marked(h.marks()).GivenCounts(), nil
}

// Launch has an order made a run of, when it is its turn. An order that the runner of the site would refuse is refused now, with the
// runner's own error; who may launch what, the desk says.
func (q *Jobs) Launch(ctx context.Context, act desk.Act, site string, o *Ordered) (Job, error) {
	if !desk.Allow(act.Who, desk.Launch, site) {
		return Job{}, desk.ErrForbidden
	}
	return q.launch(ctx, site, o, func(body []byte) (desk.Job, error) { return q.Desk.QueueJob(ctx, act, site, body) })
}

// launchScheduled launches the job of a schedule, and writes what was done about its times.
func (q *Jobs) launchScheduled(ctx context.Context, s *desk.Schedule, now time.Time, did desk.Kept, o *Ordered) error {
	_, err := q.launch(ctx, s.Site, o, func(body []byte) (desk.Job, error) { return q.Desk.StartScheduled(ctx, s, now, did, body) })
	return err
}

// launch checks an order, and has it queued.
func (q *Jobs) launch(ctx context.Context, site string, o *Ordered, queue func(body []byte) (desk.Job, error)) (Job, error) {
	r, err := q.Runner(site)
	if err != nil {
		return Job{}, err
	}
	if err := r.Check(ctx, o.Order); err != nil {
		return Job{}, err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return Job{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := 0
	for _, j := range q.Desk.Jobs(desk.System()) {
		if !j.State.Ended() {
			waiting++
		}
	}
	switch {
	case q.closed:
		return Job{}, ErrStopped
	case waiting >= mostWaiting:
		return Job{}, ErrTooMany
	}
	j, err := queue(body)
	if err != nil {
		return Job{}, err
	}
	q.tell()
	return q.seen(j)
}
