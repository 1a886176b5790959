package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"signet"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/run"
	"signet/internal/store"
)

// Documents of readings: a head says that the parts are all there.
const (
	readingKind = "reading"        // by run
	partKind    = "reading-part"   // by run and number
	unseenKind  = "reading-unseen" // by run: what the board remembers does not know of it yet
	readingForm = 1
)

func partID(run string, n int) string { return fmt.Sprintf("%s/%06d", run, n) }

// recorder stores the reading of a run as it is made. What goes wrong with it is no trouble of the run's: it is read again later.
type recorder struct {
	*estate.Maker
	hub  *Hub
	read read
	run  string
	err  error
}

// record is a handler that stores the reading of the run that it is told of.
func (h *Hub) record(site string, v *Verifies) *recorder {
	r := &recorder{hub: h, read: read{Form: readingForm, Versions: h.versions(), Site: site, Verifies: v}}
	j, err := h.judgeOf(site)
	if err != nil { // no reading depends on a policy
		if j, err = h.judge("baseline", ""); err != nil {
			r.err = err
		}
	}
	r.Maker = estate.NewMaker(h.Env.Checks, j, r.keep)
	return r
}

// keep stores a part.
func (r *recorder) keep(part []byte) error {
	if r.err == nil {
		_, r.err = r.hub.documents.Write(context.Background(), store.Edit{Kind: partKind, ID: partID(r.run, r.read.Parts), Was: store.AnyRev, Body: part})
		r.read.Parts++
	}
	return nil
}

// Begin makes the reading anew, whatever there is of it.
func (r *recorder) Begin(h *report.Header) error {
	r.run = h.Run
	if r.err == nil {
		r.err = r.hub.forget(context.Background(), h.Run)
	}
	return r.Maker.Begin(h)
}

// Endpoint and the events below are not told to a maker that nobody listens to any more.
func (r *recorder) Endpoint(l *report.Line) error {
	return r.while(func() error { return r.Maker.Endpoint(l) })
}
func (r *recorder) Host(h *signet.Host) error {
	return r.while(func() error { return r.Maker.Host(h) })
}

func (r *recorder) while(tell func() error) error {
	if r.err == nil {
		r.err = tell()
	}
	return nil
}

// End says that the reading is whole, unless the run was cut short: it goes on, and is read anew.
func (r *recorder) End(s *report.Summary) error {
	if s.Interrupted {
		return nil
	}
	if r.err == nil {
		r.err = r.Maker.End(s)
	}
	if r.err == nil {
		var body []byte
		r.read.Size = r.Maker.Size()
		if body, r.err = json.Marshal(&r.read); r.err == nil {
			_, r.err = r.hub.documents.Write(context.Background(), store.Edit{Kind: readingKind, ID: r.run, Was: store.AnyRev, Body: body},
				store.Edit{Kind: unseenKind, ID: r.run, Was: store.AnyRev, Body: []byte{'1'}})
			r.hub.heads.wrote(r.run, &r.read, r.err)
		}
	}
	if r.err != nil {
		r.hub.Warn(fmt.Sprintf("run %s: its reading was not kept, and is made again later: %v", r.run, r.err))
	}
	return nil
}

// forget takes the reading of a run away: its head first, so that nobody takes what is left for the whole.
func (h *Hub) forget(ctx context.Context, id string) error {
	_, err := h.documents.Write(ctx, store.Edit{Kind: readingKind, ID: id, Was: store.AnyRev})
	h.heads.wrote(id, nil, err)
	if err != nil {
		return err
	}
	for {
		list, err := h.documents.Documents(ctx, partKind, id+"/", "", 100)
		if err != nil || len(list) == 0 {
			return err
		}
		var edits []store.Edit
		for i := range list {
			edits = append(edits, store.Edit{Kind: partKind, ID: list[i].ID, Was: store.AnyRev})
		}
		if _, err := h.documents.Write(ctx, edits...); err != nil {
			return err
		}
	}
}

// load reads a reading.
func (h *Hub) load(ctx context.Context, id string, r *read) (*estate.Reading, error) {
	d, err := estate.NewDecoder()
	if err != nil {
		return nil, err
	}
	d.Expect(r.Size)
	for n := range r.Parts {
		doc, err := h.documents.Document(ctx, partKind, partID(id, n))
		if err != nil {
			return nil, err
		}
		if err := d.Add(doc.Body); err != nil {
			return nil, err
		}
	}
	return d.Reading()
}

// reading reads runs that no job of ours made, the newest first, until ctx ends.
func (h *Hub) reading(ctx context.Context) {
	again := time.NewTicker(30 * time.Second) // what another process stores, nobody tells us
	defer again.Stop()
	for ctx.Err() == nil {
		if err := h.readNew(ctx); err != nil && ctx.Err() == nil {
			h.Warn(fmt.Sprintf("runs cannot be read: %v", err))
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		case <-h.look:
		}
	}
}

