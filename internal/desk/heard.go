package desk

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"signet/internal/store"
)

// heard keeps what would flood the log from doing so: the same thing is entered once in a while, and then says how often it was.
type heard struct {
	mu   sync.Mutex
	last map[string]*echo
}

type echo struct {
	at     time.Time
	untold int
}

// mostEchoes bounds what is remembered; beyond, all is forgotten, and entered anew.
const mostEchoes = 10_000

// due tells whether something is to be entered now, not having been since a while, and how often it was not.
func (h *heard) due(what string, now time.Time, every time.Duration) (untold int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.last[what]; e != nil && now.Sub(e.at) < every {
		e.untold++
		return 0, false
	} else if e != nil {
		untold = e.untold
	}
	if h.last == nil || len(h.last) >= mostEchoes {
		h.last = map[string]*echo{}
	}
	h.last[what] = &echo{at: now}
	return untold, true
}

// failed enters something that failed, unless the same was less than a minute ago. That the disk takes no entry is no other answer to who
// failed.
func (d *Desk) failed(ctx context.Context, from netip.Addr, action, actor, why string) error {
	untold, ok := d.heard.due(action+" "+actor+" "+from.String(), d.now(), time.Minute)
	if !ok {
		return nil
	}
	return unlessUnwritable(d.change(ctx, Act{From: from}, func(p *plan) error {
		e := Entry{Action: action, Actor: actor, Result: "failed", Detail: map[string]string{"why": why}}
		if untold > 0 {
			e.Detail["untold"] = strconv.Itoa(untold)
		}
		p.entries = append(p.entries, e)
		return nil
	}))
}

// unlessUnwritable is an error of a write without which a request can go on: when the disk is full, somebody has to see that.
func unlessUnwritable(err error) error {
	if errors.Is(err, store.ErrUnwritable) {
		return nil
	}
	return err
}
