package rdp

import (
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// closed is why no state of an RDP server lets NTLM be relayed to it (MS-CSSP 3.1.5: pubKeyAuth).
const closed = "RDP takes NTLM inside NLA only, which binds it to the server's TLS key, so a relay of it fails"

// judge is pure: facts to verdict. The guard is NLA: where it is not spoken there is none, and nobody is asked for NTLM
// either.
func judge(f *Facts) check.Judgement {
	switch f.NLA {
	case signet.Required:
		return check.Judgement{Verdict: signet.Guarded, Because: []string{"the server requires NLA: " + f.refusal(askedTLS), closed}}
	case signet.Optional:
		return weak(signet.Guarded, "the server offers NLA but does not require it: it also takes "+f.others(), closed)
	case signet.Off:
		return weak(signet.Unseen, "the server does not offer NLA: it takes only "+f.others(), "without NLA the server asks for no NTLM logon")
	}
	return check.Judgement{Verdict: signet.Undetermined, Because: f.untold()}
}

func weak(v signet.Verdict, why, besides string) check.Judgement {
	return check.Judgement{
		Verdict:  v,
		Because:  []string{besides, why},
		Breaches: []check.Breach{{Rule: ruleNLA, Because: []string{why}}},
	}
}

// untold says why the level is not known: what was left unanswered, else what nobody asked, else what the answers leave
// open.
func (f *Facts) untold() []string {
	const lead = "the answers do not show whether the server requires NLA"
	asked := func(what string) bool { return slices.Contains(f.Asked, what) }
	var why []string
	for _, what := range f.Unanswered {
		why = append(why, lead+": no answer to a request for "+requested(what)+" was seen")
	}
	for _, r := range f.Refusals {
		why = append(why, lead+": it refused a request for "+requested(r.Asked)+" ("+r.Code+"), which leaves it open")
	}
	switch {
	case len(f.Unanswered) > 0:
	case f.Asked == nil && why == nil:
		why = append(why, lead)
	case f.Asked == nil:
	case !asked(askedTLS) && !asked(askedPlain):
		why = append(why, lead+": nobody asked without NLA")
	case !asked(askedAll) && !asked(askedNLA):
		why = append(why, lead+": nobody asked with NLA")
	case why == nil:
		why = append(why, lead)
	}
	if len(f.Protocols) > 0 {
		why = append(why, "the server accepts "+strings.Join(f.Protocols, ", "))
	}
	return why
}

// requested words a request for people.
func requested(what string) string {
	switch what {
	case askedNLA:
		return "NLA alone"
	case askedTLS:
		return "TLS without NLA"
	case askedPlain:
		return "plain RDP security"
	}
	return "all layers together"
}

// refusal words what the server said to a request without NLA.
func (f *Facts) refusal(asked string) string {
	for _, r := range f.Refusals {
		if r.Asked == asked {
			return "it refused TLS without NLA (" + r.Code + ")"
		}
	}
	return "it refused requests without NLA"
}

// others lists what is accepted besides NLA, for people.
func (f *Facts) others() string {
	var words []string
	for _, p := range f.Protocols {
		switch p {
		case "rdp":
			words = append(words, "plain RDP security")
		case "tls":
			words = append(words, "TLS without NLA")
		}
	}
	if words == nil {
		return "other security layers"
	}
	return strings.Join(words, " and ")
}
