package html

import (
	"signet/internal/report"
	"signet/internal/text"
)

// mostRisks is how many accepted risks a page lists.
const mostRisks = 200

// riskRow is an accepted risk as the page shows it.
type riskRow struct {
	Severity, Title, Rule, Count, Owner, Reason, Until string
	Where                                              []place
}

// risks lists what exceptions of the policy cover.
func (v *view) risks(r *report.Risks) {
	if r.Findings == 0 {
		return
	}
	list, left := r.Worst(mostRisks)
	v.RiskSum, v.RisksLeft = r.Sum(), r.Left(left)
	for _, risk := range list {
		var where []place
		for _, at := range risk.First {
			where = append(where, place{at.At.String(), text.Cut(at.Who, 40)})
		}
		if more := risk.Total - uint64(len(risk.First)); more > 0 {
			where = append(where, place{Who: "and " + text.Grouped(more) + " more"})
		}
		v.Risks = append(v.Risks, riskRow{risk.Severity.String(), text.Cut(risk.Title, 200), risk.Rule, text.CountGrouped(risk.Total, "endpoint", "endpoints"),
			text.Cut(risk.Owner, 200), text.Cut(risk.Reason, 400), risk.Until, where})
	}
}
