package store

import (
	"context"
	"errors"
	"fmt"
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

	mu      sync.Mutex
	open    batch // gathered
	scratch []byte
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

// packed is a transaction that waits to be committed, and what its rows are made of.
type packed struct {
	Batch
	run  Run
	rows []Row
	room leaves
	page []byte
}

// leaves is where the values of a transaction are put, leaf by leaf: rows point into them, so that none of them grows.
type leaves struct {
	list [][]byte
	at   int
}

const leafBytes = 256 << 10

func (l *leaves) reset() {
	for i := range l.list {
		l.list[i] = l.list[i][:0]
	}
	l.at = 0
}

// leaf is one with room for n bytes more.
func (l *leaves) leaf(n int) *[]byte {
	for ; l.at < len(l.list); l.at++ {
		if b := &l.list[l.at]; cap(*b)-len(*b) >= n {
			return b
		}
	}
	l.list = append(l.list, make([]byte, 0, max(n, leafBytes)))
	return &l.list[l.at]
}

type kindKey struct {
	check   string
	version int
}

// packers are a kind's; known ones come from the store.
type packers struct {
	kind         Kind
	facts, trace packer
}

// plain is one observation as Record took it: sections of its batch's bytes.
type plain struct {
	Row
	key         kindKey
	body, trace int // lengths
	said        said
}

type batch struct {
	list  []plain
	bytes []byte
}

// Begin begins a run in a store. progress is called before each commit, from another goroutine: what it names finished
// must have been recorded by then.
func Begin(ctx context.Context, s Store, run *Run, progress func() Progress) (*Recorder, error) {
	run.Started = run.Started.UTC().Truncate(time.Microsecond)
	log, err := s.Create(ctx, run)
	if err != nil {
		return nil, err
	}
	return newRecorder(ctx, log, run, nil, progress), nil
}

// GoOn goes on with a run that Find gave.
func GoOn(ctx context.Context, s Store, run *Run, progress func() Progress) (*Recorder, error) {
	log, err := s.Reopen(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	kinds, err := s.Kinds(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	return newRecorder(ctx, log, run, kinds, progress), nil
}

func newRecorder(ctx context.Context, log Log, run *Run, kinds []Kind, progress func() Progress) *Recorder {
	r := &Recorder{
		ctx: ctx, log: log, run: *run, progress: progress,
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
	for len(r.open.list) >= commitRows || len(r.open.bytes) >= commitBytes {
		if r.failed != nil {
			break
		}
		r.signal()
		r.room.Wait()
	}
	if r.failed != nil {
		return r.failed
	}
	if r.closing {
		return errors.New("the run is closed")
	}
	b := &r.open
	at := len(b.bytes)
	var facts int
	b.bytes, facts = appendBody(b.bytes, o)
	p := plain{
		Row: Row{Addr: o.Addr.WithZone(""), Port: o.Port, State: state(o), At: o.At.Sub(r.run.Started).Microseconds(), Took: o.Took.Microseconds()},
		key: kindKey{o.Check, o.CheckVersion}, body: len(b.bytes) - at,
	}
	p.said, r.scratch = sum(o, b.bytes[facts:], r.scratch)
	if trace && len(o.Trace) > 0 {
		at = len(b.bytes)
		b.bytes = appendTrace(b.bytes, o.Trace)
		p.trace = len(b.bytes) - at
	}
	b.list = append(b.list, p)
	if len(b.list) >= commitRows || len(b.bytes) >= commitBytes {
		r.signal()
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
// and by itself: no Record may be under way.
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
	return r.log.Append(r.ctx, &Batch{Run: &r.run})
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
		full, r.open = r.open, batch{full.list[:0], full.bytes[:0]}
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

// commit appends what is ready, in order, up to the first failure.
func (r *Recorder) commit(ready <-chan *packed, free chan<- *packed) {
	failed := false
	for p := range ready {
		if !failed {
			if err := r.log.Append(r.ctx, &p.Batch); err != nil {
				failed = true
				r.fail(err)
			}
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

// pack makes a transaction of a batch; there may be nothing to commit.
func (r *Recorder) pack(out *packed, full *batch, at Progress) (some bool, err error) {
	if r.progress != nil {
		moved := at.Low != r.run.Progress.Low || at.Addresses != r.run.Progress.Addresses
		r.run.Progress, r.rest = at, r.rest || moved
	}
	if len(full.list) == 0 && !r.rest {
		return false, nil
	}
	out.run = r.run
	out.Batch = Batch{Run: &out.run}
	out.rows = out.rows[:0]
	out.room.reset()
	rest := full.bytes
	r.page.reset()
	for i := range full.list {
		p := &full.list[i]
		r.page.add(p.Addr, uint64(i), p.said)
		k, err := r.kind(p.key, &out.Batch)
		if err != nil {
			return false, err
		}
		p.Row.Kind = k.kind.ID
		body, trace := rest[:p.body], rest[p.body:p.body+p.trace]
		rest = rest[p.body+p.trace:]
		p.Row.Body = r.value(out, k, &k.facts, &k.kind.Facts, body)
		if len(trace) > 0 {
			p.Row.Trace = r.value(out, k, &k.trace, &k.kind.Trace, trace)
		}
		out.rows = append(out.rows, p.Row)
	}
	out.Rows = out.rows
	if len(out.rows) > 0 {
		out.page = r.page.append(out.page[:0])
		out.Page = out.page
	}
	r.rest = false
	return true, nil
}

// value packs one value, and notes what its kind learned by it.
func (r *Recorder) value(out *packed, k *packers, p *packer, dictionary *[]byte, plain []byte) []byte {
	leaf := out.room.leaf(mostPacked(plain))
	from := len(*leaf)
	var learned bool
	if *leaf, learned = p.pack(*leaf, plain); learned {
		*dictionary = p.content
		out.Kinds = append(out.Kinds, k.kind)
	}
	return (*leaf)[from:len(*leaf):len(*leaf)]
}

// kind finds or founds the kind of an observation.
func (r *Recorder) kind(key kindKey, out *Batch) (*packers, error) {
	if id, ok := r.ids[key]; ok {
		return r.packers[id], nil
	}
	const most = 256 // each of them has dictionaries, in memory
	if len(r.ids) >= most {
		return nil, fmt.Errorf("more than %d kinds of observations in one run", most)
	}
	k := &packers{kind: Kind{ID: uint16(len(r.ids) + 1), Check: key.check, Version: key.version}}
	r.ids[key], r.packers[k.kind.ID] = k.kind.ID, k
	out.Kinds = append(out.Kinds, k.kind)
	return k, nil
}
