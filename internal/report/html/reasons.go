package html

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet/internal/text"
)

// reasons counts texts. Of a run in which every endpoint has a reason of its own it keeps the first.
type reasons struct {
	by     map[string]*reasonSum
	others uint64 // endpoints with a reason that is not kept
}

// How many reasons are told apart, and how many of them a page shows.
const (
	mostDistinct = 2000
	mostReasons  = 12
)

type reasonSum struct {
	n      uint64
	sample []place
}

// reasonRow is a reason as the page shows it.
type reasonRow struct {
	Text, Count string
	Sample      []place
}

// place is an endpoint, and what is said beside it: the name of its host, or that there are more.
type place struct{ At, Who string }

// count adds an endpoint to a reason.
func (r *reasons) count(text string, h *host, e *endpoint) {
	s := r.by[text]
	if s == nil {
		if len(r.by) == mostDistinct {
			r.others++
			return
		}
		if r.by == nil {
			r.by = map[string]*reasonSum{}
		}
		s = &reasonSum{}
		r.by[text] = s
	}
	s.n++
	if len(s.sample) < 3 {
		s.sample = append(s.sample, place{At: netip.AddrPortFrom(h.addr, e.port).String()})
	}
}

// top lists the most common ones, and says what is left.
func (r *reasons) top() (rows []reasonRow, left string) {
	texts := slices.SortedFunc(maps.Keys(r.by), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.by[b].n, r.by[a].n), strings.Compare(a, b))
	})
	rest := r.others
	for i, t := range texts {
		s := r.by[t]
		if i >= mostReasons {
			rest += s.n
			continue
		}
		sample := s.sample
		if s.n > uint64(len(sample)) {
			sample = append(slices.Clone(sample), place{Who: "…"})
		}
		rows = append(rows, reasonRow{text.Cut(t, 400), text.Grouped(s.n), sample})
	}
	if rest > 0 {
		left = fmt.Sprintf("… and %s with other reasons: -o csv has them all.", text.CountGrouped(rest, "endpoint", "endpoints"))
	}
	return rows, left
}
