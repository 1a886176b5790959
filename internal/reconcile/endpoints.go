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

// Endpoints goes through observations that come by address and port, and lets those of one endpoint and check meet. An
// observation that is alone passes as it is; verdict is asked only where there are several. What is no observation of an
// endpoint, a client, passes too.
func Endpoints(in iter.Seq2[*signet.Observation, error], verdict func(*signet.Observation) signet.Verdict) iter.Seq2[*Met, error] {
	return func(yield func(*Met, error) bool) {
		var group []*signet.Observation
		flush := func() bool {
			for len(group) > 0 {
				met := next(&group, verdict)
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
func next(group *[]*signet.Observation, verdict func(*signet.Observation) signet.Verdict) Met {
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
		same[i].Verdict = verdict(same[i].Observation)
	}
	at, against := Stands(same)
	return Met{Observation: same[at].Observation, Disagreements: against}
}
