package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/alert"
	"signet/internal/compare"
	"signet/internal/notify"
	"signet/internal/outbox"
	"signet/internal/sample"
	"signet/internal/store"
)

// Documents of alerts. Each is written with the messages that it is about: no end of a process tells of a thing twice, or never.
const (
	toldToKind  = "alert-cursor" // the last comparison that was told of
	toldKind    = "alerted"      // by its number: what rows were told of and closed
	toldOfKind  = "alerted-of"   // a job, a time of a schedule, the end of an exception
	mostTold    = 200            // deltas, before they are written as one
	forgetsTold = 60 * 24 * time.Hour
)

// cursor is how far changes were told of.
type cursor struct {
	Set   uint64    `json:"set"`
	Since time.Time `json:"since"` // what happened before is not told of
}

// alerts is what is known of what was told.
type alerts struct {
	at     cursor
	rev    uint64
	memory alert.Memory
	deltas []string          // IDs of their documents
	of     map[string]uint64 // revisions of toldOfKind
}

// loadAlerts reads them. A hub that never told of anything begins with what comes next.
func (h *Hub) loadAlerts(ctx context.Context) error {
	a := &h.alerts
	a.of = map[string]uint64{}
	for after := ""; ; {
		list, err := h.documents.Documents(ctx, toldOfKind, "", after, 500)
		if err != nil {
			return err
		}
		for i := range list {
			after = list[i].ID
			a.of[after] = list[i].Rev
		}
		if len(list) < 500 {
			break
		}
	}
	list, err := h.documents.Documents(ctx, toldKind, "", "", 10*mostTold)
	if err != nil {
		return err
	}
	for i := range list {
		var d alert.Delta
		if err := d.UnmarshalBinary(list[i].Body); err != nil {
			return err
		}
		a.memory.Apply(d)
		a.deltas = append(a.deltas, list[i].ID)
	}
	doc, err := h.documents.Document(ctx, toldToKind, "cursor")
	if err == nil {
		a.rev = doc.Rev
		return json.Unmarshal(doc.Body, &a.at)
	}
	if !errors.Is(err, store.ErrUnknown) {
		return err
	}
	a.at.Since = h.Now().UTC()
	if sets, _ := h.ChangeSets(system(), 0); len(sets) > 0 {
		a.at.Set = sets[len(sets)-1].Seq
	}
	return h.told(ctx, a.at, posts{})
}

// posts are messages that are to be written.
type posts struct {
	edits   []store.Edit
	letters []*outbox.Letter
}

// told writes that everything up to a cursor was told of, the messages that do it, and what else that changes.
func (h *Hub) told(ctx context.Context, at cursor, p posts, edits ...store.Edit) error {
	body, err := json.Marshal(at)
	if err != nil {
		return err
	}
	n := len(p.edits)
	all := append(slices.Clip(p.edits), store.Edit{Kind: toldToKind, ID: "cursor", Was: h.alerts.rev, Body: body})
	revs, err := h.documents.Write(ctx, append(all, edits...)...)
	if err != nil {
		return err
	}
	h.alerts.at, h.alerts.rev = at, revs[n]
	h.Outbox.Posted(p.letters, revs[:n])
	return nil
}

// post adds a message to the channels of a site.
func (h *Hub) post(p *posts, site string, m notify.Message) error {
	var now, held []string
	for _, c := range h.Desk.Serving(site) {
		if c.Digest != "" {
			held = append(held, c.ID)
		} else {
			now = append(now, c.ID)
		}
	}
	m.At = h.Now().UTC().Truncate(time.Second)
	m.Site = h.siteName(site)
	edits, letters, err := h.Outbox.Post(m, now, held)
	p.edits, p.letters = append(p.edits, edits...), append(p.letters, letters...)
	return err
}

func (h *Hub) siteName(id string) string {
	if s, err := h.Desk.Site(system(), id); id != "" && err == nil {
		return s.Name
	}
	return ""
}

// page is the address of a page, for people.
func (h *Hub) page(path string, query ...string) string {
	if h.URL == "" {
		return ""
	}
	v := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			v.Set(query[i], query[i+1])
		}
	}
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	return h.URL + path
}

