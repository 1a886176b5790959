package html

import (
	"slices"
)

// budget keeps the hosts at most risk that may fit on the page, and the evidence that may.
//
// Six megabytes is what a browser opens at once and a mail takes; the page itself, its advice and its lists need less than half
// of one.
type budget struct {
	room  int // bytes of the page
	hosts []*host
	size  int   // that the hosts take at least
	proof int   // bytes of evidence
	worst *host // set once there was no room for it: nothing milder gets any
}

// keep takes a host if it may fit.
func (b *budget) keep(h *host) {
	h.rank = h.risk()
	if b.worst != nil && b.worst.before(h) <= 0 {
		return
	}
	b.hosts = append(b.hosts, h)
	b.size += h.least()
	b.proof += h.proof()
	if b.size > b.room*3/2 || b.proof > b.room {
		b.sorted()
	}
}

// pageRoom is how many bytes the data of hosts may take.
const pageRoom = 5_400_000

// sorted gives the hosts that may fit in order, and forgets the others.
func (b *budget) sorted() []*host {
	slices.SortFunc(b.hosts, (*host).before)
	b.size, b.proof = 0, 0
	for i, h := range b.hosts {
		if b.size += h.least(); b.size > b.room {
			b.worst = h
			clear(b.hosts[i:])
			b.hosts = b.hosts[:i]
			break
		}
		if b.proof += h.proof(); b.proof > b.room/proofShare {
			for j := range h.ends {
				h.ends[j].trace = nil
			}
		}
	}
	return b.hosts
}

// proofShare is the part of the page that evidence may take: one in this many bytes.
const proofShare = 3
