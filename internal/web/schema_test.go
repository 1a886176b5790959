package web

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas holds answers against the document of the API.
type schemas struct {
	mu  sync.Mutex
	c   *jsonschema.Compiler
	doc map[string]any
	all map[string]*jsonschema.Schema
}

func schemasOf(t *testing.T, s *Server) *schemas {
	t.Helper()
	b, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("https://signet.example/openapi.json", v); err != nil {
		t.Fatal(err)
	}
	return &schemas{c: c, doc: v.(map[string]any), all: map[string]*jsonschema.Schema{}}
}

// hold holds an answer against what the document says of its route.
func (s *schemas) hold(t *testing.T, pattern string, status int, header http.Header, body []byte) {
	t.Helper()
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || path == base+"/openapi.json" {
		return
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	at := "/components/schemas/ErrorModel"
	if status < 400 {
		says := s.doc["paths"].(map[string]any)[path].(map[string]any)[strings.ToLower(method)].(map[string]any)["responses"].(map[string]any)
		response, ok := says[strconv.Itoa(status)].(map[string]any)
		if !ok {
			t.Errorf("%s: %d is not in the document", pattern, status)
			return
		}
		content, _ := response["content"].(map[string]any)
		if content == nil && len(body) > 0 {
			t.Errorf("%s: %d has a body, and the document says none", pattern, status)
		}
		if kind != "application/json" || content["application/json"] == nil {
			return
		}
		at = "/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" + strings.ToLower(method) + "/responses/" + strconv.Itoa(status) + "/content/application~1json/schema"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[at] == nil {
		var err error
		if s.all[at], err = s.c.Compile("https://signet.example/openapi.json#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at)); err != nil {
			t.Fatal(err)
		}
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = s.all[at].Validate(v)
	}
	if err != nil {
		t.Errorf("%s: %d %s: %v", pattern, status, body, err)
	}
}

// TestSchemasHold: an answer that is not as the document says is noticed.
func TestSchemasHold(t *testing.T) {
	s := serve(t)
	for _, c := range []struct {
		pattern, body string
		want          bool
	}{
		{"GET /api/v1/users", `{"items":[],"next":null}`, true},
		{"GET /api/v1/users", `{"items":null,"next":null}`, false},
		{"GET /api/v1/users", `{"items":[]}`, false},
		{"GET /api/v1/users", `{"items":[],"next":null,"more":1}`, false},
		{"GET /api/v1/users", `{"items":[{"id":"x"}],"next":null}`, false},
	} {
		in := &testing.T{}
		done := make(chan struct{})
		go func() { // it may end its test
			defer close(done)
			s.schemas.hold(in, c.pattern, 200, http.Header{"Content-Type": {"application/json"}}, json.RawMessage(c.body))
		}()
		<-done
		if in.Failed() == c.want {
			t.Errorf("%s %s: it holds %v, want %v", c.pattern, c.body, !in.Failed(), c.want)
		}
	}
}
