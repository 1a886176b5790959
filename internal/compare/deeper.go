package compare

import (
	"encoding/json"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// A deeper scan of an unchanged estate makes nothing worse: what it finds was there before, and was not asked for. Something
// counts as newly asked instead of worsened if two things hold: the old run is known to have asked less, and nothing that
// it did learn has changed.

// askedMore tells whether the new run is known to have asked of an endpoint what the old one did not.
func askedMore(before, after *signet.Observation) bool {
	return left(before.Outcome) && !left(after.Outcome) ||
		before.CheckVersion < after.CheckVersion || len(check.LeftOut(after.Unasked, before.Unasked)) > 0
}

// left tells whether the question that counts was not put to an endpoint.
func left(o signet.Outcome) bool { return o == signet.Withheld || o == signet.Skipped }

// learned is the facts of two observations of one endpoint, read once.
type learned struct {
	before, after map[string]any
	shape         check.Shape
	more          bool // askedMore
}

func learn(before, after *signet.Observation, shape check.Shape) *learned {
	return &learned{facts(before.Facts), facts(after.Facts), shape, askedMore(before, after)}
}

func facts(f signet.Facts) map[string]any {
	if f == nil {
		return nil
	}
	var v map[string]any
	if json.Unmarshal(f.AppendJSON(nil), &v) != nil {
		return nil // the judge says so
	}
	return v
}

// newly tells whether a finding of the new run answers a question that the old one did not ask, and contradicts nothing that
// it was told.
func (l *learned) newly(f *signet.Finding) bool {
	if now := l.page(l.after, f.Where); now != nil {
		was := l.page(l.before, f.Where)
		if was == nil {
			return l.before[l.shape.Pages] != nil // every page that was asked stands in the facts
		}
		return l.more && !l.contradicts(was, now)
	}
	return l.more && !l.contradicts(l.without(l.before), l.without(l.after))
}

// still tells whether the new run asked more, and learned nothing that contradicts the old one.
func (l *learned) still() bool {
	if l.contradicts(l.without(l.before), l.without(l.after)) {
		return false
	}
	more := l.more
	list, _ := l.after[l.shape.Pages].([]any)
	for _, p := range list {
		now, _ := p.(map[string]any)
		was := l.page(l.before, pathOf(now))
		if was == nil && l.before[l.shape.Pages] != nil {
			more = true
		}
		if l.contradicts(was, now) {
			return false
		}
	}
	return more
}

// without is the facts of an endpoint without those of its pages.
func (l *learned) without(facts map[string]any) map[string]any {
	rest := map[string]any{}
	for k, v := range facts {
		if k != l.shape.Pages {
			rest[k] = v
		}
	}
	return rest
}

// page is the page at which a finding stands; nil where it stands at none.
func (l *learned) page(facts map[string]any, where string) map[string]any {
	list, _ := facts[l.shape.Pages].([]any)
	for _, p := range list {
		m, _ := p.(map[string]any)
		if at := pathOf(m); at != "" && (at == where || strings.HasSuffix(where, " "+at)) {
			return m
		}
	}
	return nil
}

func pathOf(page map[string]any) string {
	s, _ := page["path"].(string)
	return s
}

// contradicts tells whether something that was known is known to be otherwise now. What was not known contradicts nothing,
// and names, versions and certificates change without a guard doing so.
func (l *learned) contradicts(was, now map[string]any) bool {
	for k, v := range was {
		switch v := v.(type) {
		case map[string]any:
			if n, ok := now[k].(map[string]any); ok && l.contradicts(v, n) {
				return true
			}
		case string:
			if n, ok := now[k].(string); ok && n != v && opposed(v, n) {
				return true
			}
		case bool:
			if n, ok := now[k].(bool); ok && n != v && !slices.Contains(l.shape.Asking, k) {
				return true
			}
		case float64:
			if n, ok := now[k].(float64); ok && slices.Contains(l.shape.Decides, k) && v != 0 && n != 0 && n != v {
				return true
			}
		case []any:
			if n, ok := now[k].([]any); ok && slices.Contains(l.shape.Decides, k) && words(v) != words(n) {
				return true
			}
		}
	}
	return false
}

// opposed tells whether two words of a fact cannot both be so: two levels, or an offer that was refuted and one that was seen.
func opposed(was, now string) bool {
	switch was {
	case "off", "optional", "required":
		return now == "off" || now == "optional" || now == "required"
	case "no":
		return now == "offered" || now == "proven"
	case "proven":
		return now == "no"
	case "kerberos-only":
		return now == "accepts-ntlm"
	case "accepts-ntlm":
		return now == "kerberos-only"
	}
	return false
}

func words(list []any) string {
	var b strings.Builder
	for _, v := range list {
		s, _ := v.(string)
		b.WriteString(strings.ToLower(s) + "\n")
	}
	return b.String()
}
