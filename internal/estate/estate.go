package estate

import (
	"cmp"
	"hash/maphash"
	"math"
	"net/netip"
	"slices"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/judge"
	"signet/internal/relay"
	"signet/internal/report"
)

// Source is a reading and its place in an estate.
type Source struct {
	Reading *Reading
	// Judge rates what stands of the reading: that of its site, held against a day (On).
	Judge *judge.Judge
	// Site that the run belongs to; "": none.
	Site string
	// Asked tells whether the run asked an address of which the reading says nothing. nil: that is not known, and taken for no.
	Asked func(netip.Addr) bool
	// Verified is the one endpoint that a verification asked; nil for any other run.
	Verified *Verified
}

// Verified is what a verification asked: an endpoint, of which the name does not matter, by a check.
type Verified struct {
	At    signet.Endpoint
	Check string
}

// Estate is several readings seen as one, and rated. It is not changed any more and may be shared.
//
// Of a site the newest finished run stands. Of runs that belong to no site stands, for each address, the newest finished one that
// asked it. Where sites overlap, the rule of package reconcile says for each endpoint which observation stands; what only one of
// them found is there. A verification stands for its endpoint alone, from its time on.
type Estate struct {
	checks  []check.Check
	given   []Source // of which it was made
	sources []Source // that something may stand of
	spots   []spot   // by address
	mixed   []mixed
	marks   []mark   // of spots
	rowsAt  []uint32 // the first row of each spot, and how many rows there are
	rows    []row    // of spots, by address and port
	excused []*judge.Exception
	covers  sparse   // of rows: the exception in excused, and one more
	stands  []bool   // of sources: something of it stands
	order   []uint32 // hosts among the spots, worst first
	ids     []idAt   // of hosts, by ID
	search  haystack
	sums    sums
}

// spot is what stands at an address: a host of one reading, or several mixed.
type spot struct {
	at     uint32 // in hosts of the reading, or in Estate.mixed
	source uint16
	flags  spotFlags
}

type spotFlags uint8

const (
	spotMixed  spotFlags = 1 << iota
	spotClient           // only overheard as a client
)

// mark is what a host came to.
type mark struct {
	verdict  signet.Verdict
	severity uint8 // of its worst finding, and one more; 0: there is none
	by       naming
	windows  signet.Answer
	seen     uint8 // bits of relay.Source
}

type idAt struct {
	short uint64
	spot  uint32
}

// sums are counted once.
type sums struct {
	verdicts   report.Counts
	excepted   uint64 // of the exposed endpoints
	findings   map[string]uint64
	severities report.Severities
	unasked    map[string]bool
	sites      map[string]*report.Counts
	hosts      report.Counts
	paths      *signet.Paths
	reaches    map[string][]relay.Reach // by rule
	steps      []report.Step
	since      time.Time
	until      time.Time
}

// New makes an estate of readings, in any order. checks are those of the judges. The judges may be of several policies.
func New(checks []check.Check, sources []Source) *Estate {
	e := &Estate{checks: checks, given: sources}
	var verifications []Source
	e.sources, verifications = standing(sources)
	e.gather()
	for i := range verifications {
		e.verify(&verifications[i])
	}
	e.rate()
	e.name()
	e.sort()
	e.search = e.haystack()
	return e
}

// Rerated is the estate under other judges: as New would make it of these sources, but in less time, since what stands where does not depend
// on a policy. nil: the sources are not those of the estate in all else, and New has to.
func (e *Estate) Rerated(sources []Source) *Estate {
	by := make(map[*Reading]*Source, len(sources))
	for i := range sources {
		by[sources[i].Reading] = &sources[i]
	}
	if len(by) != len(e.given) || len(sources) != len(e.given) {
		return nil
	}
	for i := range e.given {
		now := by[e.given[i].Reading]
		if now == nil || now.Site != e.given[i].Site || (now.Verified == nil) != (e.given[i].Verified == nil) {
			return nil
		}
	}
	again := *e
	again.given, again.sources, again.excused, again.covers = sources, slices.Clone(e.sources), nil, nil
	for i := range again.sources {
		again.sources[i].Judge = by[again.sources[i].Reading].Judge
	}
	again.rate()
	for i := range again.marks {
		again.marks[i].by = e.marks[i].by
	}
	again.sort()
	return &again
}

