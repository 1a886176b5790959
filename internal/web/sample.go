package web

import (
	"context"
	"net/http"

	"signet/internal/desk"
)

// shownSample says whether the sample is stored.
type shownSample struct {
	Body struct {
		Loaded bool     `json:"loaded"`
		Runs   []string `json:"runs" nullable:"false" doc:"IDs of its runs, the oldest first"`
	}
}

// addSample adds the routes of the sample.
func (s *Server) addSample() {
	read := func(ctx context.Context) (*shownSample, error) {
		out := &shownSample{}
		if !desk.Allow(who(ctx), desk.Look, "") { // it belongs to no site
			out.Body.Runs = []string{}
			return out, nil
		}
		runs, err := s.c.Hub.Sample(ctx)
		if err != nil {
			return nil, err
		}
		out.Body.Loaded, out.Body.Runs = len(runs) > 0, orEmpty(runs)
		return out, nil
	}
	add(s, "GET /api/v1/sample", does{id: "read-sample", summary: "Whether the sample that ships with Signet is stored"}, func(ctx context.Context, _ *struct{}) (*shownSample, error) {
		return read(ctx)
	})
	add(s, "POST /api/v1/sample", does{id: "load-sample", summary: "Store the sample: only where no run is stored that could be shown, and it goes once one is", status: http.StatusCreated, errors: []int{409}},
		func(ctx context.Context, _ *struct{}) (*shownSample, error) {
			if err := s.c.Hub.LoadSample(context.WithoutCancel(ctx), act(ctx)); err != nil {
				return nil, err
			}
			return read(ctx)
		})
	add(s, "DELETE /api/v1/sample", does{id: "remove-sample", summary: "Remove the sample with all that was said of it, and nothing else", status: http.StatusNoContent, errors: []int{404}},
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return nil, s.c.Hub.RemoveSample(ctx, act(ctx))
		})
}
