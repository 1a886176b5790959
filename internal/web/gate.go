package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/web/front"
)

// Gate knows who asks. Pages have one too.
type Gate struct {
	desk    *desk.Desk
	guest   desk.Who // whoever asks, where that is not the zero value
	trouble func(string)
}

// refused answers what would change something where everybody is a guest.
func (g *Gate) refused(w http.ResponseWriter, r *http.Request) bool {
	if g.guest.Via == desk.Nobody || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	front.Problem(w, http.StatusForbidden, "this server shows the sample alone: nothing can be changed here, and nothing is asked")
	return true
}

type whoKey struct{}

// who is who asks, of the context of a request that passed a gate.
func who(ctx context.Context) desk.Who {
	w, _ := ctx.Value(whoKey{}).(desk.Who)
	return w
}

// act is who does something, and from where.
func act(ctx context.Context) desk.Act {
	return desk.Act{Who: who(ctx), From: front.Of(ctx).Client}
}

// Who tells who sends a request: the zero value is nobody. An error is one of the store.
func (g *Gate) Who(r *http.Request) (desk.Who, error) {
	if g.guest.Via != desk.Nobody {
		return g.guest, nil
	}
	if auth := r.Header.Values("Authorization"); len(auth) > 0 { // a token that is no good is not made good by a cookie
		token, ok := strings.CutPrefix(auth[0], "Bearer ")
		if !ok || len(auth) > 1 {
			return desk.Who{}, nil
		}
		w, err := g.desk.ByToken(r.Context(), strings.TrimSpace(token), front.Of(r.Context()).Client)
		return nobodyIf(w, err, desk.ErrNoToken)
	}
	secret := sessionOf(r)
	if secret == "" {
		return desk.Who{}, nil
	}
	w, err := g.desk.BySession(r.Context(), secret)
	return nobodyIf(w, err, desk.ErrNoSession)
}

// Base is the path that the links of an answer begin with, without a slash at its end.
func (g *Gate) Base(r *http.Request) string { return front.Of(r.Context()).Path }

// Secret is that of the session that a browser has, or "".
func (g *Gate) Secret(r *http.Request) string { return sessionOf(r) }

// Begin lets a browser keep the secret of a session.
func (g *Gate) Begin(w http.ResponseWriter, r *http.Request, secret string) {
	http.SetCookie(w, cookie(front.Of(r.Context()), secret))
}

func nobodyIf(w desk.Who, err, is error) (desk.Who, error) {
	if errors.Is(err, is) {
		return desk.Who{}, nil
	}
	return w, err
}

// sessionOf is the secret of the session that a browser sends, or "". Several cookies of the name would be somebody's who could set one for
// a neighbouring name: none of them is believed.
func sessionOf(r *http.Request) string {
	list := r.CookiesNamed(cookieName(front.Of(r.Context()).HTTPS))
	if len(list) != 1 {
		return ""
	}
	return list[0].Value
}

// cookieName is that of the session. Of names that begin so browsers take none from pages in the clear, nor from neighbouring names.
func cookieName(https bool) string {
	if https {
		return "__Secure-signet"
	}
	return "signet"
}

// cookie is what a browser is to keep; secret "" takes it away.
func cookie(seen front.Seen, secret string) *http.Cookie {
	c := &http.Cookie{Name: cookieName(seen.HTTPS), Value: secret, Path: seen.Path + "/", HttpOnly: true, Secure: seen.HTTPS, SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// pass lets a request through to next if who sends it may call the route. What is asked is not looked at before: neither the path's ID,
// nor the query, nor the body.
func (g *Gate) pass(table map[string]route, pattern string, w http.ResponseWriter, r *http.Request, next http.Handler) {
	of, known := table[pattern]
	asks, err := g.Who(r)
	if err != nil {
		g.trouble("who asks could not be found out: " + err.Error())
		w.Header().Set("Retry-After", front.RetryAfter(5*time.Second))
		front.Problem(w, http.StatusServiceUnavailable, "the store does not answer")
		return
	}
	open := known && of.open
	if asks.Via == desk.Nobody && !open {
		w.Header().Set("WWW-Authenticate", `Bearer realm="signet"`)
		front.Problem(w, http.StatusUnauthorized, "log on first, or send an API token as Authorization: Bearer")
		return
	}
	if (asks.Via == desk.BySession || open && r.Header.Get("Authorization") == "") && front.CrossOrigin(r) {
		front.Problem(w, http.StatusForbidden, "a page of another origin may not do that")
		return
	}
	if known && !open && !of.allowed(asks) {
		front.Problem(w, http.StatusForbidden, "your role does not allow that")
		return
	}
	if !known && pattern != "" { // of the mux alone: a bug, and shut
		g.trouble("bug: " + pattern + " stands in no table of routes")
		front.Problem(w, http.StatusForbidden, "nobody may do that")
		return
	}
	most := of.body
	if most == 0 {
		most = mostBody
	}
	if r.ContentLength > most {
		front.Problem(w, http.StatusRequestEntityTooLarge, "the body is larger than is taken here")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, asks)))
}
