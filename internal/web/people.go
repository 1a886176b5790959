package web

import (
	"context"
	"net/http"
	"time"

	"signet/internal/desk"
)

// addPeople adds the routes of users and tokens.
func (s *Server) addPeople() {
	s.addUsers()
	s.addTokens()
}

func (s *Server) addUsers() {
	d := s.c.Desk
	add(s, "GET /api/v1/users", does{id: "list-users", summary: "Users"}, func(_ context.Context, in *Paging) (*listed[desk.User], error) {
		return page(in, d.Users(), func(u *desk.User) string { return u.ID })
	})
	type newUser struct {
		Body struct {
			Credentials
			Role  desk.Role `json:"role" enum:"viewer,operator,admin"`
			Sites []string  `json:"sites,omitempty" doc:"IDs or names of those it is limited to; none: all"`
		}
	}
	add(s, "POST /api/v1/users", does{id: "make-user", summary: "Make a user", status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *newUser) (*made[desk.User], error) {
			u, err := d.CreateUser(ctx, act(ctx), desk.NewUser{Name: in.Body.Name, Password: in.Body.Password, Role: in.Body.Role, Sites: in.Body.Sites})
			return &made[desk.User]{etag(u.Rev), base + "/users/" + u.ID, u}, err
		})
	add(s, "GET /api/v1/users/{id}", does{id: "read-user", summary: "One user"}, func(_ context.Context, in *Of) (*one[desk.User], error) {
		u, err := d.User(in.ID)
		return &one[desk.User]{etag(u.Rev), u}, err
	})
	type userChange struct {
		Change
		Body struct {
			Name     *string    `json:"name,omitempty"`
			Password *string    `json:"password,omitempty"`
			Role     *desk.Role `json:"role,omitempty" enum:"viewer,operator,admin"`
			Sites    *[]string  `json:"sites,omitempty"`
		}
	}
	add(s, "PATCH /api/v1/users/{id}", does{id: "change-user", summary: "Change a user; another password ends all of its sessions", errors: []int{409, 412, 422}},
		func(ctx context.Context, in *userChange) (*one[desk.User], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			u, err := d.ChangeUser(ctx, act(ctx), in.ID, was, desk.UserChange{Name: in.Body.Name, Password: in.Body.Password, Role: in.Body.Role, Sites: in.Body.Sites})
			return &one[desk.User]{etag(u.Rev), u}, err
		})
	add(s, "DELETE /api/v1/users/{id}", does{id: "remove-user", summary: "Remove a user and end its sessions", status: http.StatusNoContent, errors: []int{409, 412}},
		removal(d.RemoveUser))
	add(s, "DELETE /api/v1/users/{id}/sessions", does{id: "end-sessions", summary: "End all sessions of a user", status: http.StatusNoContent},
		func(ctx context.Context, in *Of) (*nothing, error) { return nil, d.EndSessions(ctx, act(ctx), in.ID) })
	add(s, "DELETE /api/v1/users/{id}/name", does{id: "forget-user", summary: "Forget the name of a user who was removed, as an owner too", status: http.StatusNoContent},
		func(ctx context.Context, in *Of) (*nothing, error) {
			return nil, s.refresh(ctx, d.ForgetUser(ctx, act(ctx), in.ID))
		})
}

// removal is what removes a thing.
func removal(remove func(context.Context, desk.Act, string, uint64) error) func(context.Context, *Change) (*nothing, error) {
	return func(ctx context.Context, in *Change) (*nothing, error) {
		was, err := in.was()
		if err != nil {
			return nil, err
		}
		return nil, remove(ctx, act(ctx), in.ID, was)
	}
}

// shownRemoval is removal of what findings are judged by.
func (s *Server) shownRemoval(remove func(context.Context, desk.Act, string, uint64) error) func(context.Context, *Change) (*nothing, error) {
	return removal(func(ctx context.Context, by desk.Act, id string, was uint64) error {
		return s.refresh(ctx, remove(ctx, by, id, was))
	})
}

// madeToken is a token with its secret.
type madeToken struct {
	desk.Token
	Secret string `json:"token" doc:"shown this once"`
}

func (s *Server) addTokens() {
	d := s.c.Desk
	add(s, "GET /api/v1/tokens", does{id: "list-tokens", summary: "API tokens, those that expired lately too"}, func(_ context.Context, in *Paging) (*listed[desk.Token], error) {
		return page(in, d.Tokens(), func(t *desk.Token) string { return t.ID })
	})
	type newToken struct {
		Body struct {
			Name    string    `json:"name"`
			Role    desk.Role `json:"role" enum:"viewer,operator,admin"`
			Sites   []string  `json:"sites,omitempty" doc:"IDs or names of those it is limited to; none: all"`
			Expires time.Time `json:"expires,omitzero" required:"false" doc:"in 90 days where nothing is said"`
		}
	}
	add(s, "POST /api/v1/tokens", does{id: "make-token", summary: "Make an API token; it is shown once", status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *newToken) (*made[madeToken], error) {
			t, secret, err := d.CreateToken(ctx, act(ctx), desk.NewToken{Name: in.Body.Name, Role: in.Body.Role, Sites: in.Body.Sites, Expires: in.Body.Expires})
			return &made[madeToken]{etag(t.Rev), base + "/tokens/" + t.ID, madeToken{t, secret}}, err
		})
	add(s, "GET /api/v1/tokens/{id}", does{id: "read-token", summary: "One API token, without its secret"}, func(_ context.Context, in *Of) (*one[desk.Token], error) {
		t, err := d.Token(in.ID)
		return &one[desk.Token]{etag(t.Rev), t}, err
	})
	type tokenChange struct {
		Change
		Body struct {
			Name    *string    `json:"name,omitempty"`
			Role    *desk.Role `json:"role,omitempty" enum:"viewer,operator,admin"`
			Sites   *[]string  `json:"sites,omitempty"`
			Expires *time.Time `json:"expires,omitempty"`
		}
	}
	add(s, "PATCH /api/v1/tokens/{id}", does{id: "change-token", summary: "Change an API token", errors: []int{409, 412, 422}},
		func(ctx context.Context, in *tokenChange) (*one[desk.Token], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			t, err := d.ChangeToken(ctx, act(ctx), in.ID, was, desk.TokenChange{Name: in.Body.Name, Role: in.Body.Role, Sites: in.Body.Sites, Expires: in.Body.Expires})
			return &one[desk.Token]{etag(t.Rev), t}, err
		})
	add(s, "DELETE /api/v1/tokens/{id}", does{id: "remove-token", summary: "Make an API token void", status: http.StatusNoContent, errors: []int{412}}, removal(d.RemoveToken))
}
