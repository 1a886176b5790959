package web

import (
	"strings"
	"testing"
)

// TestDocs: the page of the API has every call and who may call it, for whoever logged on, and loads nothing from elsewhere.
func TestDocs(t *testing.T) {
	s := serve(t)
	s.nobody(t).do("GET", "docs", nil).is(401)
	got := s.admin(t).do("GET", "docs", nil).is(200)
	text := string(got.body)
	calls := 0
	for path, item := range s.api.OpenAPI().Paths {
		for method, has := range map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil, "PATCH": item.Patch != nil, "DELETE": item.Delete != nil} {
			if has {
				if calls++; !strings.Contains(text, "<code>"+method+" "+path+"</code>") {
					t.Errorf("%s %s is not on the page", method, path)
				}
			}
		}
	}
	if n := strings.Count(text, "<summary>"); n != calls || calls < 50 {
		t.Errorf("%d calls on the page of %d", n, calls)
	}
	for _, want := range []string{"<dd>admin of all sites</dd>", "<dd>operator</dd>", "<dd>anybody</dd>", "an http or https", "<code>severity</code>"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(text, "<script") || strings.Contains(text, "style=") || strings.Contains(text, `="http`) || strings.Contains(text, `="//`) {
		t.Error("the page loads something")
	}
}
