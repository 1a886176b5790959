package http

import (
	_ "embed"
	"slices"
	"strings"

	"signet/internal/wire/http1"
)

//go:embed roles.txt
var rolesText string

// row is one path that may be asked.
type row struct {
	role   string // "" for "/" and for paths the user named
	method string
	path   string // or the absolute URL that a proxy is asked for
	marks  []string
	more   bool // only when the role shows
}

// sign is one way in which an answer shows a mark.
type sign struct{ mark, where, what string }

// table is roles.txt.
type table struct {
	rows  []row
	signs []sign
	roots []string
	spare []row // asked where nothing hints, what is worth most first
}

// always is the mark that every web server bears.
const always = "always"

// parseRoles reads the table; bad counts lines it could not read, which a test keeps at none.
func parseRoles(text string) (t table, bad int) {
	var current row
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || strings.HasPrefix(f[0], "#"):
		case f[0] == "seen" && len(f) >= 4:
			t.signs = append(t.signs, sign{f[1], f[2], strings.ToLower(strings.Join(f[3:], " "))})
		case f[0] == "role" && len(f) == 3:
			current = row{role: f[1], marks: strings.Split(f[2], ",")}
		case f[0] == "spare" && len(f) == 3:
			i := slices.IndexFunc(t.rows, func(r row) bool { return r.method == f[1] && r.path == f[2] })
			if i < 0 {
				bad++
				continue
			}
			t.spare = append(t.spare, t.rows[i])
		case f[0] == "root" && len(f) == 2:
			t.roots = append(t.roots, f[1])
		case (f[0] == "probe" || f[0] == "more") && len(f) == 3 && current.role != "":
			r := current
			r.method, r.path, r.more = f[1], f[2], f[0] == "more"
			t.rows = append(t.rows, r)
		default:
			bad++
		}
	}
	return t, bad
}

// marks adds what one answer shows to seen.
func (t *table) marks(seen map[string]bool, r *http1.Response) {
	for _, s := range t.signs {
		if !seen[s.mark] && s.shown(r) {
			seen[s.mark] = true
		}
	}
}

func (s *sign) shown(r *http1.Response) bool {
	switch s.where {
	case "header":
		return r.Header.Values(s.what) != nil
	case "server":
		return strings.Contains(strings.ToLower(r.Header.Get("Server")), s.what)
	case "powered":
		return slices.ContainsFunc(r.Header.Values("X-Powered-By"), func(v string) bool { return strings.Contains(strings.ToLower(v), s.what) })
	case "location":
		return strings.HasPrefix(strings.ToLower(pathOf(r.Header.Get("Location"))), s.what)
	case "title":
		return strings.Contains(strings.ToLower(title(r.Body)), s.what)
	case "status":
		return itoa(r.Status) == s.what
	}
	return false
}

// portMarks adds what the endpoint's port shows.
func (t *table) portMarks(seen map[string]bool, port uint16) {
	for _, s := range t.signs {
		if s.where == "port" && s.what == itoa(int(port)) {
			seen[s.mark] = true
		}
	}
}

// roleOf is that of the longest path of the table that a path starts with.
func (t *table) roleOf(path string) string {
	best := row{}
	for _, r := range t.rows {
		if len(r.path) > 1 && strings.HasPrefix(r.path, "/") && len(r.path) > len(best.path) && r.role != "iis-other" &&
			strings.HasPrefix(strings.ToLower(path), strings.ToLower(r.path)) {
			best = r
		}
	}
	return best.role
}

// title is the text of a page's title element, "" without one.
func title(body []byte) string {
	s := strings.ToLower(string(body))
	_, s, ok := strings.Cut(s, "<title")
	if !ok {
		return ""
	}
	_, s, _ = strings.Cut(s, ">")
	s, _, ok = strings.Cut(s, "</title")
	if !ok {
		return ""
	}
	return strings.Join(strings.Fields(s), " ")
}