// alerting tells of what changed, until ctx ends.
func (h *Hub) alerting(ctx context.Context) {
	for ctx.Err() == nil {
		_, more := h.ChangeSets(system(), h.alerts.at.Set)
		if err := errors.Join(h.tellChanges(ctx), h.tellEvents(ctx), h.digests(ctx)); err != nil && ctx.Err() == nil {
			h.Warn(fmt.Sprintf("alerts: what happened is told of later: %v", err))
		}
		wait := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
		case <-more:
		case <-h.ring:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// Ring has the hub look whether somebody is to be told of something.
func (h *Hub) Ring() {
	select {
	case h.ring <- struct{}{}:
	default:
	}
}

// tellChanges tells of the comparisons that were not told of yet.
func (h *Hub) tellChanges(ctx context.Context) error {
	sets, _ := h.ChangeSets(system(), h.alerts.at.Set)
	for _, s := range sets {
		if err := h.tellSet(ctx, s); err != nil {
			return err
		}
	}
	return h.foldTold(ctx)
}

// tellSet tells of one.
func (h *Hub) tellSet(ctx context.Context, s *ChangeSet) error {
	if strings.HasSuffix(s.Run, sample.Suffix) { // in which nothing is real
		next := h.alerts.at
		next.Set = s.Seq
		return h.told(ctx, next, posts{})
	}
	page := &ChangePage{}
	filter := &ChangeFilter{Kinds: []compare.Kind{compare.Worsened, compare.Appeared, compare.Improved}}
	if _, err := h.rowsOf(ctx, s, 0, filter, len(filter.Kinds)*mostOfKind, page); err != nil {
		return err
	}
	var list []compare.Change
	kept := map[compare.Kind]uint64{}
	for i := range page.Items {
		list = append(list, page.Items[i].Change)
		kept[page.Items[i].Kind]++
	}
	lost := func(k compare.Kind) uint64 { return s.Sums[k.String()] - min(kept[k], s.Sums[k.String()]) }
	tell, delta := h.alerts.memory.Tell(s.Site, list, lost(compare.Improved)+lost(compare.Worsened) > 0)
	var p posts
	var err error
	if len(tell) > 0 {
		rows, more, worst := alert.Rows(tell)
		more += int(lost(compare.Worsened))
		m := notify.Message{Kind: notify.Worsened, Severity: worst, Run: s.Run, Rows: rows, More: more, Title: worseTitle(len(rows)+more, h.siteName(s.Site)), Link: h.page("/diff", "old", s.Before, "new", s.Run)}
		err = h.post(&p, s.Site, m)
	}
	now, before, fewer := h.coverageFell(ctx, s)
	if err == nil && fewer {
		err = h.post(&p, s.Site, notify.Message{Kind: notify.Coverage, Run: s.Run, Severity: "medium", Link: h.page("/diff", "old", s.Before, "new", s.Run),
			Title: fmt.Sprintf("%d endpoints fewer than before could be told%s: %d of %d", before-now, at(h.siteName(s.Site)), now, before)})
	}
	if err != nil {
		return err
	}
	next := h.alerts.at
	next.Set = s.Seq
	if delta.Empty() {
		return h.told(ctx, next, p)
	}
	body, err := delta.MarshalBinary()
	if err != nil {
		return err
	}
	if err := h.told(ctx, next, p, store.Edit{Kind: toldKind, ID: setID(s.Seq), Body: body}); err != nil {
		return err
	}
	h.alerts.memory.Apply(delta)
	h.alerts.deltas = append(h.alerts.deltas, setID(s.Seq))
	return nil
}

func worseTitle(n int, site string) string {
	if n == 1 {
		return "1 finding is new or worse" + at(site)
	}
	return fmt.Sprintf("%d findings are new or worse%s", n, at(site))
}

func at(site string) string {
	if site == "" {
		return ""
	}
	return " at " + site
}

// foldTold writes many changes of what was told as one.
func (h *Hub) foldTold(ctx context.Context) error {
	a := &h.alerts
	if len(a.deltas) <= mostTold {
		return nil
	}
	body, err := a.memory.Whole().MarshalBinary()
	if err != nil {
		return err
	}
	last := a.deltas[len(a.deltas)-1]
	edits := []store.Edit{{Kind: toldKind, ID: last, Was: store.AnyRev, Body: body}}
	for _, id := range a.deltas[:len(a.deltas)-1] {
		edits = append(edits, store.Edit{Kind: toldKind, ID: id, Was: store.AnyRev})
	}
	if _, err := h.documents.Write(ctx, edits...); err != nil {
		return err
	}
	a.deltas = []string{last}
	return nil
}

// leastFell is from how many endpoints on a fall of coverage is told of, and fellBy of how many percent.
const (
	leastFell = 5
	fellBy    = 10
)

// coverageFell tells how many endpoints of a site a run could tell, and the run before it, and whether those are that much fewer.
func (h *Hub) coverageFell(ctx context.Context, s *ChangeSet) (now, before uint64, fewer bool) {
	if s.Verifies != nil {
		return 0, 0, false
	}
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return 0, 0, false
	}
	of := func(id string) *store.Run {
		if i := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == id }); i >= 0 {
			return &runs[i]
		}
		return nil
	}
	if a, b := of(s.Before), of(s.Run); a != nil && b != nil {
		return fell(a, b)
	}
	return 0, 0, false // one was removed meanwhile
}

// fell holds two runs against each other. Who asks something else is told something else, and where no counts are known there is nothing to
// tell.
func fell(a, b *store.Run) (now, before uint64, fewer bool) {
	if len(a.Verdicts) == 0 || len(b.Verdicts) == 0 || !alike(a, b) {
		return 0, 0, false
	}
	known := func(r *store.Run) (n uint64) {
		for v, count := range r.Verdicts {
			if signet.Verdict(v) != signet.Undetermined {
				n += count
			}
		}
		return n
	}
	now, before = known(b), known(a)
	return now, before, before >= now+leastFell && (before-now)*100 >= before*fellBy
}
