package report

import (
	"cmp"
	"slices"
)

// shelf keeps the hosts at most risk that may fit on the page, and the evidence that may.
type shelf struct {
	room  int // bytes of the page
	hosts []*htmlHost
	size  int       // that the hosts take at least
	proof int       // bytes of evidence
	worst *htmlHost // set once there was no room for it: nothing milder gets any
}

// risk orders hosts by verdict, then by severity.
func (h *htmlHost) risk() int { return -10*h.verdict().Rank() + int(h.severity()) }

// before orders hosts by risk, then by address.
func (h *htmlHost) before(o *htmlHost) int {
	return cmp.Or(cmp.Compare(o.rank, h.rank), h.addr.Compare(o.addr))
}

// add keeps a host if it may fit.
func (s *shelf) add(h *htmlHost) {
	h.rank = h.risk()
	if s.worst != nil && s.worst.before(h) <= 0 {
		return
	}
	s.hosts = append(s.hosts, h)
	s.size += h.least()
	s.proof += h.proof()
	if s.size > s.room*3/2 || s.proof > s.room {
		s.sorted()
	}
}

// sorted gives the hosts that may fit in order, and forgets the others.
func (s *shelf) sorted() []*htmlHost {
	slices.SortFunc(s.hosts, (*htmlHost).before)
	s.size, s.proof = 0, 0
	for i, h := range s.hosts {
		if s.size += h.least(); s.size > s.room {
			s.worst = h
			clear(s.hosts[i:])
			s.hosts = s.hosts[:i]
			break
		}
		if s.proof += h.proof(); s.proof > s.room/proofShare {
			for j := range h.ends {
				h.ends[j].trace = nil
			}
		}
	}
	return s.hosts
}

// proofShare is the part of the page that evidence may take: one in this many bytes.
const proofShare = 3

// least is less than what a host takes on the page: its texts may be there already.
func (h *htmlHost) least() int {
	n := 30 + 2*len(h.roles)
	for i := range h.ends {
		e := &h.ends[i]
		n += 14 + 2*len(e.because)
		for j := range e.findings {
			n += 10 + 2*len(e.findings[j].because)
		}
	}
	return n
}

// proof is how many bytes of evidence a host has.
func (h *htmlHost) proof() int {
	n := 0
	for i := range h.ends {
		for _, x := range h.ends[i].trace {
			n += len(x.sent) + len(x.received)
		}
	}
	return n
}
