// Package outbox keeps messages until they are taken. Each is stored in the write that decides that it is to be sent, is tried under one ID
// until somebody takes it or a day has passed, and is shown as failed then. It decides nothing about what is told to whom.
package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"signet/internal/notify"
	"signet/internal/store"
)

// Kind is that of the documents of messages.
const Kind = "outbox"

// Letter is a message on its way to one channel.
type Letter struct {
	ID      string         `json:"-"`
	Channel string         `json:"channel"` // ID
	Message notify.Message `json:"message"`
	Made    time.Time      `json:"made"`
	First   time.Time      `json:"first,omitzero"`  // when it was tried for the first time
	Held    bool           `json:"held,omitempty"`  // for the next digest
	Tries   int            `json:"tries,omitempty"` // that came to nothing
	Next    time.Time      `json:"next"`            // it is not tried before
	Why     string         `json:"why,omitempty"`   // of the last try
	Failed  bool           `json:"failed,omitempty"`

	rev   uint64
	over  bool // nothing is to be sent any more, and the store does not take that yet
	files bool // the message has some, and they stand in the store alone
}

const (
	giveUp    = 24 * time.Hour
	keep      = 30 * 24 * time.Hour // for which one that failed is shown
	mostKept  = 10_000              // letters that wait at once
	atOnce    = 4                   // channels that are sent to at a time
	lookEvery = 20 * time.Second
	atATime   = 20 // documents that are read, which may have files
)

// backOff is how long after a try that came to nothing the next one is: within seconds, then each minute for ten, then less and less often.
func backOff(tries int) time.Duration {
	switch {
	case tries <= 3:
		return []time.Duration{0, 2 * time.Second, 5 * time.Second, 15 * time.Second}[tries]
	case tries <= 13:
		return time.Minute
	case tries <= 16:
		return 10 * time.Minute
	}
	return time.Hour
}

// Box is an open outbox. Its methods may be called from any goroutine.
type Box struct {
	Config
	mu      sync.Mutex
	letters map[string]*Letter
	ways    map[string]*way // by channel
	wake    chan struct{}
	number  uint64
}

// Config is what a box is made of.
type Config struct {
	Desk store.Desk
	Now  func() time.Time
	// Send sends a message to a channel; ErrNoChannel: there is none of that ID any more.
	Send func(ctx context.Context, channel string, m *notify.Message) (notify.Result, error)
	Warn func(string)
}

// ErrNoChannel is of a channel that is gone: what was to be sent to it is dropped.
var ErrNoChannel = errors.New("there is no such channel any more")

// Sent is how the last try of a channel went.
type Sent struct {
	At     time.Time     `json:"at"`
	OK     bool          `json:"ok"`
	Status string        `json:"status"`
	Took   time.Duration `json:"-"`
}

// Open reads what is to be sent still.
func Open(ctx context.Context, c Config) (*Box, error) {
	b := &Box{Config: c, letters: map[string]*Letter{}, ways: map[string]*way{}, wake: make(chan struct{}, 1)}
	for after := ""; ; {
		list, err := c.Desk.Documents(ctx, Kind, "", after, atATime)
		if err != nil {
			return nil, err
		}
		for i := range list {
			after = list[i].ID
			l := &Letter{ID: after, rev: list[i].Rev}
			if err := json.Unmarshal(list[i].Body, l); err != nil {
				return nil, fmt.Errorf("message %s cannot be read: %w", after, err)
			}
			l.Next = c.Now() // whatever it waited for: who mended something starts the server anew
			b.letters[after] = l.light()
		}
		if len(list) < atATime {
			return b, nil
		}
	}
}

// Post is what is to be written so that a message is sent to channels, held those that wait for a digest. Whoever writes it, with whatever
// decided it, calls Posted then.
func (b *Box) Post(m notify.Message, channels, held []string) (edits []store.Edit, letters []*Letter, err error) {
	now := b.Now().UTC().Truncate(time.Millisecond)
	add := func(channel string, wait bool) error {
		b.mu.Lock()
		b.number++
		id := fmt.Sprintf("%013x-%06x", now.UnixMilli(), b.number&0xffffff)
		waiting := 0
		for _, l := range b.letters {
			if !l.Failed {
				waiting++
			}
		}
		full := waiting+len(letters) >= mostKept
		b.mu.Unlock()
		if full {
			return fmt.Errorf("%d messages wait already", mostKept)
		}
		l := &Letter{ID: id, Channel: channel, Message: m, Made: now, Next: now, Held: wait}
		l.Message.ID = "msg_" + id
		body, err := json.Marshal(l)
		if err == nil {
			edits, letters = append(edits, store.Edit{Kind: Kind, ID: id, Body: body}), append(letters, l)
		}
		return err
	}
	for _, c := range channels {
		err = errors.Join(err, add(c, false))
	}
	for _, c := range held {
		err = errors.Join(err, add(c, true))
	}
	return edits, letters, err
}

