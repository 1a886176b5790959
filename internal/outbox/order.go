package outbox

import (
	"cmp"
	"slices"
	"time"
)

// Of one channel messages arrive in the order in which they were made: whoever makes tickets of them wants that. The oldest is tried, and
// what is newer waits for it, but not for ever: it may be that message alone that the receiver does not take. After ten minutes the next one
// is tried as well, right behind it. Where that one is taken, everything passes what was refused; where it is not, the receiver is away,
// and once it is back the oldest arrives first.

// patience is for how long a message that is not taken holds up newer ones.
const patience = 10 * time.Minute

// way is a channel as messages go through it.
type way struct {
	busy  bool // it is sent to now
	up    bool // what was tried last was taken
	asked bool // the oldest was tried just now, and not taken
	tried bool // since the process began
	last  Sent
}

// due tells whether a letter may be tried. A clock that went back does not keep it.
func (l *Letter) due(now time.Time) bool { return !l.Next.After(now) || l.Next.Sub(now) > giveUp }

// late tells whether a letter was tried for so long that newer ones do not wait for it any more.
func (l *Letter) late(now time.Time) bool { return !l.First.IsZero() && now.Sub(l.First) >= patience }

// turn is what is tried next of the letters of a channel that wait, the oldest first; nil: nothing is before next (zero: nothing waits).
func (w *way) turn(list []*Letter, now time.Time) (l *Letter, next time.Time) {
	for i, l := range list {
		late := l.late(now)
		if i > 0 && late && !w.up { // of those that were tried for long the oldest is enough, to see whether the receiver is back
			continue
		}
		if l.due(now) {
			if i > 0 && !w.up && !w.asked {
				l = list[0]
			}
			return l, now
		}
		if next.IsZero() || l.Next.Before(next) {
			next = l.Next
		}
		if !late {
			break
		}
	}
	return nil, next
}

// waiting are the letters that wait, by channel, the oldest first. The caller holds the lock.
func (b *Box) waiting() map[string][]*Letter {
	by := map[string][]*Letter{}
	for _, l := range b.letters {
		if !l.Failed && !l.Held && !l.over {
			by[l.Channel] = append(by[l.Channel], l)
		}
	}
	for _, list := range by {
		slices.SortFunc(list, func(x, y *Letter) int { return cmp.Compare(x.ID, y.ID) })
	}
	return by
}

// way is that of a channel. The caller holds the lock.
func (b *Box) way(channel string) *way {
	w := b.ways[channel]
	if w == nil {
		w = &way{}
		b.ways[channel] = w
	}
	return w
}

// due takes what is to be tried now, one letter of each channel at most, and says how long nothing else is.
func (b *Box) due() (list []*Letter, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, wait := b.Now(), lookEvery
	for channel, letters := range b.waiting() {
		w := b.way(channel)
		if w.busy {
			continue
		}
		switch l, next := w.turn(letters, now); {
		case l != nil:
			w.busy = true
			list = append(list, l)
		default:
			w.asked = false
			wait = min(wait, max(next.Sub(now), 0))
		}
	}
	return list, wait
}

// went keeps how a try of a letter went. Once one is taken again, everything else is tried at once.
func (b *Box) went(l *Letter, s Sent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.way(l.Channel)
	list := b.waiting()[l.Channel]
	oldest := len(list) > 0 && list[0].ID == l.ID
	if s.OK && !w.up {
		for _, o := range list {
			o.Next = s.At
		}
	}
	w.last, w.tried, w.up, w.asked = s, true, s.OK, oldest && !s.OK
}

// Again has everything that waits for a channel tried now: it takes messages again.
func (b *Box) Again(channel string) {
	b.mu.Lock()
	for _, l := range b.waiting()[channel] {
		l.Next = b.Now()
	}
	b.mu.Unlock()
	b.Wake()
}

// free lets a channel be sent to again.
func (b *Box) free(channel string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.way(channel).busy = false
}

// Last is how the last try of a channel went since the process began.
func (b *Box) Last(channel string) (Sent, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.ways[channel]
	if w == nil || !w.tried {
		return Sent{}, false
	}
	return w.last, true
}
