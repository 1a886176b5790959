package signon

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"signet/internal/desk"
	"signet/internal/sso"
	"signet/internal/web/front"
)

// Config is what single sign-on is made of.
type Config struct {
	Desk   *desk.Desk
	Client *sso.Client
	Grants []Grant
	Sealer desk.Sealer
	// Old is the secret of the session that a browser has, Begin lets it keep another one.
	Old   func(*http.Request) string
	Begin func(w http.ResponseWriter, r *http.Request, secret string)
	// Trouble hears of what went wrong, a line each.
	Trouble func(string)
	Now     func() time.Time // nil: time.Now
}

// SignOn answers below /oidc/.
type SignOn struct {
	Config
	used  used
	busy  chan struct{}        // has an element for each answer that the provider is asked about
	soon  chan struct{}        // has one where a session began, which may be due before those that are known
	turn  sync.Mutex           // of whoever renews
	tried map[string]time.Time // sessions that could not be renewed, and when they are tried again
}

const (
	base     = "/oidc/"
	mostTo   = 1000 // of a path to return to: a cookie has 4,096
	mostBusy = 16
)

// New makes it. Whoever serves has to call Work, too.
func New(c Config) *SignOn {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &SignOn{Config: c, busy: make(chan struct{}, mostBusy), soon: make(chan struct{}, 1), tried: map[string]time.Time{}}
}

func (s *SignOn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		front.Problem(w, http.StatusMethodNotAllowed, "that cannot be done here: GET")
		return
	}
	switch r.URL.Path {
	case base + "login":
		s.leave(w, r)
	case base + "callback":
		s.comeBack(w, r)
	default:
		front.Problem(w, http.StatusNotFound, "there is no such page")
	}
}

// leave sends a browser to the provider.
func (s *SignOn) leave(w http.ResponseWriter, r *http.Request) {
	seen := front.Of(r.Context())
	to := front.Local(r.URL.Query().Get("to"))
	if len(to) > mostTo {
		to = "/"
	}
	there, a, err := s.Client.Begin(r.Context(), seen.Origin+seen.Path+base+"callback")
	if err == nil {
		var sealed string
		if sealed, err = s.keep(attempt{a, to, s.Now().Add(attemptTime)}); err == nil {
			http.SetCookie(w, cookie(seen, sealed))
			http.Redirect(w, r, there, http.StatusSeeOther)
			return
		}
	}
	s.fail(w, r, err)
}

// comeBack takes what the provider sent a browser back with.
func (s *SignOn) comeBack(w http.ResponseWriter, r *http.Request) {
	seen := front.Of(r.Context())
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	default:
		w.Header().Set("Retry-After", "1")
		front.Problem(w, http.StatusServiceUnavailable, "too many log on at once: try again in a moment")
		return
	}
	http.SetCookie(w, cookie(seen, ""))
	a, err := s.kept(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.Client.Finish(r.Context(), a.Attempt, r.URL.Query())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	_, secret, err := s.Desk.SignOn(r.Context(), s.outsider(p), seen.Client, r.UserAgent(), s.Old(r))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Begin(w, r, secret)
	select {
	case s.soon <- struct{}{}:
	default:
	}
	http.Redirect(w, r, seen.Path+a.To, http.StatusSeeOther)
}

// fail sends a browser to where people log on, with a word that says why it did not, and writes that down.
func (s *SignOn) fail(w http.ResponseWriter, r *http.Request, err error) {
	word, why := "failed", ""
	refused, isRefused := errors.AsType[*sso.Refusal](err)
	_, away := errors.AsType[*sso.Away](err)
	switch {
	case errors.Is(err, desk.ErrNoGrant): // the desk wrote it down
		word = "group"
	case errors.Is(err, errNoAttempt), errors.Is(err, errUsed):
		word, why = "again", err.Error()
	case isRefused:
		word, why = "refused", refused.Why
	case away:
		word, why = "away", err.Error()
		s.Trouble(err.Error())
	default:
		s.Trouble("single sign-on: " + err.Error())
	}
	if why != "" {
		if err := s.Desk.SignOnFailed(r.Context(), front.Of(r.Context()).Client, why); err != nil && r.Context().Err() == nil {
			s.Trouble("single sign-on: " + err.Error())
		}
	}
	http.Redirect(w, r, front.Of(r.Context()).Path+"/login?"+url.Values{"sso": {word}}.Encode(), http.StatusSeeOther)
}

// outsider is somebody as the desk is told of them.
func (s *SignOn) outsider(p sso.Person) desk.Outsider {
	o := desk.Outsider{Issuer: p.Issuer, Subject: p.Subject, Name: p.Name, Grants: granted(s.Grants, p.Groups), Refresh: p.Refresh}
	o.Due, o.Ends = s.times(p)
	return o
}

// Work renews sessions until ctx ends. Of nil it does nothing: there is no identity provider.
func (s *SignOn) Work(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.renewAll(ctx)
}
