package line

import (
	"encoding/json"
	"time"

	"signet"
	"signet/internal/text"
)

// Run is what a run line says. A report's says the first eight fields and Warnings, an export's all of them.
type Run struct {
	Schema  string       `json:"schema"`
	ID      string       `json:"run"`
	Tool    string       `json:"tool"`
	Started time.Time    `json:"started"`
	Ended   time.Time    `json:"ended,omitzero"` // zero: it did not come to an end
	Targets []string     `json:"targets"`        // as typed
	Checks  []string     `json:"checks"`
	Depth   signet.Depth `json:"depth"`
	Policy  string       `json:"policy"` // name/version

	Interrupted bool     `json:"interrupted,omitempty"`
	Failed      string   `json:"failed,omitempty"` // why it came to nothing
	Warnings    []string `json:"warnings,omitempty"`
	Unresolved  int      `json:"unresolved,omitempty"` // targets without an address
	Seed        uint64   `json:"seed"`
	Scope       string   `json:"scope"` // fingerprint of what was to be asked
	// Flags is what the run was begun with: an object that is not looked into.
	Flags json.RawMessage `json:"flags,omitempty"`

	Progress     Progress `json:"progress"`
	Observations uint64   `json:"observations"`
	Verdicts     []uint64 `json:"verdicts,omitempty"` // endpoints by signet.Verdict, as they were judged then

	Imported  time.Time `json:"imported,omitzero"`
	Importing bool      `json:"importing,omitempty"`
}

// Progress is how far a stored run is.
type Progress struct {
	Low      uint64   `json:"low"`
	Finished []uint64 `json:"finished,omitempty"`

	Addresses uint64    `json:"addresses"`
	Alive     uint64    `json:"alive"`
	Asked     uint64    `json:"endpoints_asked"`
	Outcomes  [8]uint64 `json:"outcomes"` // by signet.Outcome
}

// AppendRun appends the run line of a report, whose times are rounded down to the millisecond.
func AppendRun(b []byte, r *Run) []byte {
	b = appendText(b, `{"kind":"run","schema":"`+Schema+`","run":`, r.ID)
	b = appendText(b, `,"tool":`, r.Tool)
	b = appendTime(b, `,"started":`, r.Started)
	b = appendStrings(b, `,"targets":`, r.Targets)
	b = appendStrings(b, `,"checks":`, r.Checks)
	b = appendWord(b, `,"depth":`, r.Depth.String())
	b = appendText(b, `,"policy":`, r.Policy)
	if len(r.Warnings) > 0 {
		b = appendStrings(b, `,"warnings":`, r.Warnings)
	}
	return append(b, '}')
}

// AppendStoredRun appends the run line of an export. Its schema is Schema, whatever r says.
func AppendStoredRun(b []byte, r *Run) []byte {
	stored := *r
	stored.Schema = Schema
	return text.AppendJSON(b, struct {
		Kind string `json:"kind"`
		*Run
	}{kindRun, &stored})
}

// AppendListedRun appends a run line of a list of runs. state is a word for how the run stands.
func AppendListedRun(b []byte, r *Run, state string) []byte {
	return text.AppendJSON(b, struct {
		Kind         string       `json:"kind"`
		Schema       string       `json:"schema"`
		Run          string       `json:"run"`
		Tool         string       `json:"tool"`
		Started      time.Time    `json:"started"`
		Ended        time.Time    `json:"ended,omitzero"`
		Targets      []string     `json:"targets"`
		Checks       []string     `json:"checks"`
		Depth        signet.Depth `json:"depth"`
		Policy       string       `json:"policy"`
		State        string       `json:"state"`
		Interrupted  bool         `json:"interrupted,omitempty"`
		Failed       string       `json:"failed,omitempty"`
		Imported     time.Time    `json:"imported,omitzero"`
		Warnings     []string     `json:"warnings,omitempty"`
		Seed         uint64       `json:"seed"`
		Addresses    uint64       `json:"addresses"`
		Asked        uint64       `json:"endpoints_asked"`
		Observations uint64       `json:"observations"`
	}{
		kindRun, Schema, r.ID, r.Tool, r.Started, r.Ended, r.Targets, r.Checks, r.Depth, r.Policy, state, r.Interrupted, r.Failed, r.Imported,
		r.Warnings, r.Seed, r.Progress.Addresses, r.Progress.Asked, r.Observations,
	})
}
