package check

import "signet"

// Lack is what keeps a question from being answered.
type Lack uint8

// The zero Lack is none of them: no report words it.
const (
	_            Lack = iota
	LacksAccount      // only a logon with an account shows it
	LacksDepth        // a deeper scan shows it
	LacksWindows      // the answer is read as documents have it: nobody verified it on Windows
	OnNoWire          // no answer shows it, to nobody
	NotAsked          // Signet does not ask it
)

// Blind is something that a check cannot see of an endpoint that answered it. Reports end with what was met of it: What,
// then how many endpoints there were ("channel binding at" "3 LDAP endpoints").
type Blind struct {
	Lack      Lack
	Depth     signet.Depth // that shows it, where LacksDepth
	What      string
	One, Many string // an endpoint; empty: What stands alone
}

// Spot is a Blind inside the folder of its check: At tells from the facts and the verdict whether an endpoint has it.
type Spot[F any] struct {
	Blind
	At func(*F, signet.Verdict) bool
}

// sealed lets the spots of typed facts take any facts. It tells which of them an endpoint has, one bit each in their order.
func sealed[F any, P interface {
	*F
	signet.Facts
}](k *factsOf[F, P], spots []Spot[F]) ([]Blind, func(signet.Facts, signet.Verdict) (uint32, error)) {
	list := make([]Blind, len(spots))
	for i := range spots {
		list[i] = spots[i].Blind
	}
	return list, func(facts signet.Facts, v signet.Verdict) (met uint32, err error) {
		if len(spots) == 0 {
			return 0, nil
		}
		f, err := k.typed(facts)
		if err != nil {
			return 0, err
		}
		for i := range spots {
			if spots[i].At(f, v) {
				met |= 1 << i
			}
		}
		return met, nil
	}
}
