package relay

import (
	"fmt"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// Rule is a row of the model for `signet explain`.
type Rule struct{ ID, Title string }

// Rules lists every row.
func Rules() []Rule {
	var list []Rule
	for _, s := range Sources() {
		for _, t := range Classes() {
			list = append(list, Rule{RuleID(s, t), Who(s) + " → " + where(t)})
		}
	}
	return list
}

// Explain prints a row of the model with where it is from; ok is false when there is no such row.
func Explain(id string) (text string, ok bool) {
	for _, s := range Sources() {
		for _, t := range Classes() {
			if RuleID(s, t) == id {
				return row(s, t), true
			}
		}
	}
	return "", false
}

func row(s Source, t check.Class) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s → %s\n\n", text.Capital(Who(s)), where(t))
	if t == check.ToHTTP || t == check.ToSealed {
		fmt.Fprintf(&b, "%s\n", cellLine(Evaluate(Case{Source: s, Target: t})))
	} else {
		for _, level := range []signet.Level{signet.Off, signet.Optional, signet.Required, signet.Unknown} {
			fmt.Fprintf(&b, "- %s %s: %s\n", guard(t), level, cellLine(Evaluate(Case{Source: s, Target: t, Guard: level})))
		}
	}
	fmt.Fprintf(&b, "\n## The source\n%s\n", source(s))
	fmt.Fprintf(&b, "\n## The rules\n%s", ruleText())
	b.WriteString("\n## What this does not say\n" + limits(t))
	return b.String()
}

func cellLine(c Cell) string {
	line := c.State.String()
	if c.Rule != "" {
		line += " (" + c.Rule + ")"
	}
	line += ", because " + c.Because
	if c.Closes != "" {
		line += "; closes if " + c.Closes
	}
	return line
}

// source says when there is a client of a class.
func source(s Source) string {
	switch s {
	case SMB:
		return `Assumed for every Windows host that was seen: any account of the domain can make a host log on elsewhere over RPC or SMB
by default (MS-RPRN, MS-EFSR, MS-DFSNM, MS-FSRVP), and people open links to file servers. Signet coerces nothing and
does not try. Fewer sources: stop the spooler where nothing prints, RPC filters, SMB clients that block NTLM.`
	case HTTP:
		return `Possible on every Windows host, and not seen from outside: its WebClient service runs, it looks for a proxy by WPAD, it
believes an LLMNR, NetBIOS or multicast DNS answer, or an application of it logs on over HTTP. Paths from it are
called conditional unless a capture showed it; there every client of NTLMv2 counts that asks for no signing, or whose
request no MIC covers. Fewer sources: WebClient disabled, multicast name resolution off.`
	case NTLMv1:
		return `Possible where LmCompatibilityLevel is 2 or less on the client (absent means 3), and not seen from outside. Paths from it
are called conditional unless a capture showed it. No sources: LmCompatibilityLevel 5 on every controller, 3 or more
on every client.`
	}
	return `Linux, macOS and appliances that answer with NTLMv2 and no channel binding, and Windows where SuppressExtendedProtection
is set. Paths from it are called conditional unless a capture showed it.`
}

// ruleText is the model's rules with where each is from.
func ruleText() string {
	return `- R0 a target that takes no NTLM is closed to it; Kerberos is another matter. [MS-NLMP] 3.2.5, [MS-APDS] (NTLM blocked)
- R1 a host refuses its own NTLM when it comes back. MS08-068; not where CVE-2025-33073 is unpatched
- R2 an LDAP server signs the session when the client asks for it, and the MIC keeps an attacker from removing the request. [MS-NLMP]
  2.2.2.5 and 3.1.5.1.2; impacket's LDAP relay client says the same. Not on NTLMv1, nor where CVE-2019-1040 or
  CVE-2025-54918 is unpatched
- R3 signing, sealing or encryption that the target requires needs the session's key, which a relay lacks. [MS-SMB2]
  3.3.5.5, [MS-ADTS] 5.1.1.1, [MS-ICPR], [MS-WSMV], [MS-CSSP] 3.1.5
- R4 a channel binding names the TLS channel that the client saw. RFC 5929 §4.1, [MS-NLMP] 3.1.5.1.2: Windows clients
  always send one, of zeros where the application has none
- R5 without TLS there is nothing to bind to
- R6 a target may want its own service's name in the answer; rarely on. [MS-NLMP] 2.2.2.1 (MsvAvTargetName)
`
}

// limits says where "closed" ends.
func limits(t check.Class) string {
	text := "Closed assumes a patched target and clients that behave as documented; no host is called immune.\n"
	switch t {
	case check.ToLDAP:
		text += "One source claims a way around required LDAP signing by binding anew on a signed connection (unverified).\n"
	case check.ToHTTPS, check.ToLDAPS:
		text += "An HTTPS client that trusts the attacker's certificate sends a binding of that channel: that counts as a wrong one.\n"
	case check.ToWinRM:
		text += "What was read of WinRM over HTTP is its default; open where AllowUnencrypted is true is inferred.\n"
	case check.ToHTTP:
		text += "Mail without TLS and web proxies are counted in this row.\n"
	}
	return text
}
