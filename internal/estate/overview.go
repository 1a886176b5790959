package estate

import (
	"maps"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/report"
)

// Overview is an estate in sums: those of a summary line, where the estate is one run.
type Overview struct {
	Coverage   report.Coverage
	Verdicts   report.Counts // of endpoints where anything was there
	Excepted   uint64        // of the exposed ones: those that exceptions cover whole
	Findings   map[string]uint64
	Severities report.Severities
	Unasked    []string
	Lost       report.Lost
	Hosts      report.Counts // by their worst endpoint
	Paths      *signet.Paths
	Steps      []report.Step // what to do, in the order of every report
	Sites      []SiteSum     // by name; what belongs to no site is the first, named ""
	Since      time.Time     // the oldest observation that stands; zero where nothing does
	Until      time.Time     // the newest
}

// SiteSum is the part of an estate that is known from runs of one site.
type SiteSum struct {
	Site     string
	Run      string // the newest
	Started  time.Time
	Ended    time.Time
	Verdicts report.Counts
}

// Point is the site's place in its trend.
func (s *SiteSum) Point() report.Point {
	return report.Point{Run: s.Run, Started: s.Started, Verdicts: s.Verdicts}
}

// Point is what a run came to by itself, for a trend: verdicts are of no policy.
func (r *Reading) Point() report.Point {
	p := report.Point{Run: r.Head.Run, Started: r.Head.Started}
	for i := range r.hosts {
		for _, d := range r.doorsOf(&r.hosts[i]) {
			p.Verdicts[r.way(&d).verdict()]++
		}
	}
	return p
}

// Overview gives the sums. They were counted when the estate was made.
func (e *Estate) Overview() *Overview {
	o := &Overview{Verdicts: e.sums.verdicts, Excepted: e.sums.excepted, Findings: maps.Clone(e.sums.findings), Severities: e.sums.severities,
		Unasked: slices.Sorted(maps.Keys(e.sums.unasked)), Hosts: e.sums.hosts, Paths: e.sums.paths, Steps: e.sums.steps, Since: e.sums.since, Until: e.sums.until}
	known := map[string]bool{}
	for i := range e.sources {
		s := &e.sources[i]
		h := &s.Reading.Head
		if s.Verified == nil && e.counts(i, known) {
			c, t := &o.Coverage, &h.Coverage
			c.Addresses, c.Alive, c.Asked = c.Addresses+t.Addresses, c.Alive+t.Alive, c.Asked+t.Asked
			for k, n := range t.Outcomes {
				c.Outcomes[k] += n
			}
			o.Lost.Hosts = append(o.Lost.Hosts, h.Lost.Hosts...)
			o.Lost.More, o.Lost.Skipped, o.Lost.Faults = o.Lost.More+h.Lost.More, o.Lost.Skipped+h.Lost.Skipped, o.Lost.Faults+h.Lost.Faults
		}
		n := slices.IndexFunc(o.Sites, func(x SiteSum) bool { return x.Site == s.Site })
		if n < 0 {
			sum := SiteSum{Site: s.Site}
			if c := e.sums.sites[s.Site]; c != nil {
				sum.Verdicts = *c
			}
			o.Sites, n = append(o.Sites, sum), len(o.Sites)
		}
		if at := &o.Sites[n]; s.Verified == nil && h.Started.After(at.Started) {
			at.Run, at.Started, at.Ended = h.Run, h.Started, h.Ended
		}
	}
	slices.SortFunc(o.Sites, func(a, b SiteSum) int { return strings.Compare(a.Site, b.Site) })
	slices.SortStableFunc(o.Lost.Hosts, func(a, b report.LostHost) int { return a.Address.Compare(b.Address) })
	o.Coverage.Undetermined = o.Verdicts[signet.Undetermined]
	return o
}

// counts tells whether what a run asked counts: every site's, and of no site the newest run of the same targets and checks, as long as
// something of it stands.
func (e *Estate) counts(i int, known map[string]bool) bool {
	s := &e.sources[i]
	if s.Site != "" {
		return true
	}
	h := &s.Reading.Head
	key := strings.Join(slices.Sorted(slices.Values(h.Targets)), "\n") + "\x00" + strings.Join(slices.Sorted(slices.Values(h.Checks)), "\n")
	if known[key] {
		return false
	}
	known[key] = true
	return len(s.Reading.hosts) == 0 || e.stands[i]
}
