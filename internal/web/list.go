package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"signet/internal/store"
)

// List is a page of a list.
type List[T any] struct {
	Items []T     `json:"items" nullable:"false" doc:"one page of them"`
	Next  *string `json:"next" nullable:"true" doc:"cursor of the next page; null where this is the last"`
}

// listed is the answer with a page of a list.
type listed[T any] struct{ Body List[T] }

// Paging says which page of a list is wanted.
type Paging struct {
	Limit  string `query:"limit" doc:"how many at most, 1 to 500; 100 where nothing is said"`
	Cursor string `query:"cursor" doc:"next of the page before"`
}

const (
	usualPage = 100
	mostPage  = 500
)

func (p *Paging) most() (int, error) {
	if p.Limit == "" {
		return usualPage, nil
	}
	n, err := strconv.Atoi(p.Limit)
	if err != nil || n < 1 || n > mostPage {
		return 0, query("limit", "want a number of 1 to 500")
	}
	return n, nil
}

// page cuts one out of a whole list whose items are in the order of their keys. The cursor is the key of the last one, so that it holds when
// others come and go.
func page[T any](p *Paging, all []T, key func(*T) string) (*listed[T], error) {
	most, err := p.most()
	if err != nil {
		return nil, err
	}
	out := &listed[T]{List[T]{Items: []T{}}}
	for i := range all {
		if p.Cursor != "" && key(&all[i]) <= p.Cursor {
			continue
		}
		if len(out.Body.Items) == most {
			out.Body.Next = new(key(&out.Body.Items[most-1]))
			break
		}
		out.Body.Items = append(out.Body.Items, all[i])
	}
	return out, nil
}

// Of is what a route of one thing is asked with.
type Of struct {
	ID string `path:"id" maxLength:"200"`
}

// Change is what a route that changes one thing is asked with.
type Change struct {
	Of
	IfMatch string `header:"If-Match" doc:"ETag of what is to be changed: 412 where it was changed since. * or none: whatever stands"`
}

// was is the revision that is to be changed.
func (c *Change) was() (uint64, error) { return revision(c.IfMatch) }

// revision reads If-Match.
func revision(s string) (uint64, error) {
	if s == "" || s == "*" {
		return store.AnyRev, nil
	}
	text, ok := strings.CutPrefix(s, `"`)
	text, closed := strings.CutSuffix(text, `"`)
	n, err := strconv.ParseUint(text, 10, 64)
	if !ok || !closed || err != nil || n == store.AnyRev { // no ETag that was ever given
		return 0, problem(http.StatusPreconditionFailed, "If-Match: that is no ETag of it")
	}
	return n, nil
}

// etag names a revision.
func etag(rev uint64) string { return `"` + strconv.FormatUint(rev, 10) + `"` }

// one is the answer with one thing.
type one[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// made is the answer with a thing that was made.
type made[T any] struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     T
}

// nothing is the answer without a body.
type nothing struct{}

// sortBy orders a list by the keys that its cursors are.
func sortBy[T any](list []T, key func(*T) string) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(key(&a), key(&b)) })
}

// number is a number as a key: as long as any other.
func number(n uint64) string { return fmt.Sprintf("%020d", n) }

// anyRev is whatever revision stands.
const anyRev = store.AnyRev

// pageBehind cuts a page out of a whole list in any order that new items come to the front of. The cursor is the key of the last one, which
// has to be there still.
func pageBehind[T any](p *Paging, all []T, key func(*T) string) (*listed[T], error) {
	most, err := p.most()
	if err != nil {
		return nil, err
	}
	if p.Cursor != "" {
		at := slices.IndexFunc(all, func(v T) bool { return key(&v) == p.Cursor })
		if at < 0 {
			return nil, query("cursor", "what it stands for is not in the list any more: begin again")
		}
		all = all[at+1:]
	}
	out := &listed[T]{List[T]{Items: []T{}}}
	if len(all) > most {
		all = all[:most]
		out.Body.Next = new(key(&all[most-1]))
	}
	out.Body.Items = append(out.Body.Items, all...)
	return out, nil
}

func parseNumber(s string) (uint64, error) { return strconv.ParseUint(s, 10, 63) }