// Posted has letters sent that are written; revs are those of the edits of Post.
func (b *Box) Posted(letters []*Letter, revs []uint64) {
	b.mu.Lock()
	for i, l := range letters {
		l.rev = revs[i]
		b.letters[l.ID] = l.light()
	}
	b.mu.Unlock()
	b.Wake()
}

// Wake has what is due looked at.
func (b *Box) Wake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Letters gives those of a channel, the newest first.
func (b *Box) Letters(channel string) (list []Letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.letters {
		if l.Channel == channel {
			list = append(list, *l)
		}
	}
	slices.SortFunc(list, func(x, y Letter) int { return cmp.Compare(y.ID, x.ID) })
	return list
}

// Work sends what is due until ctx ends.
func (b *Box) Work(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, atOnce)
	for ctx.Err() == nil {
		list, wait := b.due()
		for _, l := range list {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				b.free(l.Channel)
				continue
			}
			wg.Go(func() {
				b.try(ctx, l)
				b.free(l.Channel)
				<-slots
				b.Wake()
			})
		}
		b.forget(ctx)
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-b.wake:
		}
		t.Stop()
	}
}

// try sends a letter once, and keeps what came of it.
func (b *Box) try(ctx context.Context, l *Letter) {
	m := &l.Message
	if l.files {
		var err error
		if m, err = b.whole(ctx, l); err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			if l.Next = b.Now().Add(time.Minute); ctx.Err() == nil {
				b.Warn(fmt.Sprintf("message %s: it cannot be read: %v", l.Message.ID, err))
			}
			return
		}
	}
	r, err := b.Send(ctx, l.Channel, m)
	if ctx.Err() != nil { // whether it was taken is not known: the next process sends it under the same ID
		return
	}
	now := b.Now().UTC().Truncate(time.Millisecond)
	if !errors.Is(err, ErrNoChannel) {
		b.went(l, Sent{now, err == nil, r.Status, r.Took})
	}
	if err == nil || errors.Is(err, ErrNoChannel) {
		b.write(ctx, l, nil)
		return
	}
	b.mu.Lock()
	next := *l
	b.mu.Unlock()
	next.Message = *m
	if next.Tries++; next.First.IsZero() {
		next.First = now
	}
	next.Why = r.Status
	next.Next = now.Add(max(backOff(next.Tries), r.After))
	next.Failed = now.Sub(l.Made) >= giveUp
	if next.Failed {
		b.Warn(fmt.Sprintf("message %s was not taken for a day, and is not tried again: %s", l.Message.ID, r.Status))
	}
	b.write(ctx, l, &next)
}

// write stores what became of a letter; nil: it is gone. Where that cannot be written the letter is not sent again by this process, and by
// the next one under the same ID.
func (b *Box) write(ctx context.Context, l, next *Letter) {
	edit := store.Edit{Kind: Kind, ID: l.ID, Was: l.rev}
	if next != nil {
		body, err := json.Marshal(next)
		if err != nil {
			b.Warn(fmt.Sprintf("message %s: %v", l.Message.ID, err))
			return
		}
		edit.Body = body
	}
	revs, err := b.Desk.Write(context.WithoutCancel(ctx), edit)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil && next == nil:
		l.Next, l.over = b.Now().Add(time.Minute), true
		b.warn(l, err)
	case err != nil:
		l.Next, l.Tries, l.First, l.Why = next.Next, next.Tries, next.First, next.Why
		b.warn(l, err)
	case next == nil:
		delete(b.letters, l.ID)
	default:
		next.rev = revs[0]
		b.letters[l.ID] = next.light()
	}
}

func (b *Box) warn(l *Letter, err error) {
	b.Warn(fmt.Sprintf("message %s: what became of it cannot be written: %v", l.Message.ID, err))
}

// forget takes away what failed long ago, and what was taken while that could not be written.
func (b *Box) forget(ctx context.Context) {
	b.mu.Lock()
	var old []*Letter
	now := b.Now()
	for _, l := range b.letters {
		if l.Failed && now.Sub(l.Made) > keep || l.over && l.due(now) {
			old = append(old, l)
		}
	}
	b.mu.Unlock()
	for _, l := range old {
		b.write(ctx, l, nil)
	}
}

// Held gives the letters of a channel that wait for a digest, the oldest first.
func (b *Box) Held(channel string) (list []*Letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.letters {
		if l.Held && l.Channel == channel {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(x, y *Letter) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

// Digest writes one message in the place of letters that waited for it, all in one write.
func (b *Box) Digest(ctx context.Context, channel string, m notify.Message, of []*Letter) error {
	edits, letters, err := b.Post(m, []string{channel}, nil)
	if err != nil {
		return err
	}
	for _, l := range of {
		edits = append(edits, store.Edit{Kind: Kind, ID: l.ID, Was: l.rev})
	}
	revs, err := b.Desk.Write(ctx, edits...)
	if err != nil {
		return err
	}
	b.mu.Lock()
	for _, l := range of {
		delete(b.letters, l.ID)
	}
	b.mu.Unlock()
	b.Posted(letters, revs)
	return nil
}
