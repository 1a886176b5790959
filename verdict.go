package signet

import "slices"

// Verdict is what is thought of an endpoint under what was asked of it. The zero value is the one that claims least.
type Verdict uint8

const (
	Undetermined Verdict = iota // we could not tell, and Because says why
	Guarded                     // a relay of NTLM is not possible, and we saw the guard
	Exposed                     // a relay of NTLM from at least one kind of client is possible
	Unseen                      // it answered all that was asked and asked for no logon; neither NTLM nor a guard was seen
)

func verdictWords() []string { return []string{"undetermined", "guarded", "exposed", "unseen"} }

// Verdicts lists every verdict, worst first: the order in which reports name them.
func Verdicts() []Verdict { return []Verdict{Exposed, Undetermined, Guarded, Unseen} }

// Rank orders verdicts by how bad they are: 0 is the worst.
func (v Verdict) Rank() int { return slices.Index(Verdicts(), v.Worse(v)) }

func (v Verdict) String() string { return name(verdictWords(), v) }

// Worse returns the worse of two ways into one endpoint: exposed, then undetermined, then guarded; unseen only where
// both are.
func (v Verdict) Worse(w Verdict) Verdict {
	for _, worst := range Verdicts() {
		if v == worst || w == worst {
			return worst
		}
	}
	return Undetermined // no verdict of ours: the one that claims least
}

// MarshalText writes its word, as in JSON lines and policies.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads that word, and no other.
func (v *Verdict) UnmarshalText(text []byte) (err error) {
	*v, err = parse[Verdict](verdictWords(), "verdict", text)
	return err
}

// Severity ranks a finding; a policy gives it.
type Severity uint8

const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

func severityWords() []string { return []string{"info", "low", "medium", "high", "critical"} }

func (s Severity) String() string { return name(severityWords(), s) }

// MarshalText writes its word, as in JSON lines and policies.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads that word, and no other.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = parse[Severity](severityWords(), "severity (info, low, medium, high or critical)", text)
	return err
}

// Judgement is what a policy makes of one observation.
type Judgement struct {
	Verdict  Verdict
	Because  []string  // why this verdict, in sentences without a full stop
	Findings []Finding // worst first

	Excepted []Excepted // what would be findings, had nobody accepted them
	Accepted bool       // and nothing that would have to be fixed is left beside them
}

// Finding is a rule that an observation breaks under a policy.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	Because  []string `json:"because"`
	Where    string   `json:"where"` // the part of the endpoint that breaks it: a path, "starttls"; often empty
}

// Excepted is a finding that an exception of the policy takes out: somebody answers for the weakness until a day. The verdict
// stays what it is.
type Excepted struct {
	Finding
	Owner, Reason string
	Until         string // the last day, as the policy writes it: 2006-01-02
}
