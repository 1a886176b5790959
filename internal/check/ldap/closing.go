package ldap

import (
	"signet"
	"signet/internal/check"
)

const (
	ntds            = `SYSTEM\CurrentControlSet\Services\NTDS\Parameters`
	ntdsDiagnostics = `SYSTEM\CurrentControlSet\Services\NTDS\Diagnostics`
)

func requireSigning() *check.Recipe {
	return &check.Recipe{
		Audit:   []check.Setting{{Key: ntdsDiagnostics, Name: "16 LDAP Interface Events", Value: 2}},
		Watch:   "event 2889 in Directory Service: each client that binds without signing, with its account; 2887 counts them once a day",
		Enforce: []check.Setting{{Key: ntds, Name: "LDAPServerIntegrity", Value: 2}},
		Verify:  []string{`Get-ItemProperty -Path 'HKLM:\` + ntds + `' | Select-Object LDAPServerIntegrity`},
		Samba:   []check.Parameter{{Name: "ldap server require strong auth", Value: "yes"}},
		Note:    "On a domain controller the Default Domain Controllers Policy sets this value back at its next refresh: set it there. Server 2025 has LDAPServerEnforceIntegrity besides, which wins. Every domain controller has its own.",
	}
}

func requireBinding() *check.Recipe {
	return &check.Recipe{
		Audit:   []check.Setting{{Key: ntdsDiagnostics, Name: "16 LDAP Interface Events", Value: 2}},
		Watch:   "events 3039, 3074 and 3075 in Directory Service: clients without channel bindings or with wrong ones",
		Enforce: []check.Setting{{Key: ntds, Name: "LdapEnforceChannelBinding", Value: 2}},
		Verify:  []string{`Get-ItemProperty -Path 'HKLM:\` + ntds + `' | Select-Object LdapEnforceChannelBinding`},
		Samba:   []check.Parameter{{Name: "ldap server require strong auth", Value: "yes"}},
		Note:    "Every domain controller has its own. " + check.PolicyNote,
	}
}

// What a directory shows of who would break.
const (
	isDirectory check.Traits = 1 << iota
	lacksCertificate
)

func traits(f *Facts) check.Traits {
	if f.Certificate == certMissing {
		return isDirectory | lacksCertificate
	}
	return isDirectory
}

// withoutSigning says who binds without signing.
func withoutSigning() check.Breaks {
	return check.Breaks{
		Server: func(t check.Traits) (check.Standing, string) {
			switch {
			case t&lacksCertificate != 0:
				return check.WouldFail, "it seems to have no certificate for LDAPS: clients with simple binds have nowhere to go"
			case t&isDirectory != 0:
				return check.NotKnown, "LDAPS is there; which clients bind without signing only event 2889 tells"
			}
			return check.NotKnown, ""
		},
		Client: func(c *signet.Client) (check.Standing, string) {
			switch {
			case c.Check != Name:
			case c.Logon == "simple":
				return check.WouldFail, "it binds to LDAP with a password in the clear" + check.LoggedOnTo(c)
			case c.Logon == "ntlm" && c.Response != "anonymous" && c.Sign != nil && !*c.Sign:
				return check.WouldFail, "it binds to LDAP with NTLM and asks for no signing" + check.LoggedOnTo(c)
			case c.Logon == "ntlm" && c.Sign != nil && *c.Sign:
				return check.Fine, "it asks for signing when it binds to LDAP with NTLM" + check.LoggedOnTo(c)
			}
			return check.NotKnown, ""
		},
	}
}

// withoutBinding says who sends no channel binding.
func withoutBinding() check.Breaks {
	return check.Breaks{
		Server: func(t check.Traits) (check.Standing, string) {
			if t&isDirectory != 0 {
				return check.NotKnown, "which clients send no binding only events 3039, 3074 and 3075 tell"
			}
			return check.NotKnown, ""
		},
		Client: check.ByBinding,
	}
}
