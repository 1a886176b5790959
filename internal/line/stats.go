package line

import (
	"net/netip"
	"time"

	"signet"
	"signet/internal/text"
)

// Stats is what a line of `--stats` says: counters of a run under way. All but InFlight and FollowUps only grow.
type Stats struct {
	Run     string
	At      time.Time
	Elapsed time.Duration
	Total   uint64 // addresses to visit

	Addresses, Alive, Asked uint64    // visited, alive, endpoints asked
	Outcomes                [8]uint64 // by signet.Outcome
	Findings                uint64
	Connections, SYNs       uint64
	InFlight, FollowUps     uint64
	Heap                    uint64 // bytes
}

// AppendStats appends a line of `--stats`.
func AppendStats(b []byte, s *Stats) []byte {
	b = appendText(b, `{"kind":"stats","run":`, s.Run)
	b = appendTime(b, `,"at":`, s.At)
	b = appendCount(b, `,"elapsed_ms":`, uint64(max(0, s.Elapsed.Milliseconds())))
	b = appendCount(b, `,"total":`, s.Total)
	b = appendCount(b, `,"addresses":`, s.Addresses)
	b = appendCount(b, `,"alive":`, s.Alive)
	b = appendCount(b, `,"endpoints_asked":`, s.Asked)
	for _, o := range signet.Outcomes() {
		b = append(append(append(b, `,"`...), o.String()...), '"')
		b = appendCount(b, ":", s.Outcomes[o])
	}
	b = appendCount(b, `,"findings":`, s.Findings)
	b = appendCount(b, `,"connections":`, s.Connections)
	b = appendCount(b, `,"syns":`, s.SYNs)
	b = appendCount(b, `,"in_flight":`, s.InFlight)
	b = appendCount(b, `,"follow_ups":`, s.FollowUps)
	return append(appendCount(b, `,"heap_bytes":`, s.Heap), '}')
}

// Impact is what a line of `signet impact` says: whether fixing a rule at a host locks somebody out.
type Impact struct {
	Run     string     `json:"run"`
	Rule    string     `json:"rule"`
	Address netip.Addr `json:"address"`
	Name    string     `json:"name,omitempty"`
	Impact  string     `json:"impact"` // the word for how the host stands
	Because string     `json:"because"`
}

// AppendImpact appends a line of `signet impact`.
func AppendImpact(b []byte, i *Impact) []byte {
	return text.AppendJSON(b, struct {
		Kind string `json:"kind"`
		*Impact
	}{"impact", i})
}
