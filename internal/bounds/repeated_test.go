package bounds

import (
	"strings"
	"testing"
)

func TestRepeated(t *testing.T) {
	deep := strings.Repeat(`{"a":`, Depth)
	for text, want := range map[string]string{
		``: "", `1`: "", `"a"`: "", `{}`: "", `[{"a":1},{"a":1}]`: "", `{"a":{"a":1},"b":{"a":1}}`: "", `{"a":"a","b":"a"}`: "", `["a","a"]`: "", `{"a":1,"A":2}`: "",
		`{"a":1,"a":1}`: "a", `{"a":1,"\u0061":2}`: "a", `{"a":{"b":[1]},"a":null}`: "a", `{"x":[0,{"y":{"b":[],"b":{}}}]}`: "x[1].y.b",
		`[[1],[2,{"a":1,"a":2}]]`: "[1][1].a", `{"":1,"":2}`: "", `{"x":{"":1,"":2}}`: "x.",
		`{"a":1,"a"`: "a", `{"a":1 "a":2}`: "", `{"a":1}{"b":1,"b":2}`: "b", `{"a":1,}`: "",
		deep + `{"b":1,"b":2}`: "",
	} {
		if got := Repeated([]byte(text)); got != want {
			t.Errorf("%.80s: %q, want %q", text, got, want)
		}
	}
	if got := Repeated([]byte(strings.Repeat("[", 1<<20))); got != "" {
		t.Errorf("lists in lists: %q", got)
	}
}
