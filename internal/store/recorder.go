package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"signet"
)

// Bounds of one transaction: it is committed when either is reached, or after commitEvery.
const (
	commitRows  = 8 << 10
	commitBytes = 2 << 20
	commitEvery = 500 * time.Millisecond
)

// ahead is how many transactions are packed or being committed: while the database is at work the next ones are made, and
// while it waits for a processor there is something for it to go on with. Packed, a transaction is a fraction of commitBytes.
const ahead = 6

// Recorder gathers observations into transactions of a Log. One goroutine packs a batch while another commits those before and
// the next is gathered; when the database falls further behind than ahead, Record waits for it.
type Recorder struct {
	ctx      context.Context
	log      Log
	run      Run
	progress func() Progress // nil: the run's stays as it is
	durable  bool

	mu      sync.Mutex
	open    batch // gathered
	wake    chan struct{}
	room    *sync.Cond
	failed  error
	closing bool
	done    chan struct{}

	// of the goroutine that packs
	packers map[uint16]*packers
	ids     map[kindKey]uint16
	page    pager
	rest    bool // something but rows is to be committed
}

// Option is a wish about how a run is recorded.
type Option uint8

// Durable has each commit wait until the disk has what it wrote, and all that was committed before: it survives a loss of power.
// Without it a commit survives the death of the process, and a loss of power may take the last second. It costs a wait for the disk
// for each transaction, while the next ones are gathered.
const Durable Option = 1

// Begin begins a run in a store. progress is called before each commit, from another goroutine: what it names finished
// must have been recorded by then, its groups closed.
func Begin(ctx context.Context, s Store, run *Run, progress func() Progress, options ...Option) (*Recorder, error) {
	run.Started = run.Started.UTC().Truncate(time.Microsecond)
	log, err := s.Create(ctx, run)
	if err != nil {
		return nil, err
	}
	return newRecorder(ctx, log, run, nil, progress, options), nil
}

// GoOn goes on with a run that Find gave.
func GoOn(ctx context.Context, s Store, run *Run, progress func() Progress, options ...Option) (*Recorder, error) {
	log, err := s.Reopen(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	kinds, err := s.Kinds(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	return newRecorder(ctx, log, run, kinds, progress, options), nil
}

func newRecorder(ctx context.Context, log Log, run *Run, kinds []Kind, progress func() Progress, options []Option) *Recorder {
	r := &Recorder{
		ctx: ctx, log: log, run: *run, progress: progress, durable: slices.Contains(options, Durable),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		packers: map[uint16]*packers{}, ids: map[kindKey]uint16{},
	}
	for _, k := range kinds {
		r.packers[k.ID] = &packers{kind: k, facts: learnt(k.Facts), trace: learnt(k.Trace)}
		r.ids[kindKey{k.Check, k.Version}] = k.ID
	}
	r.room = sync.NewCond(&r.mu)
	go r.loop()
	return r
}

// Record takes an observation; nothing of it is kept after the return. trace says whether its transcript is to be stored.
// An error is that of an earlier commit: nothing more will be stored.
func (r *Recorder) Record(o *signet.Observation, trace bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(); err != nil {
		return err
	}
	r.open.take(o, trace, r.run.Started)
	if r.open.full() {
		r.signal()
	}
	return nil
}

// enter waits until there is room in the open batch, with mu held.
func (r *Recorder) enter() error {
	for r.failed == nil && r.open.full() {
		r.signal()
		r.room.Wait()
	}
	if r.failed != nil {
		return r.failed
	}
	if r.closing {
		return errors.New("the run is closed")
	}
	return nil
}

func (r *Recorder) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Finish commits what is left and closes the run: set sets what its end is, on the run as it stands. It is called once,
// and by itself: no Record may be under way. A group that was not closed is dropped.
func (r *Recorder) Finish(set func(*Run)) error {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.signal()
	<-r.done
	if r.failed != nil {
		return r.failed
	}
	if r.progress != nil {
		r.run.Progress = r.progress()
	}
	set(&r.run)
	if r.run.Finished() {
		r.run.Progress.Finished = nil // nothing goes on from here
	}
	return r.log.Append(r.ctx, &Batch{Run: &r.run, Durable: r.durable})
}

// loop packs batch after batch until it is told to close or a commit fails.
func (r *Recorder) loop() {
	defer close(r.done)
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	ready, free, committed := make(chan *packed, ahead), make(chan *packed, ahead), make(chan struct{})
	for range ahead {
		free <- &packed{}
	}
	go func() {
		defer close(committed)
		r.commit(ready, free)
	}()
	defer func() { close(ready); <-committed }()
	var full batch
	for {
		select {
		case <-tick.C:
		case <-r.wake:
		}
		var at Progress
		if r.progress != nil {
			at = r.progress() // before the batch is closed: it may know of more than this names, never of less
		}
		r.mu.Lock()
		full, r.open = r.open, full.emptied()
		closing, failed := r.closing, r.failed
		r.room.Broadcast()
		r.mu.Unlock()
		if failed != nil {
			return
		}
		p := <-free
		some, err := r.pack(p, &full, at)
		if err != nil {
			r.fail(err)
			return
		}
		if some {
			ready <- p
		} else {
			free <- p
		}
		if closing {
			return
		}
	}
}

// commit appends what is ready, in order, up to the first failure, and tells those whose groups are stored.
func (r *Recorder) commit(ready <-chan *packed, free chan<- *packed) {
	failed := false
	for p := range ready {
		if !failed {
			if err := r.log.Append(r.ctx, &p.Batch); err != nil {
				failed = true
				r.fail(err)
			}
		}
		for i, tell := range p.committed {
			if !failed {
				tell()
			}
			p.committed[i] = nil
		}
		free <- p
	}
}

func (r *Recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
	r.room.Broadcast()
	r.signal()
}