// standing picks the runs of which something may stand, those of no site the newest first, and the verifications, the oldest first.
func standing(all []Source) (runs, verifications []Source) {
	newest := map[string]int{}
	for i := range all {
		h := &all[i].Reading.Head
		switch {
		case h.Interrupted || h.Ended.IsZero():
		case all[i].Verified != nil:
			verifications = append(verifications, all[i])
		case all[i].Site == "":
			runs = append(runs, all[i])
		default:
			if n, ok := newest[all[i].Site]; !ok || !h.Started.Before(all[n].Reading.Head.Started) {
				newest[all[i].Site] = i
			}
		}
	}
	for _, i := range newest {
		runs = append(runs, all[i])
	}
	slices.SortStableFunc(runs, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), b.Reading.Head.Started.Compare(a.Reading.Head.Started), cmp.Compare(b.Reading.Head.Run, a.Reading.Head.Run))
	})
	slices.SortStableFunc(verifications, func(a, b Source) int { return a.Reading.Head.Started.Compare(b.Reading.Head.Started) })
	if len(runs) > math.MaxUint16/2 {
		runs = runs[:math.MaxUint16/2]
	}
	return runs, verifications
}

// Hosts is how many hosts there are, those left out that were only overheard as clients.
func (e *Estate) Hosts() int { return len(e.order) }

// Sites are the sites of which something stands; "" for runs that belong to none.
func (e *Estate) Sites() []string {
	var list []string
	for i := range e.sources {
		if s := e.sources[i].Site; !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

// name says by what each host is named, and finds hosts by that.
func (e *Estate) name() {
	seed := maphash.MakeSeed()
	count := make(map[uint64]uint8, len(e.spots))
	hash := func(shown string) uint64 { return maphash.String(seed, shown) }
	for i := range e.spots {
		if s := e.shown(i); s != "" && e.spots[i].flags&spotClient == 0 {
			if h := hash(s); count[h] < 2 {
				count[h]++
			}
		}
	}
	e.ids = make([]idAt, 0, len(e.spots))
	for i := range e.spots {
		if e.spots[i].flags&spotClient != 0 {
			continue
		}
		if s := e.shown(i); s != "" {
			e.marks[i].by = byShown
			if count[hash(s)] > 1 {
				e.marks[i].by = byBoth
			}
		}
		e.ids = append(e.ids, idAt{e.id(i).short(), uint32(i)})
	}
	slices.SortFunc(e.ids, func(a, b idAt) int { return cmp.Or(cmp.Compare(a.short, b.short), cmp.Compare(a.spot, b.spot)) })
}

// id names the host at a spot.
func (e *Estate) id(i int) ID {
	r, h := e.host(i)
	return hostID(e.marks[i].by, r.shown(h), h.addr())
}

// spotOf finds a host by its ID; -1: there is none.
func (e *Estate) spotOf(id ID) int {
	n, _ := slices.BinarySearchFunc(e.ids, id.short(), func(a idAt, short uint64) int { return cmp.Compare(a.short, short) })
	for ; n < len(e.ids) && e.ids[n].short == id.short(); n++ {
		if e.id(int(e.ids[n].spot)) == id {
			return int(e.ids[n].spot)
		}
	}
	return -1
}

// at finds an address; -1: nothing stands there.
func (e *Estate) at(addr netip.Addr) int {
	n, ok := slices.BinarySearchFunc(e.spots, addr, func(s spot, addr netip.Addr) int { return e.addrOf(&s).Compare(addr) })
	if !ok {
		return -1
	}
	return n
}
