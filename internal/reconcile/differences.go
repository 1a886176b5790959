package reconcile

import (
	"encoding/json"
	"maps"
	"slices"

	"signet"
)

// difference is a fact that two observations know, and do not agree on.
type difference struct{ at, a, b string }

// differences compares what tells of a guard: levels, and the flags that the check says tell of one. What either does not
// know is no difference.
func differences(a, b *Said) []difference {
	w := walk{tells: a.Tells}
	w.compare(facts(a.Facts), facts(b.Facts), "")
	return w.found
}

type walk struct {
	tells []string
	found []difference
}

func facts(f signet.Facts) any {
	if f == nil {
		return nil
	}
	var v any
	if json.Unmarshal(f.AppendJSON(nil), &v) != nil {
		return nil // the judge says so
	}
	return v
}

func (w *walk) compare(a, b any, at string) {
	switch a := a.(type) {
	case map[string]any:
		b, _ := b.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(a)) {
			if other, ok := b[k]; ok {
				w.compare(a[k], other, join(at, k))
			}
		}
	case []any: // of objects with a path, such as the pages of a web server
		b, _ := b.([]any)
		for _, x := range a {
			for _, y := range b {
				if p := pathOf(x); p != "" && p == pathOf(y) {
					w.compare(x, y, p)
				}
			}
		}
	case string:
		if b, ok := b.(string); ok && a != b && level(a) && level(b) {
			w.found = append(w.found, difference{at, a, b})
		}
	case bool:
		if b, ok := b.(bool); ok && a != b && slices.Contains(w.tells, at) {
			w.found = append(w.found, difference{at, yes(a), yes(b)})
		}
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + " " + key
}

func pathOf(v any) string {
	m, _ := v.(map[string]any)
	s, _ := m["path"].(string)
	return s
}

func level(s string) bool {
	var l signet.Level
	return l.UnmarshalText([]byte(s)) == nil && l != signet.Unknown
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
