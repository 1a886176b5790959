package web

import (
	"context"
	"net/http"

	"signet/internal/desk"
	"signet/internal/web/front"
)

// Me is who asks.
type Me struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Role  desk.Role `json:"role" enum:"viewer,operator,admin"`
	Sites []string  `json:"sites" nullable:"false" doc:"IDs of those it is limited to; none: all"`
}

func me(w desk.Who) Me { return Me{w.ID, w.Name, w.Role, orEmpty(w.Sites)} }

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Credentials are what a browser logs on with.
type Credentials struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// loggedOn is the answer that begins a session.
type loggedOn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Me
}

// addSessions adds the routes of set-up, of sessions and of oneself.
func (s *Server) addSessions() {
	type setUp struct {
		Body struct {
			Token string `json:"token" doc:"of the set-up link, behind its #"`
			Credentials
		}
	}
	add(s, "POST /api/v1/setup", does{id: "set-up", summary: "Make the first user, an admin, and log on", status: http.StatusCreated, errors: []int{403, 410, 422}},
		func(ctx context.Context, in *setUp) (*loggedOn, error) {
			if _, err := s.c.Desk.SetUp(ctx, in.Body.Token, in.Body.Name, in.Body.Password, front.Of(ctx).Client); err != nil {
				return nil, err
			}
			return s.logOn(ctx, in.Body.Credentials, "")
		})

	type logOn struct {
		Agent string `header:"User-Agent" hidden:"true"`
		Body  Credentials
	}
	add(s, "POST /api/v1/session", does{id: "log-on", summary: "Log on: begins a session and sets its cookie", errors: []int{401, 422}},
		func(ctx context.Context, in *logOn) (*loggedOn, error) { return s.logOn(ctx, in.Body, in.Agent) })

	add(s, "GET /api/v1/session", does{id: "who-am-i", summary: "Who asks"}, func(ctx context.Context, _ *struct{}) (*struct{ Body Me }, error) {
		return &struct{ Body Me }{me(who(ctx))}, nil
	})

	type logOff struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
	}
	add(s, "DELETE /api/v1/session", does{id: "log-off", summary: "Log off", status: http.StatusNoContent}, func(ctx context.Context, _ *struct{}) (*logOff, error) {
		if err := s.c.Desk.LogOff(ctx, secretOf(ctx), front.Of(ctx).Client); err != nil {
			return nil, err
		}
		return &logOff{*cookie(front.Of(ctx), "")}, nil
	})

	type password struct {
		Body struct {
			Old string `json:"old"`
			New string `json:"password"`
		}
	}
	add(s, "POST /api/v1/me/password", does{id: "change-password", summary: "Change one's own password; all other sessions end", status: http.StatusNoContent, errors: []int{401, 422}},
		func(ctx context.Context, in *password) (*nothing, error) {
			return nil, s.c.Desk.ChangePassword(ctx, act(ctx), in.Body.Old, in.Body.New)
		})
	add(s, "GET /api/v1/me/sessions", does{id: "list-sessions", summary: "One's own sessions"}, func(ctx context.Context, in *Paging) (*listed[desk.Session], error) {
		list, err := s.c.Desk.Sessions(who(ctx))
		if err != nil {
			return nil, err
		}
		sortBy(list, func(v *desk.Session) string { return v.ID })
		return page(in, list, func(v *desk.Session) string { return v.ID })
	})
	add(s, "DELETE /api/v1/me/sessions/{id}", does{id: "end-session", summary: "End one of one's own sessions", status: http.StatusNoContent},
		func(ctx context.Context, in *Of) (*nothing, error) {
			return nil, s.c.Desk.EndSession(ctx, act(ctx), in.ID)
		})
}

// logOn begins a session in place of the one that the browser has.
func (s *Server) logOn(ctx context.Context, c Credentials, agent string) (*loggedOn, error) {
	seen := front.Of(ctx)
	w, secret, err := s.c.Desk.LogOn(ctx, desk.Logon{Name: c.Name, Password: c.Password, From: seen.Client, Agent: agent, Old: secretOf(ctx)})
	if err != nil {
		return nil, err
	}
	return &loggedOn{*cookie(seen, secret), me(w)}, nil
}
