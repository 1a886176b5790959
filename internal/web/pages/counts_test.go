package pages_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// counts follows every count that leads to a list, on the first five pages of each kind, and wants the list to say the same number and
// to hold as many. It gives the pages that have such counts.
func (c *caller) counts(base string, pages []string) (on []string) {
	c.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) { // while a job runs, numbers move
		busy := slices.ContainsFunc(c.call("GET", "jobs", nil)["items"].([]any), func(j any) bool {
			return !slices.Contains([]any{"done", "failed", "stopped"}, j.(map[string]any)["state"])
		})
		if !busy {
			break
		}
		if time.Since(begin) > time.Minute {
			c.t.Fatal("a job runs for a minute")
		}
	}
	lists, kinds := map[string][2]int{}, map[string]int{}
	for _, path := range pages {
		kind, query, _ := strings.Cut(strings.TrimPrefix(path, base), "?")
		filters, _ := url.ParseQuery(query)
		kind = strings.Join(append(strings.SplitN(kind, "/", 3)[:2], slices.Sorted(maps.Keys(filters))...), "/")
		if kinds[kind]++; kinds[kind] > 5 {
			continue
		}
		path = strings.TrimPrefix(path, base)
		status, header, page := c.do("GET", path, nil)
		if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			continue
		}
		walk(c.t, page, func(n *html.Node) {
			if _, ok := attr(n, "data-count"); !ok {
				return
			}
			href, _ := attr(n, "href")
			shown := number(words(n))
			got, ok := lists[href]
			if !ok {
				got = c.list(base, strings.TrimPrefix(href, base))
				lists[href] = got
			}
			if got[0] != shown || got[1] != shown {
				c.t.Errorf("%s: %q leads to %s, which says %d and lists %d", path, words(n), href, got[0], got[1])
			}
			on = append(on, path)
		})
	}
	slices.Sort(on)
	return slices.Compact(on)
}

// list is what a list says of how much it holds, and how much it does, page by page.
func (c *caller) list(base, path string) (said [2]int) {
	c.t.Helper()
	first := path
	for path != "" {
		next, total := "", -1
		walk(c.t, c.page(path), func(n *html.Node) {
			if _, ok := attr(n, "data-total"); ok {
				total = number(words(n))
			}
			if rel, _ := attr(n, "rel"); rel == "next" {
				next, _ = attr(n, "href")
			}
			id, _ := attr(n, "id")
			class, _ := attr(n, "class")
			of := func(path, data string) bool { return strings.HasPrefix(first, path) && n.Data == data }
			scope, _ := attr(n, "scope")
			if of("/board", "article") && strings.HasPrefix(id, "f") || of("/hosts", "th") && scope == "row" || of("/changes", "span") && strings.Contains(class, "change-") || of("/fixes", "li") && n.Parent.Data == "ol" {
				said[1]++
			}
		})
		said[0] = total
		path = strings.TrimPrefix(next, base)
	}
	return said
}

// words is the text of an element.
func words(n *html.Node) string {
	text := ""
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text += d.Data
		}
	}
	return text
}

// number is the first one of a text; -1: there is none.
func number(text string) int {
	text = strings.ReplaceAll(text, "\u202f", "")
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	from := strings.IndexFunc(text, digit)
	if from < 0 {
		return -1
	}
	text = text[from:]
	if end := strings.IndexFunc(text, func(r rune) bool { return !digit(r) }); end >= 0 {
		text = text[:end]
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}
