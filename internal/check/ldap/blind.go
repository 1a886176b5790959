package ldap

import (
	"slices"

	"signet"
	"signet/internal/check"
)

// blind lists what no answer of a directory shows.
func blind() []check.Spot[Facts] {
	const one, many = "LDAP endpoint", "LDAP endpoints"
	deeper := func(depth string) func(*Facts, signet.Verdict) bool {
		return func(f *Facts, _ signet.Verdict) bool {
			return slices.ContainsFunc(ways(f), func(w way) bool { return w.deeper == depth })
		}
	}
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.LacksAccount, What: "channel binding of", One: "LDAP directory that is not Active Directory", Many: "LDAP directories that are not Active Directory"},
			At: func(f *Facts, v signet.Verdict) bool {
				return v == signet.Undetermined && !f.tellsBinding() && (f.challenged(overLDAPS) || f.challenged(overStartTLS))
			}},
		{Blind: check.Blind{Lack: check.LacksDepth, Depth: signet.Anonymous, What: "LDAP signing at", One: one, Many: many}, At: deeper("anonymous")},
		{Blind: check.Blind{Lack: check.LacksDepth, Depth: signet.Decoy, What: "channel binding at", One: one, Many: many}, At: deeper("decoy")},
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the answer to an anonymous LDAP bind at", One: "domain controller", Many: "domain controllers"},
			At: func(f *Facts, _ signet.Verdict) bool {
				b := f.bind(overPlain, askAnonymous)
				return f.windowsDC() && b != nil && (b.answer() == answerAccepted || b.answer() == answerStronger)
			}},
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the refusal of channel bindings at", One: "domain controller", Many: "domain controllers"},
			At: func(f *Facts, _ signet.Verdict) bool { return f.windowsDC() && f.ChannelBinding != signet.Unknown }},
	}
}

// challenged says that an NTLM negotiate got its challenge on that way.
func (f *Facts) challenged(over string) bool {
	b := f.first(over)
	return b != nil && b.Challenge
}

// windowsDC says that a domain controller does not call itself Samba.
func (f *Facts) windowsDC() bool { return (f.Role == roleDC || f.Role == roleRODC) && !f.samba() }
