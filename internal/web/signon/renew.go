package signon

import (
	"context"
	"errors"
	"sync"
	"time"

	"signet/internal/desk"
	"signet/internal/sso"
)

const (
	renewEvery = 5 * time.Minute  // at the latest, however long tokens hold: who left is out by then
	renewGrace = 15 * time.Minute // for which a session goes on while the provider cannot be asked
	renewAgain = 5 * time.Second  // until it is asked once more
	renewTime  = 10 * time.Second // for the provider's answer
	renewMost  = 8                // at once
	renewLook  = time.Minute      // at the latest are sessions looked at again
	renewLeast = time.Second      // at the earliest is a session due: tokens that hold no time at all keep nobody busy
)

// times are when a session is due to be renewed, and when it ends if it is not.
func (s *SignOn) times(p sso.Person) (due, ends time.Time) {
	now := s.Now().UTC()
	if p.Refresh == "" {
		return time.Time{}, p.Until
	}
	due = now.Add(renewEvery)
	if !p.Due.IsZero() && p.Due.Before(due) {
		due = p.Due
	}
	if least := now.Add(renewLeast); due.Before(least) {
		due = least
	}
	return due, due.Add(renewGrace)
}

// renewAll asks for each session that is due, and waits for the next.
func (s *SignOn) renewAll(ctx context.Context) error {
	for {
		next := s.renewDue(ctx)
		wait := renewLook
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.Now()), 10*time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.soon:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// renewDue renews what is due, and says when something is next.
func (s *SignOn) renewDue(ctx context.Context) (next time.Time) {
	s.turn.Lock()
	defer s.turn.Unlock()
	due, next := s.Desk.Renewals()
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	tried, later := s.tried, map[string]time.Time{}
	s.tried = later
	var now []desk.Renewal
	for _, r := range due {
		if at, failed := tried[r.Session]; failed && s.Now().Before(at) {
			later[r.Session] = at
			sooner(at)
			continue
		}
		now = append(now, r)
	}
	var all sync.WaitGroup
	var mu sync.Mutex // of later and next
	few := make(chan struct{}, renewMost)
	for _, r := range now {
		few <- struct{}{}
		all.Go(func() {
			defer func() { <-few }()
			if s.renew(ctx, r) {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			later[r.Session] = s.Now().Add(renewAgain)
			sooner(later[r.Session])
		})
	}
	all.Wait()
	return next
}

// renew asks the provider about one session. ok is false where it is to be asked again.
func (s *SignOn) renew(ctx context.Context, r desk.Renewal) (ok bool) {
	// The provider may give another secret for the one that it is shown: a server that is told to stop waits for that, or would log people off.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTime)
	defer cancel()
	if r.Refresh == "" {
		return s.write(s.Desk.NotRenewed(asking, r.Session, "what renews it cannot be opened: the key of this server is another"))
	}
	p, err := s.Client.Renew(asking, r.Subject, r.Refresh)
	if refused, is := errors.AsType[*sso.Refusal](err); is {
		return s.write(s.Desk.NotRenewed(asking, r.Session, refused.Why))
	}
	if err != nil {
		s.Trouble("a session cannot be renewed: " + err.Error())
		if p.Refresh != "" && p.Refresh != r.Refresh {
			s.write(s.Desk.Exchanged(asking, r.Session, p.Refresh))
		}
		return false
	}
	err = s.Desk.Renewed(asking, r.Session, s.outsider(p))
	if errors.Is(err, desk.ErrNoGrant) { // and the session has ended
		return true
	}
	return s.write(err)
}

// write tells of what the store did not take. A session that could not be written ends by itself.
func (s *SignOn) write(err error) bool {
	if err != nil {
		s.Trouble("a session cannot be renewed: " + err.Error())
	}
	return err == nil
}
