package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"signet/internal/desk"
	"signet/internal/owner"
	"signet/internal/sheet"
)

// Owners are the rules by which findings have an owner where nobody gave them one.
type Owners struct {
	Rules []owner.Rule `json:"rules" nullable:"false" maxItems:"2000" doc:"the first that matches counts"`
	By    string       `json:"by,omitempty" doc:"ID of who changed them last"`
	At    *time.Time   `json:"at,omitempty"`
}

// OwnersTried is what rules would come to.
type OwnersTried struct {
	Valid    bool         `json:"valid"`
	Problems []Lint       `json:"problems" nullable:"false"`
	Rules    []OwnerTried `json:"rules" nullable:"false" doc:"none where there are problems"`
}

// OwnerTried is what one rule would come to.
type OwnerTried struct {
	Line int `json:"line,omitempty" doc:"of the table"`
	owner.Rule
	Rows   int `json:"rows" doc:"findings that would have their owner by it: of none it matches nothing, or others match before it"`
	ByHand int `json:"by_hand" doc:"findings that keep the owner that somebody gave them"`
}

const (
	csvKind  = "text/csv"
	jsonKind = "application/json"
)

// sent is a body of CSV or JSON, which the handler reads itself.
type sent struct {
	kind string
	body io.Reader
}

// Resolve keeps the body.
func (s *sent) Resolve(c huma.Context) []error {
	r, _ := humago.Unwrap(c)
	s.kind, s.body = r.Header.Get("Content-Type"), r.Body
	return nil
}

// read gives a body as text of CSV, or has it read into v.
func (s *sent) read(v any) (table []byte, isTable bool, err error) {
	kind, _, _ := mime.ParseMediaType(s.kind)
	text, err := io.ReadAll(s.body)
	if err != nil {
		return nil, false, err
	}
	switch kind {
	case csvKind:
		return text, true, nil
	case jsonKind, "":
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		err := d.Decode(v)
		if err == nil && !d.More() {
			return nil, false, nil
		}
		return nil, false, notWanted(text, err, "rules")
	}
	return nil, false, problem(http.StatusUnsupportedMediaType, "want text/csv or application/json")
}

// notWanted is what is wrong with a body that a decoder did not take: it names every field that is, and never what was in it.
func notWanted(text []byte, err error, known ...string) error {
	e := problem(http.StatusUnprocessableEntity, "the body is not the JSON that is wanted here")
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
				e.Errors = append(e.Errors, &huma.ErrorDetail{Location: "body." + name, Message: "there is no such field"})
			}
		}
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && kind.Field != "" {
		e.Errors = append(e.Errors, &huma.ErrorDetail{Location: "body." + kind.Field, Message: "is of another kind than is wanted here"})
	}
	return e
}

// mistakes are problems of a table as they are answered: named by line and column.
func mistakes(list []sheet.Problem) error {
	e := problem(http.StatusUnprocessableEntity, list[0].Error())
	for _, p := range list {
		e.Errors = append(e.Errors, &huma.ErrorDetail{Location: fmt.Sprintf("body.%d.%d", p.Line, p.Column), Message: p.Error()})
	}
	return e
}

// rules reads rules of owners. lines are those of a table.
func (s *sent) rules() (rules []owner.Rule, lines []int, problems []sheet.Problem, err error) {
	var body struct {
		Rules []owner.Rule `json:"rules"`
	}
	table, isTable, err := s.read(&body)
	if err != nil {
		return nil, nil, nil, err
	}
	if isTable {
		rules, lines, problems = owner.Read(table)
		_, err := desk.CheckOwners(rules)
		var at int
		var name string
		if f, ok := errors.AsType[*desk.FieldError](err); ok {
			if n, _ := fmt.Sscanf(strings.ReplaceAll(f.Field, ".", " "), "rules %d %s", &at, &name); n == 2 {
				return nil, nil, []sheet.Problem{{Line: lines[at], Column: 1, Text: name + ": " + f.Text}}, nil
			}
		}
		return rules, lines, problems, err
	}
	return body.Rules, nil, nil, nil
}

