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
		Because: []string{why, "its client settings, which no answer shows, decide whether it believes the answers of others"},
		Breaches: []check.Breach{{
			Rule: ruleResponder, Where: f.Protocol,
			Because: []string{why + "; such a host usually sends name queries too, and believes whoever answers first"},
		}},
	}
}
