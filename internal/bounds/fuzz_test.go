package bounds_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"signet/internal/bounds"
	"signet/internal/fuzzing"
)

// FuzzBrackets: whatever is JSON and an object is found whole, unless it is nested too deep, and nothing takes more than its size asks.
func FuzzBrackets(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"}\"]"}],"c":null}`))
	f.Add([]byte("{\n\"a\" : [ [ ] , { } ] }"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzing.Bounded(t, len(b), func() {
			n, shape := new(bounds.Brackets).Feed(b)
			if n < 0 || n > len(b) {
				t.Fatalf("%d of %d bytes", n, len(b))
			}
			trimmed := bytes.Trim(b, " \t\r\n")
			if len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(b) {
				return
			}
			if shape != bounds.Deep && (shape != bounds.Whole || !json.Valid(b[:n])) {
				t.Errorf("%q: %d, %d", b, n, shape)
			}
		})
	})
}

// FuzzYAML: what passes is decoded, or is a mistake, in proportion to its size.
func FuzzYAML(f *testing.F) {
	f.Add([]byte("a: &x [1, 2]\nb: *x\nc: {d: {e: [f]}}\n"))
	f.Add([]byte("a: b\na: b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzing.Bounded(t, len(b), func() {
			doc, err := bounds.YAML(b)
			if err != nil {
				return
			}
			var v any
			if err := bounds.Decode(doc, &v); err != nil && len(err.Error()) > 8<<10 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	})
}