// addOwners adds the routes of rules of owners.
func (s *Server) addOwners() {
	type asked struct {
		Accept string `header:"Accept" doc:"text/csv, or JSON"`
		Format string `query:"format" doc:"csv, or JSON where nothing is said"`
	}
	type shown struct {
		Kind string `header:"Content-Type"`
		ETag string `header:"ETag"`
		Body []byte
	}
	show := func(o *desk.Owners, asCSV bool) (*shown, error) {
		if asCSV {
			var b bytes.Buffer
			head, rows := owner.Rows(o.Rules)
			if err := sheet.Write(&b, head, rows); err != nil {
				return nil, err
			}
			return &shown{csvKind + "; charset=utf-8", etag(o.Rev), b.Bytes()}, nil
		}
		b, err := json.Marshal(Owners{orEmpty(o.Rules), o.By, unlessZero(o.At)})
		return &shown{jsonKind, etag(o.Rev), b}, err
	}
	const path = "/api/v1/owners"
	add(s, "GET "+path, does{id: "read-owners", summary: "The rules by which findings have an owner where nobody gave them one"}, func(ctx context.Context, in *asked) (*shown, error) {
		o := s.c.Desk.Owners()
		if !desk.Allow(who(ctx), desk.Look, "") { // they name networks of any site
			o = desk.Owners{}
		}
		if in.Format != "" && in.Format != "csv" && in.Format != "json" {
			return nil, query("format", "want csv or json")
		}
		return show(&o, in.Format == "csv" || in.Format == "" && strings.HasPrefix(in.Accept, csvKind))
	})
	type written struct {
		sent
		IfMatch string `header:"If-Match" doc:"ETag of the rules that are to be replaced: 412 where they were changed since"`
	}
	add(s, "PUT "+path, does{id: "replace-owners", summary: "Replace the rules of owners: all of them or, with a mistake, none", errors: []int{412, 413, 415, 422}}, func(ctx context.Context, in *written) (*shown, error) {
		rules, _, problems, err := in.rules()
		if err != nil {
			return nil, err
		}
		was, err := revision(in.IfMatch)
		if err != nil {
			return nil, err
		}
		if len(problems) > 0 {
			return nil, mistakes(problems)
		}
		o, err := s.c.Hub.SetOwners(ctx, act(ctx), rules, was)
		if err != nil {
			return nil, err
		}
		return show(&o, false)
	})
	add(s, "POST "+path+"/preview", does{id: "preview-owners", summary: "What rules of owners would come to: nothing is saved", errors: []int{413, 415, 422}}, func(ctx context.Context, in *sent) (*struct{ Body OwnersTried }, error) {
		rules, lines, problems, err := in.rules()
		if err != nil {
			return nil, err
		}
		out := OwnersTried{Valid: len(problems) == 0, Problems: []Lint{}, Rules: []OwnerTried{}}
		for _, p := range problems {
			out.Problems = append(out.Problems, Lint{p.Line, p.Column, p.Text, false})
		}
		if !out.Valid {
			return &struct{ Body OwnersTried }{out}, nil
		}
		counts, err := s.c.Hub.TryOwners(who(ctx), rules)
		if err != nil {
			return nil, err
		}
		for i, c := range counts {
			one := OwnerTried{Rule: rules[i], Rows: c.Rows, ByHand: c.ByHand}
			if lines != nil {
				one.Line = lines[i]
			}
			out.Rules = append(out.Rules, one)
		}
		return &struct{ Body OwnersTried }{out}, nil
	})
	registry := s.api.OpenAPI().Components.Schemas
	json := registry.Schema(reflect.TypeFor[Owners](), true, "Owners")
	text := &huma.Schema{Type: huma.TypeString}
	both := func() map[string]*huma.MediaType {
		return map[string]*huma.MediaType{jsonKind: {Schema: json}, csvKind: {Schema: text}}
	}
	item := s.api.OpenAPI().Paths[path]
	item.Get.Responses["200"].Content, item.Put.Responses["200"].Content = both(), map[string]*huma.MediaType{jsonKind: {Schema: json}}
	item.Put.RequestBody = &huma.RequestBody{Required: true, Content: both()}
	s.api.OpenAPI().Paths[path+"/preview"].Post.RequestBody = &huma.RequestBody{Required: true, Content: both()}
}
