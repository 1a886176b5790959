package signet

// Outcome says how a check of an endpoint ended.
type Outcome uint8

const (
	Skipped  Outcome = iota // not asked
	Answered                // the protocol was spoken and the question answered
	Refused                 // the port is closed: the host said so
	Silent                  // nothing came back in time
	Foreign                 // something speaks there, but another protocol
	Broken                  // closed, reset, stalled or malformed part-way
	Withheld                // the answer needs an authentication that was not allowed
	Fault                   // a defect of Signet
)

func outcomeWords() []string {
	return []string{"skipped", "answered", "refused", "silent", "foreign", "broken", "withheld", "fault"}
}

// Outcomes lists every outcome, in the order of their constants.
func Outcomes() []Outcome {
	return []Outcome{Skipped, Answered, Refused, Silent, Foreign, Broken, Withheld, Fault}
}

func (o Outcome) String() string {
	if o == Answered {
		return "answered"
	}
	return name(outcomeWords(), o)
}

// MarshalText writes the contract's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the contract's word.
func (o *Outcome) UnmarshalText(text []byte) (err error) {
	*o, err = parse[Outcome](outcomeWords(), "outcome", text)
	return err
}
