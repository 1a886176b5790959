package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/run"
	"signet/internal/sample"
	"signet/internal/store"
)

// The sample is shown only where nothing else is: its hosts never stand among real ones, in no sum and on no board. What the board makes of
// it is not remembered. As soon as a real run can be shown the sample goes, by itself.

// Errors of the sample that a caller tells apart.
var (
	ErrSampled  = errors.New("the sample is stored already")
	ErrSample   = errors.New("this is the sample: none of its hosts is in your network, so none can be asked")
	ErrNotEmpty = errors.New("runs are stored: the sample is for a server that has none yet, so that it never stands among real hosts")
)

// Where it is kept that the sample is stored, and as which runs.
const (
	sampleKind = "sample"
	sampleID   = "sample"
)

// sampled is the sample as it is stored. nil is none.
type sampled struct {
	Runs   []string  `json:"runs"` // the oldest first
	Loaded time.Time `json:"loaded"`

	shown  bool // nothing else is
	memory *estate.Memory
	board  *estate.Board
}

// covers tells whether a run is one of the sample.
func (s *sampled) covers(run string) bool { return s != nil && slices.Contains(s.Runs, run) }

// isShown tells whether the sample is all there is.
func (s *sampled) isShown() bool { return s != nil && s.shown }

// keptSample is the sample, where it is stored, without what the board makes of it.
func (h *Hub) keptSample(ctx context.Context) (*sampled, error) {
	doc, err := h.documents.Document(ctx, sampleKind, sampleID)
	if errors.Is(err, store.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &sampled{}
	if err := json.Unmarshal(doc.Body, s); err != nil {
		return nil, fmt.Errorf("the sample: %w", err)
	}
	return s, nil
}

// sampled is the sample among runs and the heads of their readings. Its board comes of one run after another, as that of an estate would have.
func (h *Hub) sampled(ctx context.Context, runs []store.Run, heads map[string]*read) (*sampled, error) {
	s, err := h.keptSample(ctx)
	if s == nil || err != nil {
		return nil, err
	}
	s.shown = !slices.ContainsFunc(runs, func(r store.Run) bool { return heads[r.ID] != nil && s.real(&r) })
	if s.memory, err = estate.Remember(nil); err != nil {
		return nil, err
	}
	j, err := h.judgeOf("")
	if err != nil {
		return nil, err
	}
	for _, id := range s.Runs {
		at := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == id })
		if at < 0 || heads[id] == nil {
			continue
		}
		reading, err := h.load(ctx, id, heads[id])
		if err != nil {
			return nil, err
		}
		e := estate.New(h.Env.Checks, []estate.Source{{Reading: reading, Judge: j, Asked: run.Asked(ctx, &runs[at])}})
		s.board, s.memory = e.Board(s.memory)
	}
	return s, nil
}

// real tells whether a run is none of the sample, and stands.
func (s *sampled) real(r *store.Run) bool { return !s.covers(r.ID) && r.Finished() && r.Stands() }

// Sample gives the runs of the sample, the oldest first; none: it is not stored.
func (h *Hub) Sample(ctx context.Context) ([]string, error) {
	s, err := h.keptSample(ctx)
	if s == nil || err != nil {
		return nil, err
	}
	return s.Runs, nil
}

// LoadSample stores the sample and has it shown. Where anything else is stored that could be, it is ErrNotEmpty; where the sample is,
// ErrSampled.
func (h *Hub) LoadSample(ctx context.Context, act desk.Act) error {
	if !desk.Allow(act.Who, desk.Import, "") {
		return desk.ErrForbidden
	}
	h.sampling.Lock()
	defer h.sampling.Unlock()
	s, err := h.keptSample(ctx)
	if err != nil {
		return err
	}
	if s != nil {
		return ErrSampled
	}
	stored, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	s = &sampled{Loaded: h.Now().UTC().Truncate(time.Millisecond)} // as rows are dated
	if slices.ContainsFunc(stored, func(r store.Run) bool { return s.real(&r) }) {
		return ErrNotEmpty
	}
	runs, err := sample.Runs(h.Now())
	if err != nil {
		return err
	}
	for _, r := range runs {
		s.Runs = append(s.Runs, r.ID)
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	// Before the runs: whatever comes of them, it is known whose they are.
	if _, err := h.documents.Write(ctx, store.Edit{Kind: sampleKind, ID: sampleID, Body: body}); err != nil {
		return err
	}
	for _, r := range runs {
		if _, err := store.Import(ctx, bytes.NewReader(r.Lines), h.Store, h.Now()); err != nil {
			return errors.Join(err, h.dropSample(context.WithoutCancel(ctx)))
		}
	}
	return errors.Join(h.readNew(ctx), h.compareNew(ctx), h.Desk.Note(ctx, act, "sample.load", ""))
}

// RemoveSample takes the sample away, with all that came of it, and nothing else. Where there is none, it is store.ErrUnknown.
func (h *Hub) RemoveSample(ctx context.Context, act desk.Act) error {
	if !desk.Allow(act.Who, desk.Import, "") {
		return desk.ErrForbidden
	}
	h.sampling.Lock()
	defer h.sampling.Unlock()
	s, err := h.keptSample(ctx)
	if err != nil {
		return err
	}
	if s == nil {
		return store.NoDocument("sample", sampleID)
	}
	return errors.Join(h.dropSample(context.WithoutCancel(ctx)), h.Desk.Note(ctx, act, "sample.remove", ""))
}

// dropSample takes the sample away: last that it was stored, so that what was cut short is done again.
func (h *Hub) dropSample(ctx context.Context) error {
	h.making.Lock() // no reading is made of it meanwhile, and it is compared with nothing
	defer h.making.Unlock()
	h.matching.Lock()
	defer h.matching.Unlock()
	runs, err := store.AllRuns(ctx, h.Store)
	if err != nil {
		return err
	}
	heads, err := h.headed(ctx)
	if err != nil {
		return err
	}
	s, err := h.sampled(ctx, runs, heads)
	if s == nil || err != nil {
		return err
	}
	var rows []string
	for id := range h.Desk.Rows() {
		at, ok := estate.ParseID(id)
		if !ok || s.board == nil {
			continue
		}
		if _, known := s.board.Row(at); known {
			rows = append(rows, id)
		}
	}
	if err := h.Desk.ForgetRows(ctx, desk.Act{Who: system()}, s.Loaded, rows); err != nil {
		return err
	}
	for _, id := range s.Runs {
		if err := h.forget(ctx, id); err != nil {
			return err
		}
		if err := h.Store.Delete(ctx, id); err != nil && !errors.Is(err, store.ErrUnknown) {
			return err
		}
		if _, err := h.documents.Write(ctx, store.Edit{Kind: unseenKind, ID: id, Was: store.AnyRev}); err != nil {
			return err
		}
	}
	if err := h.forgetChanges(ctx, s.Runs); err != nil {
		return err
	}
	if _, err := h.documents.Write(ctx, store.Edit{Kind: sampleKind, ID: sampleID, Was: store.AnyRev}); err != nil {
		return err
	}
	return h.rebuild(ctx, false)
}

// makeRoom takes the sample away once something real is shown.
func (h *Hub) makeRoom(ctx context.Context) error {
	if s := h.shown().sample; s == nil || s.shown || !h.sampling.TryLock() { // who has it looks for runs, too
		return nil
	}
	defer h.sampling.Unlock()
	if s, err := h.keptSample(ctx); s == nil || err != nil {
		return err
	}
	return errors.Join(h.dropSample(ctx), h.Desk.Note(ctx, desk.Act{Who: system()}, "sample.remove", ""))
}
