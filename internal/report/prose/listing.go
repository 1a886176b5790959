package prose

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
)

// mostKept is how many reasons survive when there are too many to tell apart: the commonest so far.
const mostKept = 2048

// entry is one endpoint in a list.
type entry struct {
	at      signet.Endpoint
	who     string // a name for people
	because string
}

// listing is a list of endpoints of which a text shows the first ones under their commonest reasons. It counts them all and
// keeps what may be shown, so that it does not grow with the run.
type listing struct {
	total   int
	reasons map[string]*reason
}

// reason is one reason, how many endpoints have it, and the first of them.
type reason struct {
	text  string
	total int
	first []entry // by address
}

// file puts an entry under a reason. It keeps the first ones by address, at most so many, and tells whether this is one of them.
func (l *listing) file(e entry, text string, most int) (kept bool) {
	l.total++
	r := l.reasons[text]
	if r == nil {
		if l.reasons == nil {
			l.reasons = map[string]*reason{}
		}
		if len(l.reasons) == 2*mostKept {
			for _, rare := range l.sorted()[mostKept:] {
				delete(l.reasons, rare.text)
			}
		}
		r = &reason{text: text}
		l.reasons[text] = r
	}
	r.total++
	at, _ := slices.BinarySearchFunc(r.first, e, byAddress)
	if at == most {
		return false
	}
	if len(r.first) == most {
		r.first = r.first[:most-1]
	}
	r.first = slices.Insert(r.first, at, e)
	return true
}

// sorted returns the reasons, the commonest first.
func (l *listing) sorted() []*reason {
	return slices.SortedFunc(maps.Values(l.reasons), func(a, b *reason) int {
		return cmp.Or(b.total-a.total, byAddress(a.first[0], b.first[0]))
	})
}

// name gives entries the names that are known of their hosts.
func (l *listing) name(names map[netip.Addr]string) {
	for _, r := range l.reasons {
		for i := range r.first {
			if n := names[r.first[i].at.Addr]; n != "" {
				r.first[i].who = n
			}
		}
	}
}

func byAddress(a, b entry) int {
	return cmp.Or(a.at.Addr.Compare(b.at.Addr), cmp.Compare(a.at.Port, b.at.Port), strings.Compare(a.because, b.because))
}
