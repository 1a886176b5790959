package mssql

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/tds"
)

// judge is pure: facts to verdict. Encryption never decides it: whoever relays ends TLS himself.
func judge(f *Facts) check.Judgement {
	if f.Service == serviceBrowser {
		return check.Judgement{Verdict: signet.Unseen, Because: []string{
			fmt.Sprintf("the SQL Server Browser takes no logon; it lists %s, each asked on its own port", f.count()),
		}}
	}
	if f.NTLM != nil || f.WindowsAuthentication == windowsProven {
		return judgeEPA(f)
	}
	if f.WindowsAuthentication == windowsRefused {
		why := "the server refused a login with Windows authentication before any challenge, as a bare token and in SPNEGO"
		switch {
		case f.Refusal != nil && f.Refusal.Number == tds.ErrNoWindowsLogins:
			why = fmt.Sprintf("the server takes no Windows logins at all (error %d, to a bare token and in SPNEGO)", f.Refusal.Number)
		case f.Refusal != nil:
			why += fmt.Sprintf(" (error %d)", f.Refusal.Number)
		}
		return check.Judgement{Verdict: signet.Guarded, Because: []string{why}}
	}
	why := "the answers do not show whether the server offers NTLM: no login with Windows authentication got a challenge or a refusal"
	if f.Refusal != nil {
		why = fmt.Sprintf("the server refused the login with error %d, which does not show whether it offers NTLM", f.Refusal.Number)
	}
	return undetermined(f, why)
}

// judgeEPA judges a server that issued a CHALLENGE.
func judgeEPA(f *Facts) check.Judgement {
	const offered = "the server offers Windows authentication with NTLM (it sent a challenge)"
	broken := func(rule, why string) check.Judgement {
		because := []string{offered, why}
		return check.Judgement{
			Verdict: signet.Exposed, Because: append(because, f.channel()...),
			Breaches: []check.Breach{{Rule: rule, Because: because}},
		}
	}
	switch f.EPA {
	case signet.Off:
		return broken(ruleOff, "Extended Protection is off: the server accepted a login with a wrong binding")
	case signet.Optional:
		return broken(ruleOptional, "Extended Protection is Allowed: attackers can relay NTLMv1 and clients that send no binding")
	case signet.Required:
		return check.Judgement{Verdict: signet.Guarded, Because: []string{"Extended Protection is Required: the server refused a login without the binding of its channel"}}
	}
	why := offered + "; only a logon with an account shows its Extended Protection, which is Off by default in every version"
	j := undetermined(f, why)
	j.Breaches = []check.Breach{{Rule: ruleUnknown, Because: []string{why}}}
	return j
}

func undetermined(f *Facts, why string) check.Judgement {
	return check.Judgement{Verdict: signet.Undetermined, Because: append([]string{why}, f.channel()...)}
}

// channel says what the encryption means, which people take for a guard.
func (f *Facts) channel() []string {
	switch f.Encryption {
	case encryptionNotSupported:
		return []string{"the server has no encryption, so it cannot bind a login to its channel"}
	case encryptionRequired, encryptionOn, encryptionStrict:
		return []string{"encryption (" + f.Encryption + ") alone stops no relay: the attacker opens the TLS connection himself"}
	}
	return nil
}

func (f *Facts) count() string {
	if len(f.Instances) == 1 {
		return "one instance"
	}
	var silent []string
	for _, i := range f.Instances {
		if i.Port == 0 {
			silent = append(silent, i.Name)
		}
	}
	s := fmt.Sprintf("%d instances", len(f.Instances))
	if silent != nil {
		s += " (without a TCP port: " + strings.Join(silent, ", ") + ")"
	}
	return s
}
