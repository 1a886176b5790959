package check

import "signet"

// Class is a class of endpoint by what can guard it against relayed NTLM. Package relay says for each of them which
// clients reach it at which level of the guard.
type Class uint8

const (
	ToNothing Class = iota // nothing can be relayed there
	ToSMB                  // guard: signing
	ToLDAP                 // guard: signing; also the global catalog
	ToLDAPS                // guard: channel binding; also StartTLS
	ToHTTP                 // no guard; also mail without TLS and web proxies
	ToHTTPS                // guard: Extended Protection; also mail over TLS
	ToMSSQL                // guard: Extended Protection
	ToICPR                 // guard: packet privacy (IF_ENFORCEENCRYPTICERTREQUEST)
	ToWinRM                // guard: message encryption
	ToWinRMS               // guard: CbtHardeningLevel
	ToSealed               // RDP with NLA, AD web services, DCOM: always bound to the session
)

// Way is how relayed NTLM gets into an endpoint that breaks a rule: the class of the endpoint, and the level at which
// its guard is then known to be; Unknown where breaking the rule means that the guard was not seen. The zero Way is
// that of a rule which opens none.
type Way struct {
	To    Class
	Guard signet.Level
}

// Relay tells whether breaking the rule is known to open a way for relayed NTLM, as against hygiene and guards that
// were not seen.
func (r *Rule) Relay() bool { return r.Opens.To != ToNothing && r.Opens.Guard != signet.Unknown }
