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
		return check.Judgement{Because: []string{"no answer of the server shows how it takes logons"}}
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
		return signet.Undetermined, "this version of Signet does not know a way in called " + w.Over, ""
	}
	inside := w.Over != overPlain
	list := "it lists no mechanisms"
	if len(w.Mechanisms) > 0 {
		list = "it lists only " + strings.Join(w.Mechanisms, ", ")
	}
	switch w.NTLM {
	case proven:
		taken := "the server takes NTLM " + place + ": it answered an AUTH with a challenge" // a capture need not hold which
		if w.Via != "" {
			taken = "the server takes NTLM " + place + ": it answered AUTH " + w.Via + " with a challenge"
		}
		if !inside {
			return signet.Exposed, taken + ", and nothing binds the logon to its connection", rulePlain
		}
		return signet.Undetermined, taken + "; only a logon with an account shows whether it checks channel bindings", ruleUnknown
	case offered:
		s := "the server offers AUTH " + carrier(w.Mechanisms) + " " + place
		switch {
		case w.Answer != "":
			s += fmt.Sprintf(" but sent no challenge (%q)", w.Answer)
		case w.Error != "":
			s += ", unproven: " + w.Error
		case w.Via != "":
			s += "; AUTH " + w.Via + " got no answer"
		default:
			s += "; nobody asked for a challenge there"
		}
		return signet.Undetermined, s, ""
	case refused, absent:
		if carrier(f.Exchange) != "" {
			return signet.Undetermined, "the server offers " + strings.Join(f.Exchange, ", ") + " to other Exchange servers (X-EXPS), and Signet did not test it; for AUTH " + list, ""
		}
		return f.unlisted(w, place, list)
	}
	if w.Error == "" {
		return signet.Undetermined, "the server's mechanisms " + place + " are unknown", ""
	}
	s := "the server's mechanisms " + place + " are unknown: " + w.Error
	if w.Answer != "" {
		s += fmt.Sprintf(" (%q)", w.Answer)
	}
	return signet.Undetermined, s, ""
}

// unlisted judges a way in whose list holds nothing that carries NTLM. A list is no guard: the refusal of NTLM itself is
// one, where a logon is taken.
func (f *Facts) unlisted(w Way, place, list string) (signet.Verdict, string, string) {
	if w.NTLM == refused {
		return signet.Guarded, fmt.Sprintf("the server refuses NTLM %s: it sent no challenge to AUTH NTLM (%q), and %s", place, w.Answer, list), ""
	}
	if !w.Logon && len(w.Mechanisms) == 0 {
		s := "the server asks for no logon " + place + ": " + list
		if w.Answer != "" {
			s += fmt.Sprintf(", and refuses AUTH NTLM as such (%q)", w.Answer)
		}
		return signet.Unseen, s, ""
	}
	for _, other := range f.Ways {
		if other.NTLM == refused {
			return signet.Unseen, "the server does not list NTLM " + place + ": " + list, ""
		}
	}
	return signet.Undetermined, "the server does not list NTLM " + place + ": " + list + "; its answer to AUTH NTLM there is unknown", ""
}

func where(w Way) string {
	if w.Over == overPlain {
		return ""
	}
	return w.Over
}
