package reconcile

import (
	"iter"

	"signet"
)

// Met is the observation of an endpoint that stands, and what others say against it.
type Met struct {
	*signet.Observation
	Disagreements []string
}

// Endpoints goes through observations that come by address and port, and gives one for each endpoint and check. An
// observation that is alone passes as it is, and so does what is no observation of an endpoint: a client. tells gives
// Said.Tells of a check; it and verdict are called only where there are several observations.
func Endpoints(in iter.Seq2[*signet.Observation, error], tells func(check string) []string, verdict func(*signet.Observation) signet.Verdict) iter.Seq2[*Met, error] {
	return func(yield func(*Met, error) bool) {
		var group []*signet.Observation
		flush := func() bool {
			for len(group) > 0 {
				met := next(&group, tells, verdict)
				if !yield(&met, nil) {
					return false
				}
			}
			return true
		}
		for o, err := range in {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(group) > 0 && (group[0].Addr != o.Addr || group[0].Port != o.Port) && !flush() {
				return
			}
			group = append(group, o)
		}
		flush()
	}
}

// next takes the first observation of a group and all that are of its endpoint and check.
func next(group *[]*signet.Observation, tells func(check string) []string, verdict func(*signet.Observation) signet.Verdict) Met {
	first, rest := (*group)[0], (*group)[:0:0]
	if first.Check == signet.ClientCheck {
		*group = (*group)[1:]
		return Met{Observation: first}
	}
	var same []Said
	for _, o := range *group {
		if o.Check != first.Check || o.Transport != first.Transport {
			rest = append(rest, o)
			continue
		}
		same = append(same, Said{Observation: o})
	}
	*group = rest
	if len(same) == 1 {
		return Met{Observation: first}
	}
	for i := range same {
		same[i].Verdict, same[i].Tells = verdict(same[i].Observation), tells(first.Check)
	}
	at, against := Stands(same)
	return Met{Observation: same[at].Observation, Disagreements: against}
}
