package estate

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
)

func (e *Estate) hostOf(f found) *host     { return &e.sources[f.source].Reading.hosts[f.at] }
func (e *Estate) traitOf(f found) *trait   { return e.sources[f.source].Reading.trait(e.hostOf(f)) }
func (e *Estate) doorOf(f foundDoor) *door { return &e.sources[f.source].Reading.doors[f.door] }
func (e *Estate) wayOf(f foundDoor) *way   { return e.sources[f.source].Reading.way(e.doorOf(f)) }

func (e *Estate) endpointOf(f foundDoor) signet.Endpoint {
	return e.sources[f.source].Reading.endpoint(e.hostOf(f.found), e.doorOf(f))
}

func (e *Estate) checkOf(f foundDoor) string {
	r := e.sources[f.source].Reading
	return r.word(r.kind(e.doorOf(f)).check)
}

func (e *Estate) observedOf(f foundDoor) time.Time {
	return e.sources[f.source].Reading.observed(e.doorOf(f))
}

// first is the host that says who lives at a spot.
func (e *Estate) first(s *spot) found {
	if s.flags&spotMixed != 0 {
		return e.mixed[s.at].hosts[0]
	}
	return found{s.source, s.at}
}

func (e *Estate) addrOf(s *spot) netip.Addr { return e.hostOf(e.first(s)).addr() }

// host is who lives at a spot, and the reading that says so.
func (e *Estate) host(i int) (*Reading, *host) {
	f := e.first(&e.spots[i])
	return e.sources[f.source].Reading, e.hostOf(f)
}

func (e *Estate) shown(i int) string {
	r, h := e.host(i)
	return r.shown(h)
}

// hostsAt are all readings of a spot.
func (e *Estate) hostsAt(i int) iter.Seq[found] {
	return func(yield func(found) bool) {
		s := &e.spots[i]
		if s.flags&spotMixed == 0 {
			yield(found{s.source, s.at})
			return
		}
		for _, f := range e.mixed[s.at].hosts {
			if !yield(f) {
				return
			}
		}
	}
}

// anyAt tells whether something is so of any reading of a spot.
func (e *Estate) anyAt(i int, is func(found) bool) bool {
	for f := range e.hostsAt(i) {
		if is(f) {
			return true
		}
	}
	return false
}

// doors goes through the endpoints of a spot, by port.
func (e *Estate) doors(i int, yield func(foundDoor)) {
	s := &e.spots[i]
	if s.flags&spotMixed != 0 {
		for _, d := range e.mixed[s.at].doors {
			yield(d)
		}
		return
	}
	f := found{s.source, s.at}
	h := e.hostOf(f)
	for d := range h.nDoors {
		yield(foundDoor{f, h.doors + d})
	}
}

// breaches goes through what an endpoint breaks, by index in its reading.
func (e *Estate) breaches(f foundDoor, yield func(at uint32, b *breach)) {
	r, h := e.sources[f.source].Reading, e.hostOf(f.found)
	for k := h.breaches; k < h.breaches+h.nBreach; k++ {
		if b := &r.breaches[k]; b.door == f.door {
			yield(k, b)
		}
	}
}

// roles are the certain roles of a host, as any of its readings has them.
func (e *Estate) roles(i int) []string {
	var list []string
	for f := range e.hostsAt(i) {
		r := e.sources[f.source].Reading
		for _, role := range certain(r.word(e.traitOf(f).roles)) {
			if !slices.Contains(list, role) {
				list = append(list, role)
			}
		}
	}
	return list
}

// placeNames are the names that policies know a host by.
func (e *Estate) placeNames(i int) []string {
	var list []string
	for f := range e.hostsAt(i) {
		list = e.sources[f.source].Reading.placeNames(e.hostOf(f), list)
	}
	return list
}

// title is what a host is called, "" where nothing named it.
func (e *Estate) title(i int) string {
	for f := range e.hostsAt(i) {
		if s := e.sources[f.source].Reading.word(e.hostOf(f).name); s != "" {
			return s
		}
	}
	return ""
}

// windows tells what a host runs, and seen which classes of client it was seen to be.
func (e *Estate) windows(i int) (w signet.Answer, seen uint8) {
	for f := range e.hostsAt(i) {
		h := e.hostOf(f)
		if w == signet.NotKnown {
			w = h.windows()
		}
		seen |= h.seen
	}
	return w, seen
}

// sitesAt are the sites that speak of a spot.
func (e *Estate) sitesAt(i int) []string {
	var list []string
	for f := range e.hostsAt(i) {
		if s := e.sources[f.source].Site; !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// sentences takes apart what a breach is because of.
func sentences(s string) []string {
	if s == "" {
		return []string{}
	}
	return strings.Split(s, "\n")
}
