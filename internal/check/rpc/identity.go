package rpc

import "signet/internal/check"

// identify says what an endpoint mapper shows of its host.
func identify(f *Facts) check.Identity {
	var id check.Identity
	if f.CertificateAuthority {
		id.AddRole(check.RoleCA, true, "certificate enrolment over RPC (MS-ICPR) is registered")
	}
	id.AddNTLM(f.NTLM)
	return id
}
