package store

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/netip"
	"sync"
)

// Rescued is a store for one run that is read back when it is made, as `signet read` does. When what it is made of takes no more,
// a full disk for instance, what was stored of the run is carried into the next one of its spares, and the run goes on there.
type Rescued struct {
	mu     sync.Mutex
	now    Store
	spares []func(context.Context) (Store, error)
	tell   func(error)
	opened []Store
}

var _ Store = (*Rescued)(nil)

// Rescue makes one of a store. Each of spares is opened when it is needed; tell hears why. Close closes the spares that were
// opened, and not s.
func Rescue(s Store, tell func(error), spares ...func(context.Context) (Store, error)) *Rescued {
	return &Rescued{now: s, tell: tell, spares: spares}
}

func (r *Rescued) store() Store {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// next opens a spare that takes what carry gives it, and goes on with that one. why is given back where there is none.
func (r *Rescued) next(ctx context.Context, why error, carry func(to Store) error) error {
	if errors.Is(why, ErrTaken) || errors.Is(why, ErrExists) || ctx.Err() != nil {
		return why
	}
	for len(r.spares) > 0 {
		open := r.spares[0]
		r.spares = r.spares[1:]
		s, err := open(ctx)
		if err != nil {
			continue
		}
		if err := carry(s); err != nil {
			s.Close()
			continue
		}
		r.mu.Lock()
		r.now = s
		r.opened = append(r.opened, s)
		r.mu.Unlock()
		r.tell(why)
		return nil
	}
	return why
}

// Create begins the run.
func (r *Rescued) Create(ctx context.Context, run *Run) (Log, error) {
	l := &rescuedLog{r: r}
	var err error
	if l.log, err = r.store().Create(ctx, run); err == nil {
		return l, nil
	}
	err = r.next(ctx, err, func(to Store) (err error) {
		l.log, err = to.Create(ctx, run)
		return err
	})
	return l, err
}

// rescuedLog is the run.
type rescuedLog struct {
	r   *Rescued
	log Log
}

// Append commits a batch, in a spare if need be.
func (l *rescuedLog) Append(ctx context.Context, b *Batch) error {
	err := l.log.Append(ctx, b)
	if err == nil {
		return nil
	}
	from := l.r.store()
	err = l.r.next(ctx, err, func(to Store) error {
		log, err := carry(ctx, from, to, b.Run)
		if err != nil {
			return err
		}
		if err := log.Append(ctx, b); err != nil {
			return err
		}
		l.log = log
		return nil
	})
	if err == nil {
		from.Delete(ctx, b.Run.ID) // what is left there is a part of no use, and its room may be; a full disk may not take that either
	}
	return err
}

// carry copies what is stored of a run, packed as it is, and gives the log that goes on with it. The copy has no pages: they are
// for comparing, and rows are read without them.
func carry(ctx context.Context, from, to Store, run *Run) (Log, error) {
	kinds, err := from.Kinds(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	log, err := to.Create(ctx, run)
	if err != nil {
		return nil, err
	}
	at := *run
	b := Batch{Kinds: kinds, Run: &at}
	for row, err := range from.Rows(ctx, run.ID, Which{}) {
		if err != nil {
			return nil, err
		}
		c := *row
		c.Body, c.Trace = bytes.Clone(row.Body), bytes.Clone(row.Trace)
		if b.Rows = append(b.Rows, c); len(b.Rows) == atOnce {
			if err := log.Append(ctx, &b); err != nil {
				return nil, err
			}
			b.Rows, b.Kinds = b.Rows[:0], nil
		}
	}
	return log, log.Append(ctx, &b)
}

// Everything else is asked of where the run is.

func (r *Rescued) Runs(ctx context.Context, after Cursor, most int) ([]Run, Cursor, error) {
	return r.store().Runs(ctx, after, most)
}

func (r *Rescued) Reopen(ctx context.Context, id string) (Log, error) {
	return r.store().Reopen(ctx, id)
}

func (r *Rescued) Rows(ctx context.Context, id string, which Which) iter.Seq2[*Row, error] {
	return r.store().Rows(ctx, id, which)
}

func (r *Rescued) Pages(ctx context.Context, id string, of netip.Addr) iter.Seq2[*Page, error] {
	return r.store().Pages(ctx, id, of)
}

func (r *Rescued) Kinds(ctx context.Context, id string) ([]Kind, error) {
	return r.store().Kinds(ctx, id)
}

func (r *Rescued) Drop(ctx context.Context, id string, seqs []uint64) error {
	return r.store().Drop(ctx, id, seqs)
}

func (r *Rescued) Delete(ctx context.Context, id string) error { return r.store().Delete(ctx, id) }

func (r *Rescued) Verify(ctx context.Context, tell func(string)) error {
	return r.store().Verify(ctx, tell)
}

// Close closes the spares.
func (r *Rescued) Close() error {
	var errs []error
	for _, s := range r.opened {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
