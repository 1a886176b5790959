package signet

// Verdict is what is thought of an endpoint under what was asked of it. The zero value is the one that claims least.
type Verdict uint8

const (
	Undetermined Verdict = iota // we could not tell, and Because says why
	Guarded                     // a relay of NTLM is not possible, and we saw why
	Exposed                     // a relay of NTLM from at least one kind of client is possible
)

func verdictWords() []string { return []string{"undetermined", "guarded", "exposed"} }

func (v Verdict) String() string { return name(verdictWords(), v) }

// Worse returns the worse of two ways into one endpoint: exposed, then undetermined, then guarded.
func (v Verdict) Worse(w Verdict) Verdict {
	if v == Exposed || w == Exposed {
		return Exposed
	}
	return min(v, w)
}

// MarshalText writes the contract's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the contract's word.
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

// MarshalText writes the contract's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the contract's word.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = parse[Severity](severityWords(), "severity (info, low, medium, high or critical)", text)
	return err
}

// Judgement is what a policy makes of one observation.
type Judgement struct {
	Verdict  Verdict
	Because  []string  // why this verdict, in sentences without a full stop
	Findings []Finding // worst first
}

// Finding is a rule that an observation breaks under a policy.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	Because  []string `json:"because"`
	Where    string   `json:"where"` // the part of the endpoint that breaks it: a path, "starttls"; often empty
}
