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
		ways = append(ways[:len(ways):len(ways)], Way{Over: overStartTLS, NTLM: unknown, Error: "nothing was seen of it"})
	}
	if len(ways) == 0 {
		return check.Judgement{Because: []string{"no way into the server is known"}}
	}
	j := check.Judgement{Verdict: signet.Unseen}
	because := map[signet.Verdict][]string{}
	for _, w := range ways {
		v, why, rule := f.view(w)
		j.Verdict = j.Verdict.Worse(v)
		because[v] = append(because[v], why)
		if rule != "" {
			j.Breaches = append(j.Breaches, check.Breach{Rule: rule, Because: []string{why}, Where: where(w)})
		}
	}
	for _, v := range signet.Verdicts() {
		j.Because = append(j.Because, because[v]...)
	}
	return j
}

// place words a way in; "" where it is none of this version's.
func place(over string) string {
	switch over {
	case overPlain:
		return "without TLS"
	case overStartTLS:
		return "after STARTTLS"
	case overTLS:
		return "over TLS"
	}
	return ""
}

// view judges one way in.
func (f *Facts) view(w Way) (signet.Verdict, string, string) {
	place := place(w.Over)
	if place == "" {
		return signet.Undetermined, "an unknown way in: " + w.Over, ""
	}
	inside := w.Over != overPlain
	list := "no mechanisms are listed"
	if len(w.Mechanisms) > 0 {
		list = "listed are only " + strings.Join(w.Mechanisms, ", ")
	}
	switch w.NTLM {
	case proven:
		taken := "NTLM is taken " + place + ": an AUTH brought a CHALLENGE" // a capture need not hold which
		if w.Via != "" {
			taken = "NTLM is taken " + place + ": AUTH " + w.Via + " brought a CHALLENGE"
		}
		if !inside {
			return signet.Exposed, taken + ", and nothing binds the session to it", rulePlain
		}
		return signet.Undetermined, taken + "; whether channel bindings are checked cannot be seen without a logon", ruleUnknown
	case offered:
		s := "AUTH " + carrier(w.Mechanisms) + " is offered " + place
		switch {
		case w.Answer != "":
			s += fmt.Sprintf(" and brought no CHALLENGE (%q)", w.Answer)
		case w.Error != "":
			s += " and was not proven: " + w.Error
		case w.Via != "":
			s += "; AUTH " + w.Via + " got no answer"
		default:
			s += "; no CHALLENGE was asked for here"
		}
		return signet.Undetermined, s, ""
	case refused, absent:
		if carrier(f.Exchange) != "" {
			return signet.Undetermined, "X-EXPS offers " + strings.Join(f.Exchange, ", ") + " to other Exchange servers, and it was not asked whether to others; " + list + " for AUTH", ""
		}
		return f.unlisted(w, place, list)
	}
	if w.Error == "" {
		return signet.Undetermined, "what is offered " + place + " is not known", ""
	}
	s := "what is offered " + place + " is not known: " + w.Error
	if w.Answer != "" {
		s += fmt.Sprintf(" (%q)", w.Answer)
	}
	return signet.Undetermined, s, ""
}

// unlisted judges a way in whose list holds nothing that carries NTLM. A list is no guard: the refusal of NTLM itself is
// one, where a logon is taken.
func (f *Facts) unlisted(w Way, place, list string) (signet.Verdict, string, string) {
	if w.NTLM == refused {
		return signet.Guarded, fmt.Sprintf("NTLM is refused %s: AUTH NTLM brought no CHALLENGE (%q), and %s", place, w.Answer, list), ""
	}
	if !w.Logon && len(w.Mechanisms) == 0 {
		s := "no logon is asked for " + place + ": " + list
		if w.Answer != "" {
			s += fmt.Sprintf(", and AUTH NTLM is refused as such (%q)", w.Answer)
		}
		return signet.Unseen, s, ""
	}
	for _, other := range f.Ways {
		if other.NTLM == refused {
			return signet.Unseen, "NTLM is not listed " + place + ": " + list, ""
		}
	}
	return signet.Undetermined, "NTLM is not listed " + place + ": " + list + "; what AUTH NTLM meets there was not seen", ""
}

func where(w Way) string {
	if w.Over == overPlain {
		return ""
	}
	return w.Over
}
