package rdp

import "signet/internal/check"

// identify says what a remote desktop shows of its host. Its certificate is made by the host itself, in its own name.
func identify(f *Facts) check.Identity {
	var id check.Identity
	id.AddNTLM(f.NTLM)
	id.AddTLS(f.TLS)
	if len(f.Protocols) > 0 {
		id.AddRole(check.RoleRemoteDesktop, true, "it answers RDP")
	}
	return id
}
