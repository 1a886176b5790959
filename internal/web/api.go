package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"signet/internal/web/front"
)

// root is where the API is served from, as its document says; below a sub-path the document that is served says that.
const root = "/"

// newAPI makes the API of a mux. What the library adds of its own stays out: its page of documentation loads scripts from elsewhere, and links
// to schemas name this server in every answer.
func newAPI(mux humago.Mux, version string) huma.API {
	c := huma.DefaultConfig("Signet", version)
	c.Info.Description = "What signet serve shows, and what can be done there. Names are those of the JSON lines of schema signet/1. " +
		"Who asks is judged before what is asked. A POST with an Idempotency-Key may be sent again for 24 hours and is done once."
	c.Info.License = &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: root}}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Transformers = []huma.Transformer{discreet}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "signet", Description: "of POST /api/v1/session; __Secure-signet where the server is reached by https"},
		"token":   {Type: "http", Scheme: "bearer", Description: "an API token"},
	}
	c.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	api := humago.New(mux, c)
	api.UseMiddleware(knownParameters(api), soundBodies(api))
	return api
}

// soundBodies reads the body of an operation that takes text, and refuses one that cannot be read whole, or that two readers could take for
// different things. What is read as it comes is left to who reads it.
func soundBodies(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if of := ctx.Operation().RequestBody; of != nil && of.Content[jsonKind] != nil {
			types := []string{jsonKind}
			for kind := range of.Content {
				if kind != jsonKind {
					types = append(types, kind)
				}
			}
			r, _ := humago.Unwrap(ctx)
			if err, wrong := errors.AsType[*front.BodyError](front.Text(r, types...)); wrong {
				p := bodyProblem(err)
				details := make([]error, len(p.Errors))
				for i := range p.Errors {
					details[i] = p.Errors[i]
				}
				// The error is one of writing to a client who is gone.
				_ = huma.WriteErr(api, ctx, p.Status, p.Detail, details...)
				return
			}
		}
		next(ctx)
	}
}

// knownParameters refuses parameters that an operation has not: a filter with a slip in it would else show what it was to leave out.
func knownParameters(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		var wrong []error
		u := ctx.URL()
		said, err := url.ParseQuery(u.RawQuery)
		if err != nil { // what cannot be read would be left out
			wrong = append(wrong, &huma.ErrorDetail{Location: "query", Message: "cannot be read: write %25 for %, and %3B for ;"})
		}
		for name, values := range said {
			detail := &huma.ErrorDetail{Location: "query." + name}
			switch known := slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }); {
			case !known:
				detail.Message = "there is no such parameter"
			case len(values) > 1:
				detail.Message = "is given more than once: write a list with commas"
			default:
				continue
			}
			wrong = append(wrong, detail)
		}
		if len(wrong) > 0 {
			// The error is one of writing to a client who is gone.
			_ = huma.WriteErr(api, ctx, http.StatusBadRequest, "the query is wrong", wrong...)
			return
		}
		next(ctx)
	}
}

// does says what an operation is, for the OpenAPI.
type does struct {
	id      string // operationId
	summary string
	status  int   // where it is not 200
	errors  []int // besides those that every operation may answer
}

// everyError are the errors that every operation of a method may answer: those of the way to it, of its query and of its body.
func everyError(method string) []int {
	list := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusMisdirectedRequest, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if method != http.MethodGet { // which has something written
		list = append(list, http.StatusInsufficientStorage)
	}
	switch method {
	case http.MethodPost: // it may have an Idempotency-Key
		list = append(list, http.StatusConflict)
		fallthrough
	case http.MethodPatch, http.MethodPut:
		list = append(list, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	return list
}

// add makes an operation of a route: its pattern, and what answers it. A handler's error is made a problem, whatever it is.
func add[I, O any](s *Server, pattern string, d does, h func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(pattern, " ")
	op := huma.Operation{OperationID: d.id, Method: method, Path: path, Summary: d.summary, DefaultStatus: d.status,
		Errors: append(everyError(method), d.errors...), MaxBodyBytes: -1, BodyReadTimeout: -1}
	if segments := strings.Split(path, "/"); len(segments) > 3 {
		op.Tags = []string{segments[3]}
	}
	if of := s.table[pattern]; of.open {
		op.Security = []map[string][]string{{}}
	} else {
		op.Errors = append(op.Errors, http.StatusUnauthorized)
	}
	if strings.Contains(path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	slices.Sort(op.Errors)
	op.Errors = slices.Compact(op.Errors)
	if method == http.MethodPost && !s.table[pattern].open {
		op.Parameters = []*huma.Param{{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "what it is sent again under: within 24 hours it is done once, and answered the same"}}
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, s.answer(ctx, err)
		}
		return out, nil
	})
}

// OpenAPI is the document of the API, as it is served from the root of a host.
func (s *Server) OpenAPI() ([]byte, error) {
	b, err := s.api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	b, err = json.MarshalIndent(v, "", " ")
	return append(b, '\n'), err
}
