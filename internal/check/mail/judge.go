package mail

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/check"
)

// Rules of this check.
const (
	rulePlain   = "mail-ntlm-plain"
	ruleUnknown = "mail-ntlm-epa-unknown"
)

// judge is pure: facts to verdict. The worst way in wins.
func judge(f *Facts) check.Judgement {
	ways := f.Ways
	if f.StartTLS != nil && *f.StartTLS && f.way(overStartTLS) == nil {
		ways = append(ways[:len(ways):len(ways)], Way{Over: overStartTLS, NTLM: unknown, Error: "not asked"})
	}
	if len(ways) == 0 {
		return check.Judgement{Because: []string{"no way into the server is known"}}
	}
	j := check.Judgement{Verdict: signet.Guarded}
	var because [signet.Exposed + 1][]string
	for _, w := range ways {
		v, why, rule := view(w, f.Exchange)
		j.Verdict = j.Verdict.Worse(v)
		because[v] = append(because[v], why)
		if rule != "" {
			j.Breaches = append(j.Breaches, check.Breach{Rule: rule, Because: []string{why}, Where: where(w)})
		}
	}
	for _, v := range []signet.Verdict{signet.Exposed, signet.Undetermined, signet.Guarded} {
		j.Because = append(j.Because, because[v]...)
	}
	return j
}

// view judges one way in.
func view(w Way, exchange []string) (signet.Verdict, string, string) {
	place := map[string]string{overPlain: "without TLS", overStartTLS: "after STARTTLS", overTLS: "over TLS"}[w.Over]
	if place == "" {
		return signet.Undetermined, "an unknown way in: " + w.Over, ""
	}
	inside := w.Over != overPlain
	switch w.NTLM {
	case proven:
		if !inside {
			return signet.Exposed, "NTLM is taken " + place + ": AUTH " + w.Via + " brought a CHALLENGE, and nothing binds the session to it", rulePlain
		}
		return signet.Undetermined, "NTLM is taken " + place + ": AUTH " + w.Via + " brought a CHALLENGE; whether channel bindings are checked cannot be seen without a logon", ruleUnknown
	case offered:
		s := "AUTH " + carrier(w.Mechanisms) + " is offered " + place
		switch {
		case w.Answer != "":
			s += fmt.Sprintf(" and brought no CHALLENGE (%q)", w.Answer)
		case w.Error != "":
			s += " and was not proven: " + w.Error
		default:
			s += "; no CHALLENGE was asked for here"
		}
		return signet.Undetermined, s, ""
	case absent:
		list := "no mechanisms are listed"
		if len(w.Mechanisms) > 0 {
			list = "listed are only " + strings.Join(w.Mechanisms, ", ")
		}
		if carrier(exchange) != "" {
			return signet.Undetermined, "X-EXPS offers " + strings.Join(exchange, ", ") + " to other Exchange servers, and it was not asked whether to others; " + list + " for AUTH", ""
		}
		return signet.Guarded, "NTLM is not offered " + place + ": " + list, ""
	}
	if w.Error == "" {
		return signet.Undetermined, "what is offered " + place + " is not known", ""
	}
	return signet.Undetermined, "what is offered " + place + " is not known: " + w.Error, ""
}

func where(w Way) string {
	if w.Over == overPlain {
		return ""
	}
	return w.Over
}
