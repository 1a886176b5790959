package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"signet/internal/desk"
	"signet/internal/web/front"
)

// once answers a POST that names an idempotency key: done once, and answered the same each time. A body that is too large to be read whole
// is one that is done anew.
func (s *Server) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		by := who(r.Context())
		if key == "" || r.Method != http.MethodPost || by.Via == desk.Nobody {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, mostPolicy+1))
		if err == nil && len(body) > mostPolicy {
			front.Problem(w, http.StatusRequestEntityTooLarge, "with an Idempotency-Key the body may have 1.5 MiB at most")
			return
		}
		if err != nil {
			s.refuse(w, r, front.Unread(err))
			return
		}
		sum := sha256.Sum256(body)
		before, claim, err := s.c.Desk.Once(r.Context(), by, key, r.Method+" "+r.URL.EscapedPath()+"?"+r.URL.RawQuery+" "+hex.EncodeToString(sum[:]))
		switch {
		case err != nil:
			s.refuse(w, r, err)
			return
		case before != nil && before.Once:
			front.Problem(w, http.StatusConflict, "that was done under this Idempotency-Key already, and its answer is shown once")
			return
		case before != nil:
			for name, value := range before.Header {
				w.Header().Set(name, value)
			}
			w.Header().Set("Idempotency-Replayed", "true")
			w.WriteHeader(before.Status)
			w.Write(before.Body)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		kept := &keeping{ResponseWriter: w, status: http.StatusOK}
		ended := false
		defer func() {
			if !ended { // it panicked
				claim.Drop()
			}
		}()
		next.ServeHTTP(kept, r)
		if ended = true; kept.status >= 500 || kept.status == http.StatusTooManyRequests {
			claim.Drop()
			return
		}
		// Whoever sent it may be gone by now: what was done stands.
		err = claim.Done(context.WithoutCancel(r.Context()), desk.Reply{Status: kept.status, Header: kept.headers(), Body: kept.body.Bytes(), Once: kept.status < 300 && r.Pattern == "POST "+base+"/tokens"})
		if err != nil {
			s.c.Trouble("an answer could not be kept under its idempotency key: " + err.Error())
		}
	})
}

// refuse answers with the problem that an error is.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	err = s.answer(r.Context(), err)
	p, ok := errors.AsType[*huma.ErrorModel](err)
	if !ok {
		p = problem(http.StatusInternalServerError, internal)
	}
	if of, ok := errors.AsType[huma.HeadersError](err); ok { // when to ask again
		maps.Copy(w.Header(), of.GetHeaders())
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(append(b, '\n'))
}

// keeping notes how a request is answered.
type keeping struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keeping) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keeping) Write(b []byte) (int, error) {
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (k *keeping) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *keeping) headers() map[string]string {
	out := map[string]string{}
	for _, name := range []string{"Content-Type", "Etag", "Location"} {
		if v := k.Header().Get(name); v != "" {
			out[name] = v
		}
	}
	return out
}
