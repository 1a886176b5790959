package pages

import (
	"encoding/hex"
	"html/template"
	"net/url"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/text"
)

// words are what templates write with.
func (p *Pages) words() template.FuncMap {
	return template.FuncMap{
		"num":   func(n uint64) string { return text.Grouped(n) },
		"count": func(n uint64, one, many string) string { return text.CountGrouped(n, one, many) },
		"when":  func(t time.Time) template.HTML { return stamp(t, "2 January 2006, 15:04 UTC") },
		"day":   func(t time.Time) template.HTML { return stamp(t, "2 Jan 2006") },
		"zoned": func(t time.Time) template.HTML { // in the zone that it has
			return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `">` + t.Format("Mon 2 Jan 2006 15:04") + `</time>`)
		},
		"clock": func(t time.Time) template.HTML { return stamp(t, "15:04") },
		"less":  func(n int64) int64 { return -n },
		"ago":   func(t time.Time) string { return ago(p.Hub.Now().Sub(t)) },
		"took":  func(from, to time.Time) string { return to.Sub(from).Round(time.Second).String() },
		"clean": text.Clean,
		"list":  func(list []string) string { return strings.Join(text.CleanAll(list), ", ") },
		"lines": func(list []string) string { return strings.Join(list, "\n") },
		"mark":  marked,
		"link":  isLink,
		"hex":   dump,
		"words": strings.Fields,
		"fields": func(l limits, policies []string, site any) map[string]any {
			s, _ := site.(desk.Site)
			return map[string]any{"Limits": l, "Policies": policies, "Site": s}
		},
		"remove": func(path, etag, then, word, of, sure string) map[string]string {
			return map[string]string{"Path": path, "ETag": etag, "Then": then, "Word": word, "Of": of, "Sure": sure}
		},
		"groupcount": func(base, query, head, state string, n int) (map[string]any, error) {
			q, err := url.ParseQuery(strings.TrimPrefix(query, "?")) // which with wrote
			return map[string]any{"Href": base + "/board" + with(q, "state", state), "Head": head, "N": n}, err
		},
		"table": func(base, kind, query, columns string, may bool) map[string]any {
			return map[string]any{"Href": base + "/api/v1/tables/" + kind + query, "Kind": kind, "Columns": columns, "May": may}
		},
		"args": func(base string, row any) map[string]any { return map[string]any{"Base": base, "Row": row} },
	}
}

// stamp is a time for people and for programs.
func stamp(t time.Time, layout string) template.HTML {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `">` + t.Format(layout) + `</time>`)
}

// ago says how long something is past.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return text.Count(uint64(d/time.Minute), "minute", "minutes") + " ago"
	case d < 48*time.Hour:
		return text.Count(uint64(d/time.Hour), "hour", "hours") + " ago"
	}
	return text.Count(uint64(d/(24*time.Hour)), "day", "days") + " ago"
}

// marked writes a line of ours whose settings stand between backticks.
func marked(s string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(strings.ReplaceAll(s, "**", ""), "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// isLink tells whether a ticket may be led to. What is none is shown as text.
func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// mostDump is how much of one message is shown.
const mostDump = 8 << 10

func dump(b []byte) string {
	s := hex.Dump(b[:min(len(b), mostDump)])
	if len(b) > mostDump {
		s += "… " + text.Count(uint64(len(b)-mostDump), "more byte", "more bytes")
	}
	return s
}

// compareFolded orders names as people read them.
func compareFolded(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
