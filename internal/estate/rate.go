package estate

import (
	"cmp"
	"slices"
	"strings"

	"signet"
	"signet/internal/judge"
	"signet/internal/relay"
	"signet/internal/report"
)

// row is a breach that stands, under the policy of its site.
type row struct {
	spot     uint32
	breach   uint32 // in Reading.breaches
	source   uint16
	severity signet.Severity
	flags    rowFlags
}

type rowFlags uint8

const (
	rowExcepted rowFlags = 1 << iota
	rowExpired           // its exception holds no more
	rowWay               // it opens a way for relayed NTLM
)

// rate rates all that is broken, and counts.
func (e *Estate) rate() {
	e.sums = sums{findings: map[string]uint64{}, unasked: map[string]bool{}, sites: map[string]*report.Counts{}}
	paths, steps := relay.New(e.checks), report.NewSteps(report.NewRulebook(e.checks))
	e.stands = make([]bool, len(e.sources))
	e.marks = make([]mark, len(e.spots))
	e.rowsAt = make([]uint32, 0, len(e.spots)+1)
	broken := 0
	for i := range e.sources {
		broken += len(e.sources[i].Reading.breaches)
	}
	e.rows = make([]row, 0, broken)
	notes := make([]map[uint16]bool, len(e.sources))
	for i := range notes {
		notes[i] = map[uint16]bool{}
	}
	r := rater{e: e, excused: map[*judge.Exception]uint32{}, tell: slices.ContainsFunc(e.sources, func(s Source) bool { return s.Judge.TellsHosts() }), steps: steps, known: make([]map[uint32]*ruled, len(e.sources))}
	for s := range r.known {
		r.known[s] = map[uint32]*ruled{}
	}
	for i := range e.spots {
		e.rowsAt = append(e.rowsAt, uint32(len(e.rows)))
		r.begin(i)
		for f := range e.hostsAt(i) {
			e.stands[f.source] = true
		}
		e.doors(i, func(f foundDoor) {
			r.door(f)
			if n := e.wayOf(f).note; n != 0 {
				notes[f.source][n] = true
			}
		})
		e.marks[i].verdict = r.verdict
		r.include(paths)
		if e.spots[i].flags&spotClient == 0 {
			e.sums.hosts[r.verdict]++
		}
	}
	for _, rules := range r.known {
		for _, k := range rules {
			if k.findings > 0 {
				e.sums.findings[k.rule] += k.findings
			}
		}
	}
	e.rowsAt, e.rows = append(e.rowsAt, uint32(len(e.rows))), tight(e.rows)
	e.sums.paths = paths.Summary()
	steps.Weigh(e.sums.paths)
	e.sums.steps = steps.Sorted()
	e.sums.reaches = map[string][]relay.Reach{}
	for _, f := range e.sums.paths.Fixes {
		e.sums.reaches[f.Finding] = paths.Reaches(f.Finding)
	}
	for s, list := range notes {
		for n := range list {
			r := e.sources[s].Reading
			for _, w := range strings.Fields(r.word(r.notes[n].unasked)) {
				e.sums.unasked[w] = true
			}
		}
	}
}

// rater rates hosts, one after another.
type rater struct {
	e       *Estate
	excused map[*judge.Exception]uint32
	here    sparse // of breaches of an endpoint: as Estate.covers
	tell    bool   // a policy tells hosts apart
	steps   *report.Steps
	known   []map[uint32]*ruled // of sources: by text of the rule

	i       int // of the host
	begun   bool
	roles   []string
	at      judge.Place
	verdict signet.Verdict

	// Room that is used again.
	line    report.Line
	reached signet.Observation // of line
	host    signet.Host
	sources []relay.Source
	of      []int
}

// ruled is what is known of a rule under the policy of a site.
type ruled struct {
	rule     string
	title    string
	alike    bool // the policy rates it so wherever it is broken
	rated    judge.Rated
	findings uint64
}

func (r *rater) begin(i int) {
	r.i, r.begun, r.verdict = i, false, signet.Unseen
	r.roles, r.at = nil, judge.Place{}
}

// ruled is a rule as the policy of a source has it.
func (r *rater) ruled(source uint16, text uint32) *ruled {
	k := r.known[source][text]
	if k == nil {
		src := &r.e.sources[source]
		k = &ruled{rule: src.Reading.word(text)}
		k.title = src.Judge.Title(k.rule)
		k.rated, k.alike = src.Judge.RateAnywhere(k.rule)
		r.known[source][text] = k
	}
	return k
}

