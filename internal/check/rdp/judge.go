package rdp

import (
	"strings"

	"signet"
	"signet/internal/check"
)

// closed is why no state of an RDP server lets NTLM be relayed to it (MS-CSSP 3.1.5: pubKeyAuth).
const closed = "NTLM is spoken to RDP inside NLA only, where the proof covers the server's TLS key, so it cannot be relayed"

// judge is pure: facts to verdict.
func judge(f *Facts) check.Judgement {
	switch f.NLA {
	case signet.Required:
		return check.Judgement{Verdict: signet.Guarded, Because: []string{"NLA is required: " + f.refusal("tls"), closed}}
	case signet.Optional:
		return weak("NLA is offered but not required: the server also takes " + f.others())
	case signet.Off:
		return weak("NLA is not offered: the server takes " + f.others() + " only")
	}
	why := "whether NLA is required could not be told: the server did not answer every question"
	if len(f.Protocols) > 0 {
		why += "; seen: " + strings.Join(f.Protocols, ", ")
	}
	return check.Judgement{Verdict: signet.Undetermined, Because: []string{why}}
}

func weak(why string) check.Judgement {
	return check.Judgement{
		Verdict:  signet.Guarded,
		Because:  []string{closed, why},
		Breaches: []check.Breach{{Rule: ruleNLA, Because: []string{why}}},
	}
}

// refusal words what the server said to a request without NLA.
func (f *Facts) refusal(asked string) string {
	for _, r := range f.Refusals {
		if r.Asked == asked {
			return "TLS alone was refused (" + r.Code + ")"
		}
	}
	return "requests without it were refused"
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