// readNew reads every run that stands and has no reading yet, and forgets the readings of runs that are gone.
func (h *Hub) readNew(ctx context.Context) error {
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	heads, err := h.headed(ctx)
	if err != nil {
		return err
	}
	jobs, busy := h.places()
	stored := &run.Stored{Store: h.Store, Runs: runs}
	known := map[string]bool{}
	var errs []error
	// What was read is shown soon, but of many runs that came at once not each by itself: that would take most of the time.
	waits, next := false, time.Time{}
	show := func() {
		begun := time.Now()
		errs = append(errs, h.show(ctx))
		waits, next = false, time.Now().Add(10*time.Since(begun))
	}
	for i := range runs {
		r := &runs[i]
		known[r.ID] = true
		if heads[r.ID] != nil || !r.Finished() || !r.Stands() || busy == r.ID {
			continue
		}
		made, err := h.readRun(ctx, stored, r, jobs[r.ID])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // the next may be whole
			errs = append(errs, err)
			continue
		}
		if made && time.Now().Before(next) {
			waits = true
		} else if made {
			show()
		}
	}
	gone := waits
	for id := range heads {
		if !known[id] {
			gone = true
			errs = append(errs, h.forget(ctx, id))
		}
	}
	if gone {
		errs = append(errs, h.show(ctx))
	}
	errs = append(errs, h.makeRoom(ctx))
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}

// show shows what was read.
func (h *Hub) show(ctx context.Context) error {
	h.making.Lock()
	defer h.making.Unlock()
	return h.rebuild(ctx, true)
}

// readRun makes the reading of a run, unless somebody else has made it meanwhile.
func (h *Hub) readRun(ctx context.Context, stored *run.Stored, r *store.Run, at place) (made bool, err error) {
	h.making.Lock()
	defer h.making.Unlock()
	heads, err := h.headed(ctx)
	if err != nil || heads[r.ID] != nil {
		return false, err
	}
	rec := h.record(at.Site, at.Verifies)
	j, err := h.judgeOf(at.Site)
	if err == nil {
		_, err = h.Env.Report(ctx, stored.Input(ctx, r), &run.Replay{Judge: j}, rec)
	}
	if err == nil {
		err = rec.err
	}
	if err != nil {
		return false, fmt.Errorf("run %s: %w", r.ID, err)
	}
	return true, nil
}

// readEnded makes the reading of a job's run where none came of the run itself: the process that made it ended just before. No later job
// begins before that is done, since the board takes what it remembers from one run after another.
func (h *Hub) readEnded(ctx context.Context, j *Job) error {
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == j.Run })
	if i < 0 || !runs[i].Finished() || !runs[i].Stands() {
		return nil
	}
	_, err = h.readRun(ctx, &run.Stored{Store: h.Store, Runs: runs}, &runs[i], place{j.Site, j.Ordered.Verifies})
	return err
}

// place is where the run of a job belongs.
type place struct {
	Site     string
	Verifies *Verifies
}

// places are those of the runs of jobs, by run, and the run that is being made.
func (h *Hub) places() (of map[string]place, busy string) {
	of = map[string]place{}
	for _, kept := range h.Desk.Jobs(system()) {
		if kept.Run == "" {
			continue
		}
		var o Ordered
		if json.Unmarshal(kept.Order, &o) == nil {
			of[kept.Run] = place{kept.Site, o.Verifies}
		}
		if !kept.State.Ended() {
			busy = kept.Run
		}
	}
	return of, busy
}

// read is the head of a reading, as it is stored: what is not in the parts.
type read struct {
	Form     int            `json:"form"`
	Parts    int            `json:"parts"`
	Size     estate.Size    `json:"size,omitzero"` // zero: it is not known
	Versions map[string]int `json:"versions"`      // of the checks that judged it
	Site     string         `json:"site,omitempty"`
	Verifies *Verifies      `json:"verifies,omitempty"`
}

// versions are those of the checks, whose judges make readings.
func (h *Hub) versions() map[string]int {
	v := map[string]int{}
	for i := range h.Env.Checks {
		v[h.Env.Checks[i].Name] = h.Env.Checks[i].Version
	}
	return v
}

// heads are those of all readings that there are, by run: read once, and told of what is written, since one process holds them. The zero value
// reads them when it is asked.
type heads struct {
	mu  sync.Mutex
	all map[string]*read // nil: what the store has is not known
}

// wrote says that a head was written, or, where it is nil, deleted. After an error it is not known which.
func (h *heads) wrote(run string, head *read, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil:
		h.all = nil
	case h.all == nil:
	case head == nil:
		delete(h.all, run)
	default:
		c := *head
		h.all[run] = &c
	}
}

// headed gives the heads of all readings, by run; those that checks of other versions made are no readings any more.
func (h *Hub) headed(ctx context.Context) (map[string]*read, error) {
	h.heads.mu.Lock()
	defer h.heads.mu.Unlock()
	if h.heads.all == nil {
		all, err := h.readHeads(ctx)
		if err != nil {
			return nil, err
		}
		h.heads.all = all
	}
	return maps.Clone(h.heads.all), nil
}

func (h *Hub) readHeads(ctx context.Context) (map[string]*read, error) {
	all, versions := map[string]*read{}, h.versions()
	for after := ""; ; {
		list, err := h.documents.Documents(ctx, readingKind, "", after, 500)
		if err != nil {
			return nil, err
		}
		for i := range list {
			after = list[i].ID
			r := &read{}
			if json.Unmarshal(list[i].Body, r) == nil && r.Form == readingForm && same(r.Versions, versions) {
				all[list[i].ID] = r
			}
		}
		if len(list) < 500 {
			return all, nil
		}
	}
}

// same tells whether the checks that both know are of one version.
func same(a, b map[string]int) bool {
	for name, v := range a {
		if w, ok := b[name]; ok && w != v {
			return false
		}
	}
	return true
}
