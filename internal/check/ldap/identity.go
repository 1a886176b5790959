package ldap

import (
	"strings"

	"signet/internal/check"
)

// identify says what a directory shows of its host. A domain controller is known by its rootDSE and by nothing less.
func identify(f *Facts) check.Identity {
	var id check.Identity
	id.AddNTLM(f.NTLM)
	id.AddTLS(f.Session)
	const from = "rootdse"
	id.AddName(check.NameDNS, f.Root.DNSHostName, from)
	id.AddName(check.NameDomain, f.Domain, from)
	switch f.Role {
	case roleDC:
		id.AddName(check.NameForest, domain(f.Root.RootDomainNamingContext), from)
		id.AddRole(check.RoleDomainController, true, "its rootDSE is that of an AD domain controller")
	case roleRODC:
		id.AddName(check.NameForest, domain(f.Root.RootDomainNamingContext), from)
		id.AddRole(check.RoleDomainController, true, "its rootDSE is that of a read-only AD domain controller")
	case roleLDS:
		id.AddRole(check.RoleDirectory, true, "its rootDSE is that of AD LDS")
	case roleDirectory:
		id.AddRole(check.RoleDirectory, true, "its rootDSE is that of a directory other than AD")
	}
	id.AddProduct(strings.TrimSpace(f.Root.VendorName + " " + f.Root.VendorVersion))
	return id
}
