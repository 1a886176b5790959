package signon

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"signet/internal/sso"
	"signet/internal/web/front"
)

// attempt is a log-on that began, as the browser that began it keeps it: sealed, so that nothing is kept here of who never comes back.
type attempt struct {
	sso.Attempt
	To    string    `json:"to"` // the page that was asked for
	Until time.Time `json:"until"`
}

const (
	attemptTime  = 10 * time.Minute // for typing a password there, and looking for the second factor
	attemptPlace = "sso/attempt"
	mostUsed     = 100_000 // attempts that are known to be used up
)

var (
	errNoAttempt = errors.New("no log-on of this browser")
	errUsed      = errors.New("the answer was taken before")
)

func cookieName(https bool) string {
	if https {
		return "__Secure-signet-oidc"
	}
	return "signet-oidc"
}

// cookie is what a browser keeps of its attempt; "" takes it away. The answer comes from the provider's pages, hence Lax.
func cookie(seen front.Seen, sealed string) *http.Cookie {
	c := &http.Cookie{Name: cookieName(seen.HTTPS), Value: sealed, Path: seen.Path + base, HttpOnly: true, Secure: seen.HTTPS, SameSite: http.SameSiteLaxMode, MaxAge: int(attemptTime / time.Second)}
	if sealed == "" {
		c.MaxAge = -1
	}
	return c
}

// keep seals an attempt for the browser that makes it.
func (s *SignOn) keep(a attempt) (string, error) {
	b, err := json.Marshal(a)
	return s.Sealer.Seal(attemptPlace, string(b)), err
}

// kept is the attempt of the browser that sends a request, which is used up by that.
func (s *SignOn) kept(r *http.Request) (a attempt, err error) {
	list := r.CookiesNamed(cookieName(front.Of(r.Context()).HTTPS))
	if len(list) != 1 { // several would be somebody's who can set one for a neighbouring name
		return a, errNoAttempt
	}
	text, err := s.Sealer.Open(attemptPlace, list[0].Value)
	if err != nil || json.Unmarshal([]byte(text), &a) != nil || !s.Now().Before(a.Until) {
		return attempt{}, errNoAttempt
	}
	// Whoever brings another's answer to it does not use it up.
	if r.URL.Query().Get("state") != a.State {
		return attempt{}, errNoAttempt
	}
	if !s.used.first(a.State, a.Until, s.Now()) {
		return attempt{}, errUsed
	}
	return a, nil
}

// used are attempts that were used up, until they would be void anyway.
type used struct {
	mu  sync.Mutex
	all map[string]time.Time
}

// first tells whether an attempt is used for the first time. Where more are known than can be, none is taken.
func (u *used) first(state string, until, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all == nil {
		u.all = map[string]time.Time{}
	}
	if _, known := u.all[state]; known {
		return false
	}
	if len(u.all) >= mostUsed {
		for s, t := range u.all {
			if !now.Before(t) {
				delete(u.all, s)
			}
		}
		if len(u.all) >= mostUsed {
			return false
		}
	}
	u.all[state] = until
	return true
}
