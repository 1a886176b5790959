package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/responses"
	"github.com/pb33f/libopenapi/datamodel/high/v3"
)

// schemas holds answers against the document of the API.
type schemas struct {
	doc   *v3.Document
	check responses.ResponseBodyValidator
}

func schemasOf(t testing.TB, document []byte) *schemas {
	t.Helper()
	d, err := libopenapi.NewDocument(document)
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	return &schemas{&m.Model, responses.NewResponseBodyValidator(&m.Model, config.WithFormatAssertions())}
}

// wrong says what is wrong with an answer by what the document says of its route: its status, its type, its headers, its body. "" is nothing.
func (s *schemas) wrong(pattern string, status int, header http.Header, body []byte) string {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || path == base+"/openapi.json" || path == base+"/docs" || !strings.HasPrefix(path, base) {
		return ""
	}
	item := s.doc.Paths.PathItems.GetOrZero(path)
	if item == nil {
		return "the document has no such path"
	}
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		return err.Error()
	}
	_, list := s.check.ValidateResponseBodyWithPathItem(r, &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body))}, item, path)
	var out []string
	for _, e := range list {
		out = append(out, e.Message+": "+e.Reason)
		for _, f := range e.SchemaValidationErrors {
			out = append(out, fmt.Sprintf("%s: %s", f.FieldPath, f.Reason))
		}
	}
	if status == http.StatusNoContent && len(body) > 0 {
		out = append(out, "there is a body, and the document says none")
	}
	return strings.Join(out, "; ")
}

// hold holds an answer against what the document says of its route.
func (s *schemas) hold(t testing.TB, pattern string, status int, header http.Header, body []byte) {
	t.Helper()
	if wrong := s.wrong(pattern, status, header, body); wrong != "" {
		t.Errorf("%s: %d %s %.2000s: %s", pattern, status, header.Get("Content-Type"), body, wrong)
	}
}

// TestSchemasHold: an answer that is not as the document says is noticed.
func TestSchemasHold(t *testing.T) {
	s := serve(t)
	const problem = `{"title":"Gone","status":410,"detail":"gone"}`
	for _, c := range []struct {
		pattern, kind, body string
		status              int
		right               bool
	}{
		{"GET /api/v1/users", "application/json", `{"items":[],"next":null}`, 200, true},
		{"GET /api/v1/users", "application/json", `{"items":null,"next":null}`, 200, false},
		{"GET /api/v1/users", "application/json", `{"items":[]}`, 200, false},
		{"GET /api/v1/users", "application/json", `{"items":[],"next":null,"more":1}`, 200, false},
		{"GET /api/v1/users", "application/json", `{"items":[{"id":"x"}],"next":null}`, 200, false},
		{"GET /api/v1/users", "text/html", `{"items":[],"next":null}`, 200, false},
		{"GET /api/v1/users", "application/json", `{"items":[],"next":null}`, 206, false},
		{"GET /api/v1/users", "application/problem+json", problem, 410, false},
		{"POST /api/v1/setup", "application/problem+json", problem, 410, true},
		{"POST /api/v1/setup", "application/json", problem, 410, false},
		{"POST /api/v1/setup", "application/problem+json", `{"status":"410"}`, 410, false},
		{"DELETE /api/v1/users/{id}", "", "", 204, true},
		{"DELETE /api/v1/users/{id}", "", "gone", 204, false},
		{"GET /api/v1/nothing", "application/json", "{}", 200, false},
	} {
		if wrong := s.schemas.wrong(c.pattern, c.status, http.Header{"Content-Type": {c.kind}}, json.RawMessage(c.body)); (wrong == "") != c.right {
			t.Errorf("%s %d %s %s: it is right is %v: %s", c.pattern, c.status, c.kind, c.body, wrong == "", wrong)
		}
	}
}
