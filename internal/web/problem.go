package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/run"
	"signet/internal/store"
	"signet/internal/web/front"
)

// internal is what a client is told of an error that is none of theirs.
const internal = "something went wrong inside the server; its log says what"

// problem is an error of a request, as it is answered.
func problem(status int, detail string, fields ...*huma.ErrorDetail) *huma.ErrorModel {
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail, Errors: fields}
}

// field is a problem of one field of the body.
func field(status int, name, text string) *huma.ErrorModel {
	return problem(status, name+": "+text, &huma.ErrorDetail{Location: "body." + name, Message: text})
}

// query is a problem of one parameter.
func query(name, text string) *huma.ErrorModel {
	return problem(http.StatusBadRequest, name+": "+text, &huma.ErrorDetail{Location: "query." + name, Message: text})
}

// notFound is of what is not there, and of what somebody may not see: nobody is to tell them apart.
func notFound() *huma.ErrorModel {
	return problem(http.StatusNotFound, "there is nothing of that ID that you may see")
}

// tooMany is of what is full for a while, of one client or of all.
func tooMany(text string, after time.Duration) error {
	return huma.ErrorWithHeaders(problem(http.StatusTooManyRequests, text), http.Header{"Retry-After": {front.RetryAfter(after)}})
}

// answer makes a problem of an error. What it does not know is told to the log, not to the client.
func (s *Server) answer(ctx context.Context, err error) error {
	if _, ok := errors.AsType[huma.StatusError](err); ok {
		return err
	}
	if f, ok := errors.AsType[*desk.FieldError](err); ok {
		return field(http.StatusUnprocessableEntity, f.Field, f.Text)
	}
	if soon, ok := errors.AsType[*desk.TooSoon](err); ok {
		return tooMany(soon.Error(), soon.After)
	}
	if body, ok := errors.AsType[*front.BodyError](err); ok {
		return bodyProblem(body)
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem(http.StatusRequestEntityTooLarge, big.Error())
	}
	if order, ok := errors.AsType[*run.OrderError](err); ok {
		status := http.StatusUnprocessableEntity
		if order.Limit {
			status = http.StatusForbidden
		}
		return field(status, order.Field, order.Spell(spelled))
	}
	if errors.Is(err, hub.ErrTooMany) {
		return tooMany(err.Error(), time.Minute)
	}
	for _, known := range []struct {
		err    error
		status int
	}{
		{desk.ErrForbidden, http.StatusForbidden},
		{desk.ErrGone, http.StatusGone},
		{desk.ErrWrong, http.StatusUnauthorized},
		{desk.ErrInUse, http.StatusConflict},
		{desk.ErrLastAdmin, http.StatusConflict},
		{desk.ErrOutside, http.StatusConflict},
		{desk.ErrLocalOff, http.StatusForbidden},
		{desk.ErrTooMany, http.StatusConflict},
		{desk.ErrReused, http.StatusUnprocessableEntity},
		{desk.ErrUnderWay, http.StatusConflict},
		{desk.ErrNoKey, http.StatusServiceUnavailable},
		{hub.ErrSampled, http.StatusConflict},
		{hub.ErrSample, http.StatusConflict},
		{hub.ErrNotEmpty, http.StatusConflict},
		{hub.ErrStopped, http.StatusServiceUnavailable},
		{estate.ErrCursor, http.StatusBadRequest},
	} {
		if errors.Is(err, known.err) {
			return problem(known.status, err.Error())
		}
	}
	switch {
	case errors.Is(err, store.ErrUnknown):
		return notFound()
	case errors.Is(err, store.ErrStale):
		return problem(http.StatusPreconditionFailed, "it was changed meanwhile: read it again")
	case errors.Is(err, store.ErrUnwritable):
		s.c.Trouble(err.Error())
		return problem(http.StatusInsufficientStorage, "the store cannot be written, since its disk is full or takes nothing; nothing of this was done")
	case errors.Is(err, store.ErrAway):
		s.c.Trouble(err.Error())
		return huma.ErrorWithHeaders(problem(http.StatusServiceUnavailable, "the store does not answer: try again in a moment"), http.Header{"Retry-After": {"5"}})
	case ctx.Err() != nil: // nobody waits for it any more
		return problem(http.StatusServiceUnavailable, "the request was cut short")
	}
	s.c.Trouble(err.Error())
	return problem(http.StatusInternalServerError, internal)
}

// bodyProblem is the problem of a body that is not taken.
func bodyProblem(e *front.BodyError) *huma.ErrorModel {
	p := problem(e.Status, e.Text)
	if e.Field != "" {
		p.Errors = []*huma.ErrorDetail{{Location: "body." + e.Field, Message: "stands there more than once"}}
	}
	return p
}

// discreet keeps what was sent out of the answer: an error that quotes a password would put it into logs. Of a field that is missing it says
// which, where others say it.
func discreet(_ huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok {
		for _, d := range e.Errors {
			d.Value = nil
			var missing string
			if _, err := fmt.Sscanf(d.Message, validation.MsgExpectedRequiredProperty, &missing); err == nil {
				d.Location, d.Message = d.Location+"."+missing, "is missing"
			}
		}
	}
	return v, nil
}

// spelled is what a field of an order is called to who calls the API: a limit is a flag of the server.
func spelled(field string) string {
	switch field {
	case "allow", "max_depth", "max_rate", "exclude_files":
		return "--" + strings.ReplaceAll(strings.TrimSuffix(field, "s"), "_", "-")
	}
	return field
}