// door rates one endpoint.
func (r *rater) door(f foundDoor) {
	e, d := r.e, r.e.doorOf(f)
	src := &e.sources[f.source]
	v := src.Reading.way(d).verdict()
	r.verdict = r.verdict.Worse(v)
	e.sums.verdicts[v]++
	site := e.sums.sites[src.Site]
	if site == nil {
		site = &report.Counts{}
		e.sums.sites[src.Site] = site
	}
	site[v]++
	observed := src.Reading.observed(d)
	if e.sums.since.IsZero() || observed.Before(e.sums.since) {
		e.sums.since = observed
	}
	if observed.After(e.sums.until) {
		e.sums.until = observed
	}
	r.line.Judgement.Findings = r.line.Judgement.Findings[:0]
	accepted, left, first := false, false, len(e.rows)
	e.breaches(f, func(at uint32, b *breach) {
		k := r.ruled(f.source, src.Reading.flaw(b).rule)
		rated := k.rated
		if !k.alike && !r.begun {
			r.begun = true
			r.at.Addr = e.hostOf(f.found).addr()
			if r.tell {
				r.roles, r.at.Names = e.roles(r.i), e.placeNames(r.i)
			}
		}
		if !k.alike {
			rated = src.Judge.Rate(k.rule, r.roles, r.at, observed)
		}
		left = left || src.Judge.Leaves(k.rule, &rated)
		if !rated.On {
			return
		}
		one := row{spot: uint32(r.i), breach: at, source: f.source, severity: rated.Severity}
		if x := rated.Exception; x != nil {
			if r.excused[x] == 0 {
				e.excused = append(e.excused, x)
				r.excused[x] = uint32(len(e.excused))
			}
			r.here.put(at, r.excused[x])
			if rated.Expired {
				one.flags |= rowExpired
			} else {
				one.flags |= rowExcepted
				accepted = true
			}
		}
		if one.flags&rowExcepted == 0 {
			k.findings++
			e.sums.severities[min(rated.Severity, signet.Critical)]++
			r.line.Judgement.Findings = append(r.line.Judgement.Findings, signet.Finding{Rule: k.rule, Severity: rated.Severity, Title: k.title})
			m := &e.marks[r.i]
			m.severity = max(m.severity, uint8(rated.Severity)+1)
		}
		e.rows = append(e.rows, one)
	})
	if len(r.line.Judgement.Findings) > 0 {
		r.reached.Open = true
		r.line.Observation, r.line.Verdict = &r.reached, v
		r.steps.Note(&r.line)
	}
	if v == signet.Exposed && accepted && !left {
		e.sums.excepted++
	}
	slices.SortStableFunc(e.rows[first:], func(a, b row) int { return cmp.Compare(b.severity, a.severity) })
	if len(r.here) > 0 {
		for k := first; k < len(e.rows); k++ {
			e.covers.put(uint32(k), r.here.of(e.rows[k].breach))
		}
		r.here = r.here[:0]
	}
}

// include counts a host in the paths.
func (r *rater) include(paths *relay.Estate) {
	e, h := r.e, &r.host
	m := &e.marks[r.i]
	m.windows, m.seen = e.windows(r.i)
	h.Address, h.Windows = e.addrOf(&e.spots[r.i]), m.windows
	h.Endpoints, h.Findings, r.sources, r.of = h.Endpoints[:0], h.Findings[:0], r.sources[:0], r.of[:0]
	for s := relay.Source(0); m.seen>>s != 0; s++ {
		if m.seen&(1<<s) != 0 {
			r.sources = append(r.sources, s)
		}
	}
	rows := e.rows[e.rowsAt[r.i]:]
	if len(rows) > 0 {
		e.doors(r.i, func(f foundDoor) { h.Endpoints = append(h.Endpoints, e.hostEndpoint(f)) })
	}
	for k := range rows {
		if rows[k].flags&rowExcepted == 0 {
			h.Findings = append(h.Findings, e.hostFinding(&rows[k]))
			r.of = append(r.of, k)
		}
	}
	for _, k := range paths.Include(h, r.sources...) {
		rows[r.of[k]].flags |= rowWay
	}
}

func (e *Estate) hostEndpoint(f foundDoor) signet.HostEndpoint {
	w, at := e.wayOf(f), e.endpointOf(f)
	return signet.HostEndpoint{Port: at.Port, Transport: at.Transport.String(), Check: e.checkOf(f), Outcome: w.outcome(), Verdict: w.verdict()}
}

func (e *Estate) hostFinding(w *row) signet.HostFinding {
	r := e.sources[w.source].Reading
	b := &r.breaches[w.breach]
	d, x := &r.doors[b.door], r.flaw(b)
	return signet.HostFinding{Rule: r.word(x.rule), Severity: w.severity, Check: r.word(r.kind(d).check), Port: r.way(d).port, Where: r.word(x.where)}
}
