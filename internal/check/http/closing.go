package http

import (
	"signet"
	"signet/internal/check"
)

const msv = `SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0`

// protectApplication requires TLS and Extended Protection of an application of IIS.
func protectApplication(application string) *check.Recipe {
	const tool = `& "$env:windir\System32\inetsrv\appcmd.exe" `
	set := func(section, on, off string) check.Command {
		line := tool + `set config '` + application + `' '/section:` + section + `' `
		return check.Command{Do: line + on + ` '/commit:apphost'`, Undo: line + off + ` '/commit:apphost'`}
	}
	return &check.Recipe{
		Commands: []check.Command{
			set("access", `'/sslFlags:Ssl,Ssl128'`, `'/sslFlags:None'`),
			set("windowsAuthentication", `'/extendedProtection.tokenChecking:Require' '/extendedProtection.flags:None'`,
				`'/extendedProtection.tokenChecking:None' '/extendedProtection.flags:None'`),
		},
		Verify: []string{tool + `list config '` + application + `' '/section:windowsAuthentication'`},
	}
}

// auditIncoming makes the host log who comes by NTLM.
func auditIncoming(r *check.Recipe) *check.Recipe {
	r.Audit = []check.Setting{{Key: msv, Name: "AuditReceivingNTLMTraffic", Value: 2}}
	r.Watch = "events 8001 to 8004 in Microsoft-Windows-NTLM/Operational: who still comes by NTLM"
	return r
}

func protectEnrolment() *check.Recipe {
	r := auditIncoming(protectApplication("Default Web Site/CertSrv"))
	r.Note = "Remove the role where nobody uses it: Uninstall-WindowsFeature ADCS-Web-Enrollment. Each CES application (<CA name>_CES_Kerberos) needs the same, and policyEnforcement=\"Always\" in its web.config (KB5005413). Rolling back sets None, which is what Windows ships before Server 2025."
	return r
}

func protectNDES() *check.Recipe {
	return auditIncoming(protectApplication("Default Web Site/CertSrv/mscep_admin"))
}

func protectCEP() *check.Recipe {
	return auditIncoming(protectApplication("Default Web Site/ADPolicyProvider_CEP_Kerberos"))
}

func encryptWinRM() *check.Recipe {
	return &check.Recipe{
		Commands: []check.Command{{Do: `Set-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted' -Value $false -Force`, Undo: `Set-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted' -Value $true -Force`}},
		Verify:   []string{`Get-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted'`},
		Note:     "false is the default: verify first, and roll back only where it was true.",
	}
}

func bindWinRM() *check.Recipe {
	return &check.Recipe{
		Commands: []check.Command{{Do: `Set-Item -Path 'WSMan:\localhost\Service\Auth\CbtHardeningLevel' -Value Strict -Force`, Undo: `Set-Item -Path 'WSMan:\localhost\Service\Auth\CbtHardeningLevel' -Value Relaxed -Force`}},
		Verify:   []string{`Get-Item -Path 'WSMan:\localhost\Service\Auth\CbtHardeningLevel'`},
		Note:     "Relaxed is the default. A management host without channel bindings locks itself out over HTTPS.",
	}
}

// What a web server shows of who would break.
const (
	servesPlain check.Traits = 1 << iota
	servesTLS
)

func traits(f *Facts) check.Traits {
	if f.TLS != nil {
		return servesTLS
	}
	return servesPlain
}

// withoutTLS says who reaches a page over plain HTTP alone, or was overheard to log on there in the given way.
func withoutTLS(logon, because string) check.Breaks {
	return check.Breaks{
		Server: func(t check.Traits) (check.Standing, string) {
			switch {
			case t&servesTLS != 0:
				return check.Fine, "it serves TLS; links and clients that say http:// still break"
			case t&servesPlain != 0:
				return check.WouldFail, "no TLS was seen on it: without a certificate nobody reaches the page any more"
			}
			return check.NotKnown, ""
		},
		Client: func(c *signet.Client) (check.Standing, string) {
			if c.Check == Name && c.Logon == logon {
				return check.WouldFail, because + check.LoggedOnTo(c)
			}
			return check.NotKnown, ""
		},
	}
}
