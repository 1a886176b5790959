package names

import (
	"signet"
	"signet/internal/check"
)

// ruleResponder is the one rule of this check.
const ruleResponder = "name-responder-active"

// judge is pure. An answer is a hint about the host as a client, never a verdict.
func judge(f *Facts) check.Judgement {
	spoken := map[string]string{nbns: "NetBIOS", llmnr: "LLMNR", mdns: "multicast DNS"}[f.Protocol]
	if spoken == "" {
		return check.Judgement{Because: []string{"no responder is known"}}
	}
	why := "the host answers for its own name over " + spoken
	if f.Name != "" {
		why += " (" + f.Name + ")"
	}
	return check.Judgement{
		Verdict: signet.Undetermined,
		Because: []string{why, "whether it believes what others answer is decided by its client side, which cannot be asked"},
		Breaches: []check.Breach{{
			Rule: ruleResponder, Where: f.Protocol,
			Because: []string{why + "; a host that answers so usually asks so as well, and then whoever answers first is believed"},
		}},
	}
}
