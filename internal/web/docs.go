package web

import (
	"bytes"
	_ "embed" // the page
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"signet/internal/desk"
	"signet/internal/web/front"
)

//go:embed docs.tmpl
var docsText string

// docsPage is the API for people, as its document has it. Nothing on it is loaded from elsewhere.
type docsPage struct {
	Base, About string
	Groups      []*docsGroup
}

type docsGroup struct {
	Name  string
	Calls []docsCall
}

type docsCall struct {
	Method, Path, Summary, Who, Status string
	Query, Body, Answer                []docsField
}

type docsField struct {
	Name, Type, About string
	Must              bool
}

// docs makes the handler of the page.
func (s *Server) docs() (http.Handler, error) {
	t, err := template.New("docs").Parse(docsText)
	if err != nil {
		return nil, err
	}
	api := s.api.OpenAPI()
	about := docsPage{About: api.Info.Description}
	groups := map[string]*docsGroup{}
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		item := api.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if op == nil || len(op.Tags) == 0 {
				continue
			}
			name := op.Tags[0]
			if groups[name] == nil {
				groups[name] = &docsGroup{Name: name}
			}
			groups[name].Calls = append(groups[name].Calls, s.docsCall(op))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		about.Groups = append(about.Groups, groups[name])
	}
	return packed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			front.Problem(w, http.StatusBadRequest, "there is no such parameter")
			return
		}
		page := about
		page.Base = front.Of(r.Context()).Path
		var b bytes.Buffer
		if err := t.Execute(&b, page); err != nil {
			s.c.Trouble("the page of the API: " + err.Error())
			front.Problem(w, http.StatusInternalServerError, internal)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(b.Bytes())
	}))
}

func (s *Server) docsCall(op *huma.Operation) docsCall {
	c := docsCall{Method: op.Method, Path: op.Path, Summary: op.Summary, Who: s.whoMay(op.Method + " " + op.Path)}
	for _, p := range op.Parameters {
		if p.In == "query" {
			c.Query = append(c.Query, s.docsField(p.Name, p.Schema, p.Required, p.Description))
		}
	}
	if op.RequestBody != nil {
		c.Body = s.docsFields(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") && c.Status == "" {
			c.Status, c.Answer = status, s.docsFields(op.Responses[status].Content)
		}
	}
	return c
}

// whoMay says in a word who may call a route.
func (s *Server) whoMay(pattern string) string {
	r := s.table[pattern]
	if r.open {
		return "anybody"
	}
	for _, role := range []desk.Role{desk.Viewer, desk.Operator, desk.Admin} {
		if !desk.Allow(desk.Who{Via: desk.BySession, Role: role}, r.action, "") {
			continue
		}
		word := role.String()
		if !desk.Allow(desk.Who{Via: desk.BySession, Role: role, Sites: []string{"x"}}, r.action, "x") {
			word += " of all sites"
		}
		return word
	}
	return "nobody"
}

// docsFields are the fields of a body of JSON; of another one its kind.
func (s *Server) docsFields(content map[string]*huma.MediaType) (list []docsField) {
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		m := content[kind]
		if m.Schema == nil || kind != "application/json" {
			list = append(list, docsField{Name: kind, Type: "bytes"})
			continue
		}
		v := s.schema(m.Schema)
		for _, name := range slices.Sorted(maps.Keys(v.Properties)) {
			p := v.Properties[name]
			list = append(list, s.docsField(name, p, slices.Contains(v.Required, name), p.Description))
		}
	}
	return list
}

func (s *Server) docsField(name string, v *huma.Schema, must bool, about string) docsField {
	f := docsField{Name: name, Must: must, About: about}
	if v == nil {
		return f
	}
	v = s.schema(v)
	f.Type = v.Type
	if v.Format != "" {
		f.Type = v.Format
	}
	if v.Type == huma.TypeArray && v.Items != nil {
		if f.Type = "list"; s.schema(v.Items).Type != "" {
			f.Type += " of " + s.schema(v.Items).Type
		}
	}
	var words []string
	for _, e := range v.Enum {
		if w, ok := e.(string); ok {
			words = append(words, w)
		}
	}
	if len(words) > 0 {
		f.Type = strings.Join(words, " | ")
	}
	return f
}

// schema is what a schema stands for.
func (s *Server) schema(v *huma.Schema) *huma.Schema {
	if v.Ref == "" {
		return v
	}
	if of := s.api.OpenAPI().Components.Schemas.SchemaFromRef(v.Ref); of != nil {
		return of
	}
	return v
}
