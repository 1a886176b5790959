package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"signet/internal/web/front"
)

// streams counts the streams that are open, which take a connection each for as long as somebody looks.
type streams struct {
	most, each int
	mu         sync.Mutex
	open       int
	of         map[string]int // by ID of who looks
}

func (s *streams) enter(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.most || s.of[id] >= s.each {
		return false
	}
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.open++
	s.of[id]++
	return true
}

func (s *streams) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.of[id]--; s.of[id] == 0 {
		delete(s.of, id)
	}
}

const (
	mostStreams = 512
	eachStreams = 256
	lookEvery   = 500 * time.Millisecond
	beatEvery   = 15 * time.Second
	longestLook = 12 * time.Hour
)

// addEvents adds the stream of a job.
func (s *Server) addEvents() {
	type stream struct{ Body func(huma.Context) }
	add(s, "GET /api/v1/jobs/{id}/events", does{id: "watch-job", summary: "A job as it goes on: server-sent events, each a job; the last one, of type end, has its final state", errors: []int{503}},
		func(ctx context.Context, in *Of) (*stream, error) {
			w := who(ctx)
			if _, _, err := s.c.Hub.Job(w, in.ID); err != nil {
				return nil, err
			}
			if !s.streams.enter(w.ID) {
				return nil, tooMany("too many streams are open", 10*time.Second)
			}
			return &stream{func(c huma.Context) {
				defer s.streams.leave(w.ID)
				_, rw := humago.Unwrap(c)
				s.watch(ctx, rw, in.ID)
			}}, nil
		})
	op := s.api.OpenAPI().Paths["/api/v1/jobs/{id}/events"].Get
	op.Responses["200"].Content = map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}
}

// watch writes a job whenever it changes, until it has ended, the client has gone, may not look any more, or the server ends.
func (s *Server) watch(ctx context.Context, rw http.ResponseWriter, id string) {
	out := http.NewResponseController(rw)
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	write := func(text string) bool {
		// Whoever looks may look for hours, but takes each event soon.
		if out.SetWriteDeadline(time.Now().Add(beatEvery)) != nil {
			return false
		}
		if _, err := fmt.Fprint(rw, text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last, beat := "", time.Now()
	for {
		w, err := s.again(ctx)
		if err != nil {
			return
		}
		j, changed, err := s.c.Hub.Job(w, id)
		if err != nil {
			return
		}
		b, err := json.Marshal(shownJob(&j))
		if err != nil {
			s.c.Trouble("job " + id + ": " + err.Error())
			return
		}
		if j.State.Ended() {
			write("event: end\ndata: " + string(b) + "\n\n")
			return
		}
		switch now := time.Now(); {
		case string(b) != last:
			if last, beat = string(b), now; !write("event: job\ndata: " + last + "\n\n") {
				return
			}
		case now.Sub(beat) >= beatEvery:
			if beat = now; !write(": still there\n\n") {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-front.Of(ctx).Draining:
			return
		case <-changed:
		case <-tick.C:
		}
	}
}
