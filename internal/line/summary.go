package line

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"time"

	"signet"
	"signet/internal/text"
)

// Summary is what a summary line says. A report's says all but Observations; an export's says Observations alone.
type Summary struct {
	Run         string            `json:"run"`
	Ended       time.Time         `json:"ended"`
	Interrupted bool              `json:"interrupted"`
	Coverage    *Coverage         `json:"coverage"` // nil where the line does not say it
	Verdicts    Verdicts          `json:"verdicts"`
	Findings    map[string]uint64 `json:"findings"` // by rule
	Unasked     []string          `json:"unasked"`  // what was left out of at least one endpoint
	Lost        []LostHost        `json:"lost"`

	Observations uint64 `json:"observations"` // endpoint lines of the export
}

// Coverage says how much of what was asked was answered.
type Coverage struct {
	Addresses    uint64
	Alive        uint64
	Asked        uint64 // endpoints
	Undetermined uint64
	Outcomes     [8]uint64 // by signet.Outcome
}

// UnmarshalJSON reads the counts by their words. Those of another version are ignored.
func (c *Coverage) UnmarshalJSON(b []byte) error {
	var counts map[string]uint64
	if err := json.Unmarshal(b, &counts); err != nil {
		return err
	}
	*c = Coverage{Addresses: counts["addresses"], Alive: counts["alive"], Asked: counts["endpoints_asked"], Undetermined: counts["undetermined"]}
	for _, o := range signet.Outcomes() {
		c.Outcomes[o] = counts[o.String()]
	}
	return nil
}

// Verdicts counts endpoints by signet.Verdict.
type Verdicts [4]uint64

// UnmarshalJSON reads the counts by their words. Those of another version are ignored.
func (v *Verdicts) UnmarshalJSON(b []byte) error {
	var counts map[string]uint64
	if err := json.Unmarshal(b, &counts); err != nil {
		return err
	}
	for _, verdict := range signet.Verdicts() {
		v[verdict] = counts[verdict.String()]
	}
	return nil
}

// LostHost is a host of which something is missing from the run for a reason of ours.
type LostHost struct {
	Address   netip.Addr `json:"address"`
	Name      string     `json:"name"`
	Endpoints int        `json:"endpoints"` // how many are missing
	Whole     bool       `json:"whole"`     // nothing else of the host is in the run
	Fault     bool       `json:"fault"`     // Signet or this machine failed at one of them; else they were left out
	Because   string     `json:"because"`
}

// AppendSummary appends the summary line of a report.
func AppendSummary(b []byte, s *Summary) []byte {
	b = appendText(b, `{"kind":"summary","run":`, s.Run)
	b = appendTime(b, `,"ended":`, s.Ended)
	if s.Interrupted {
		b = append(b, `,"interrupted":true`...)
	}
	c := s.Coverage
	if c == nil {
		c = &Coverage{}
	}
	b = appendCount(b, `,"coverage":{"addresses":`, c.Addresses)
	b = appendCount(b, `,"alive":`, c.Alive)
	b = appendCount(b, `,"endpoints_asked":`, c.Asked)
	b = appendCount(b, `,"undetermined":`, c.Undetermined)
	for _, o := range signet.Outcomes() {
		b = appendCount(b, `,"`+o.String()+`":`, c.Outcomes[o])
	}
	b = append(b, `},"verdicts":{`...)
	for i, v := range []signet.Verdict{signet.Exposed, signet.Guarded, signet.Unseen, signet.Undetermined} {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCount(b, `"`+v.String()+`":`, s.Verdicts[v])
	}
	b = append(b, `},"findings":{`...)
	for i, rule := range slices.Sorted(maps.Keys(s.Findings)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCount(text.AppendJSONString(b, rule), ":", s.Findings[rule])
	}
	b = append(b, '}')
	if len(s.Unasked) > 0 {
		b = appendStrings(b, `,"unasked":`, s.Unasked)
	}
	if len(s.Lost) > 0 {
		b = append(b, `,"lost":[`...)
		for i := range s.Lost {
			b = appendLost(append(b, object(i, "")...), &s.Lost[i])
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendLost appends the members of a lost host and ends the object.
func appendLost(b []byte, h *LostHost) []byte {
	b = appendAddr(b, `"address":`, h.Address)
	if h.Name != "" {
		b = appendText(b, `,"name":`, h.Name)
	}
	b = appendCount(b, `,"endpoints":`, uint64(h.Endpoints))
	b = appendBool(b, `,"whole":`, h.Whole)
	b = appendBool(b, `,"fault":`, h.Fault)
	return append(appendText(b, `,"because":`, h.Because), '}')
}

// AppendStoredSummary appends the summary line of an export, which counts its endpoint lines.
func AppendStoredSummary(b []byte, run string, observations uint64) []byte {
	b = appendText(b, `{"kind":"summary","run":`, run)
	return append(appendCount(b, `,"observations":`, observations), '}')
}
