package courier

import (
	"context"
	"fmt"
	"sync"
	"time"

	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/text"
)

// Config is what a courier is made of.
type Config struct {
	To string // for people
	// Send sends lines in their order: all of them were taken where err is nil. It stops when ctx ends.
	Send func(ctx context.Context, lines []notify.Line) error
	Warn func(string)
	Now  func() time.Time                           // nil: time.Now
	Wait func(context.Context, time.Duration) error // nil: a timer
}

// Courier carries one log. Its methods may be called from any goroutine.
type Courier struct {
	Config
	wake chan struct{}

	mu    sync.Mutex
	end   uint64 // the newest entry that is known of
	state desk.Carrying
}

// New makes a courier, which carries nothing before Work.
func New(c Config) *Courier {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	return &Courier{Config: c, wake: make(chan struct{}, 1), state: desk.Carrying{To: c.To}}
}

// Told hears of an entry that is stored, as desk.Config wants it: it does not wait.
func (c *Courier) Told(e desk.Entry) {
	c.mu.Lock()
	c.end = max(c.end, e.Seq)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// State says how far it is.
func (c *Courier) State() desk.Carrying {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state
	s.Waiting = c.end - min(c.end, s.Taken)
	return s
}

const (
	batch   = 200 // entries that are sent at once
	longest = time.Minute
)

// pause is how long after a try that came to nothing the next one is.
func pause(tries int) time.Duration { return min(time.Second<<min(tries-1, 6), longest) }

// Work carries entries until ctx ends. An error is one of the store before anything was carried.
func (c *Courier) Work(ctx context.Context, d *desk.Desk) error {
	taken, err := d.Carried(ctx)
	if err != nil {
		return err
	}
	end, err := d.AuditEnd(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.state.Taken, c.end = taken, max(c.end, end)
	c.mu.Unlock()
	for tries := 0; ; {
		switch err := c.carry(ctx, d); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if tries++; tries == 1 {
				c.Warn("the audit log is not taken by " + c.To + ", and what was not sent waits: " + text.Clean(err.Error()))
			}
			c.failed(err)
			if c.Wait(ctx, pause(tries)) != nil {
				return nil
			}
			continue
		case tries > 0:
			tries = 0
			c.Warn("the audit log is taken by " + c.To + " again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		}
	}
}

func (c *Courier) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Why = err.Error()
}

// carry sends what was not taken yet, to the end of the log.
func (c *Courier) carry(ctx context.Context, d *desk.Desk) error {
	for {
		c.mu.Lock()
		after := c.state.Taken
		c.mu.Unlock()
		list, err := d.AuditAfter(ctx, after, batch)
		if err != nil || len(list) == 0 {
			return err
		}
		first, last := list[0], list[len(list)-1].Seq
		c.mu.Lock()
		c.state.Since, c.end = first.At, max(c.end, last)
		c.mu.Unlock()
		lines := make([]notify.Line, 0, len(list))
		for i := range list {
			l, err := line(&list[i])
			if err != nil {
				return err
			}
			lines = append(lines, l)
		}
		if err := c.Send(ctx, lines); err != nil {
			return err
		}
		if first.Seq > after+1 && after > 0 {
			c.Warn(fmt.Sprintf("entries %d to %d of the audit log were taken away before they could be sent to %s", after+1, first.Seq-1, c.To))
		}
		c.mu.Lock()
		c.state.Taken, c.state.Last, c.state.Since, c.state.Why = last, c.Now().UTC().Truncate(time.Millisecond), time.Time{}, ""
		c.mu.Unlock()
		if err := d.SetCarried(ctx, last); err != nil { // they are sent again by the next process, and not by this one
			return err
		}
	}
}

// line is an entry as it is sent: the JSON that is stored, without details where they are too long.
func line(e *desk.Entry) (notify.Line, error) {
	b, err := e.Line()
	l := notify.Line{At: e.At, Kind: e.Action, Failed: e.Result != "ok", Text: b}
	if err == nil && !l.Fits() {
		short := *e
		short.Detail = map[string]string{"left out": "too long"}
		l.Text, err = short.Line()
	}
	return l, err
}

func wait(ctx context.Context, long time.Duration) error {
	t := time.NewTimer(long)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
