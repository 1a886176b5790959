package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet"
	"signet/internal/text"
)

// Header opens a run.
type Header struct {
	Run      string
	Tool     string // signet/VERSION
	Started  time.Time
	Targets  []string // as typed
	Checks   []string
	Depth    signet.Depth
	Policy   string // name/version
	Trace    bool   // write transcripts
	All      bool   // list what is guarded and what is unseen too, where a report only counts it
	Warnings []string

	// Known is what is known of a run that was made before: its end and coverage, without what judging it will say.
	Known *Summary
	// Trend is what earlier runs of the same scope came to, as they were judged then, the newest first.
	Trend []Point
}

// Counts counts endpoints or hosts by signet.Verdict.
type Counts [4]uint64

// CountsOf are counts as they were stored: a run from before there was a verdict counts none of it.
func CountsOf(list []uint64) (c Counts) {
	copy(c[:], list)
	return c
}

// Severities counts findings by signet.Severity.
type Severities [signet.Critical + 1]uint64

// Words says how many findings there are of each severity, the worst first; word writes a severity.
func (s *Severities) Words(word func(signet.Severity) string) string {
	var parts []string
	for v := signet.Critical; ; v-- {
		if n := s[v]; n > 0 {
			parts = append(parts, strconv.FormatUint(n, 10)+" "+word(v))
		}
		if v == signet.Info {
			break
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Total is the sum of all.
func (c *Counts) Total() (n uint64) {
	for _, m := range c {
		n += m
	}
	return n
}

// Point is an earlier run in a trend.
type Point struct {
	Run      string
	Started  time.Time
	Verdicts Counts
}

// Line is one endpoint, observed and judged.
type Line struct {
	*signet.Observation
	signet.Judgement
	// Disagreements are sentences on what other sources say of the endpoint, where that is something else.
	Disagreements []string
}

// Who names the host behind a line as its own answers do, or else as the user did; clean, and empty where neither does.
func (l *Line) Who() string {
	if n, ok := l.Facts.(interface{ HostName() string }); ok {
		if s := n.HostName(); s != "" {
			return text.Clean(s)
		}
	}
	return text.Clean(l.Name)
}

// Summary closes a run.
type Summary struct {
	Ended       time.Time
	Interrupted bool
	Coverage    Coverage
	Verdicts    Counts // of endpoints where anything was there
	Excepted    uint64 // of the exposed ones: those of which exceptions cover all that would have to be fixed
	Findings    map[string]uint64
	Severities  Severities
	Lost        Lost     // what is missing for reasons of ours
	Unasked     []string // what was left out of at least one endpoint, by name
}

// Coverage says how much of what was asked was answered.
type Coverage struct {
	Addresses    uint64
	Alive        uint64
	Asked        uint64
	Undetermined uint64
	Outcomes     [8]uint64 // by signet.Outcome
}

// Tally counts what a run came to.
type Tally struct {
	Verdicts   Counts
	Excepted   uint64 // as Summary has it
	Findings   map[string]uint64
	Severities Severities

	unasked map[string]bool
	lost    lost
}

// Count adds one line to every sum.
func (t *Tally) Count(l *Line) {
	t.lost.note(l)
	if !l.Reached() {
		return
	}
	t.Verdicts[l.Verdict]++
	if l.Verdict == signet.Exposed && l.Accepted {
		t.Excepted++
	}
	if t.Findings == nil {
		t.Findings, t.unasked = map[string]uint64{}, map[string]bool{}
	}
	for _, question := range l.Unasked {
		t.unasked[question] = true
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		t.Findings[f.Rule]++
		t.Severities[min(f.Severity, signet.Critical)]++
	}
}

// found tells whether a finding at or above a severity stands.
func (t *Tally) found(least signet.Severity) bool {
	for _, n := range t.Severities[min(least, signet.Critical):] {
		if n > 0 {
			return true
		}
	}
	return false
}

// Unasked lists what was left out of at least one endpoint, by name.
func (t *Tally) Unasked() []string { return slices.Sorted(maps.Keys(t.unasked)) }

// Exit is the contract's exit code of a run that went to its end: 1 where Signet or this machine failed at an endpoint, 3 for a
// finding at or above the threshold, 4 for none but an endpoint that answered and stayed undetermined or was skipped, else 0.
// Without a threshold it is 1 where hosts are missing whole for reasons of ours, else 0.
func (t *Tally) Exit(failOn signet.Severity, on bool) int {
	lost := t.Lost()
	switch {
	case lost.Faults > 0, !on && lost.Whole() > 0:
		return 1
	case !on:
		return 0
	case t.found(failOn):
		return 3
	case t.Verdicts[signet.Undetermined] > 0, lost.Skipped > 0:
		return 4
	}
	return 0
}
