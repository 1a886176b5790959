package web

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/what-changed/model"

	"signet/internal/web/front"
)

// TestOpenAPI: the document that is served is the one that is kept with the source, where a change of it is seen.
func TestOpenAPI(t *testing.T) {
	s := serve(t)
	got, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	got = bytes.Replace(got, []byte(`"version": "test"`), []byte(`"version": "1"`), 1)
	path := filepath.Join("..", "..", "docs", "openapi.json")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch write := os.Getenv("SIGNET_WRITE"); {
	case bytes.Equal(got, want):
	case write == "":
		t.Error("the API is not what docs/openapi.json says; SIGNET_WRITE=1 writes it, and what changes in it changes for users")
		fallthrough
	case write != "breaking":
		if list := breaks(t, want, got); len(list) > 0 {
			t.Fatalf("programs that use the API break by:\n%s\nSIGNET_WRITE=breaking writes it all the same: say in changes/ what they have to do", strings.Join(list, "\n"))
		}
		fallthrough
	default:
		if write != "" && os.WriteFile(path, got, 0o644) != nil {
			t.Error(path + " cannot be written")
		}
	}
	r := s.nobody(t).do("GET", "openapi.json", nil).is(200)
	if r.text("openapi") != "3.1.0" || r.get("paths") == nil || strings.Contains(string(r.body), "unpkg") {
		t.Errorf("served: %.200s", r.body)
	}
	for _, path := range []string{"/docs", "/openapi.yaml", base + "/docs", base + "/schemas/User.json"} {
		if r := s.nobody(t).do("GET", path, nil); r.status == 200 {
			t.Errorf("%s is served", path)
		}
	}
	if r := serveAs(t, front.Config{Listen: "127.0.0.1:18471", URL: "http://127.0.0.1:18471/signet"}).nobody(t).do("GET", "openapi.json", nil).is(200); r.text("servers.0.url") != "/signet" {
		t.Errorf("below /signet: %.200s", r.body)
	}
}

// breaks are the changes from one document to another that programs which use the API break by.
func breaks(t *testing.T, old, now []byte) (list []string) {
	t.Helper()
	var docs [2]libopenapi.Document
	for i, b := range [][]byte{old, now} {
		var err error
		if docs[i], err = libopenapi.NewDocument(b); err != nil {
			t.Fatal(err)
		}
	}
	changes, err := libopenapi.CompareDocuments(docs[0], docs[1])
	if err != nil {
		t.Fatal(err)
	}
	if changes == nil {
		return nil
	}
	// Of what was free the library takes a limit for none.
	narrows := []string{"required", "type", "format", "pattern", "const", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
	for _, c := range changes.GetAllChanges() {
		if c.Breaking || c.ChangeType == model.PropertyAdded && slices.Contains(narrows, c.Property) {
			line := 0
			if c.Context != nil && c.Context.OriginalLine != nil {
				line = *c.Context.OriginalLine
			}
			list = append(list, fmt.Sprintf("docs/openapi.json:%d: %s: %.80q becomes %.80q", line, c.Property, c.Original, c.New))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestBreaks: what breaks programs is told from what does not.
func TestBreaks(t *testing.T) {
	const doc = `{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{
"/a":{"get":{"operationId":"a","parameters":[{"in":"query","name":"q","schema":{"type":"string"}}],"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Out"}}}},"404":{"description":"Not Found"}}},
 "post":{"operationId":"b","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/In"}}}},"responses":{"201":{"description":"Created"}}}},
"/b":{"get":{"operationId":"c","responses":{"200":{"description":"OK"}}}}},
"components":{"schemas":{"Out":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"n":{"type":"integer"}}},
"In":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"role":{"type":"string","enum":["viewer","admin"]}}}}}}`
	for _, c := range []struct {
		what, from, to string
		breaks         bool
	}{
		{"nothing", "", "", false},
		{"a path is gone", `,
"/b":{"get":{"operationId":"c","responses":{"200":{"description":"OK"}}}}`, ``, true},
		{"a method is gone", `{"get":{"operationId":"c"`, `{"put":{"operationId":"c"`, true},
		{"a parameter is gone", `{"in":"query","name":"q","schema":{"type":"string"}}`, ``, true},
		{"a parameter is required", `"name":"q",`, `"name":"q","required":true,`, true},
		{"a status is gone", `,"404":{"description":"Not Found"}`, ``, true},
		{"a field of an answer is gone", `,"n":{"type":"integer"}`, ``, true},
		{"a field of an answer has another type", `"n":{"type":"integer"}`, `"n":{"type":"string"}`, true},
		{"a field of an answer may lack", `"required":["id"],`, ``, true},
		{"a field of a body is required", `"required":["name"]`, `"required":["name","role"]`, true},
		{"a field of a body is gone", `,"role":{"type":"string","enum":["viewer","admin"]}`, ``, true},
		{"a word is gone", `["viewer","admin"]`, `["viewer"]`, true},
		{"a field is limited", `"name":{"type":"string"}`, `"name":{"type":"string","maxLength":5}`, true},
		{"a path more", `"/b":{`, `"/c":{"get":{"operationId":"d","responses":{"200":{"description":"OK"}}}},"/b":{`, false},
		{"a parameter more", `"parameters":[`, `"parameters":[{"in":"query","name":"r","schema":{"type":"string"}},`, false},
		{"a status more", `"404":{`, `"403":{"description":"Forbidden"},"404":{`, false},
		{"a field more", `"n":{"type":"integer"}`, `"n":{"type":"integer"},"m":{"type":"integer"}`, false},
		{"a field of a body more", `"name":{"type":"string"},`, `"name":{"type":"string"},"more":{"type":"string"},`, false},
		{"a word more", `["viewer","admin"]`, `["viewer","operator","admin"]`, false},
		{"another description", `"description":"OK"`, `"description":"Well"`, false},
	} {
		now := strings.Replace(doc, c.from, c.to, 1)
		if !strings.Contains(doc, c.from) || (now == doc) != (c.what == "nothing") {
			t.Fatalf("%s: the case does not fit", c.what)
		}
		if list := breaks(t, []byte(doc), []byte(now)); (len(list) > 0) != c.breaks {
			t.Errorf("%s: %q", c.what, list)
		}
	}
}
