package fix

// Setting is a DWORD of the registry of a Windows host.
type Setting struct {
	Key   string // below HKEY_LOCAL_MACHINE
	Name  string
	Value uint32
}

// Command is a line of PowerShell on the host, and the one that undoes it; "" where the line changes nothing.
type Command struct{ Do, Undo string }

// Parameter is a line of [global] in smb.conf.
type Parameter struct{ Name, Value string }

// Recipe is how a finding is closed.
type Recipe struct {
	Rule          string
	Audit         []Setting // who would break: what makes the host log it
	AuditCommands []Command
	Watch         string // what to read after it
	Enforce       []Setting
	Commands      []Command
	Restart       string   // what the settings wait for
	Verify        []string // lines of PowerShell that show it
	Samba         []Parameter
	Note          string
}

// scripted tells whether a Windows script does anything for the rule.
func (r *Recipe) scripted() bool { return len(r.Enforce)+len(r.Commands) > 0 }

const (
	lanman   = `SYSTEM\CurrentControlSet\Services\LanManServer\Parameters`
	ntds     = `SYSTEM\CurrentControlSet\Services\NTDS\Parameters`
	ntdsDiag = `SYSTEM\CurrentControlSet\Services\NTDS\Diagnostics`
	msv      = `SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0`
	dnsc     = `SOFTWARE\Policies\Microsoft\Windows NT\DNSClient`
	rdpTCP   = `SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp`
)

const gpoNote = "A Group Policy that sets the same value wins at its next refresh: change it there where there is one."

// appcmd requires TLS and Extended Protection of an application of IIS.
func appcmd(application string) []Command {
	const tool = `& "$env:windir\System32\inetsrv\appcmd.exe" set config `
	return []Command{
		{tool + `'` + application + `' '/section:access' '/sslFlags:Ssl,Ssl128' '/commit:apphost'`, tool + `'` + application + `' '/section:access' '/sslFlags:None' '/commit:apphost'`},
		{tool + `'` + application + `' '/section:windowsAuthentication' '/extendedProtection.tokenChecking:Require' '/extendedProtection.flags:None' '/commit:apphost'`,
			tool + `'` + application + `' '/section:windowsAuthentication' '/extendedProtection.tokenChecking:None' '/extendedProtection.flags:None' '/commit:apphost'`},
	}
}

func shown(application string) []string {
	return []string{`& "$env:windir\System32\inetsrv\appcmd.exe" list config '` + application + `' '/section:windowsAuthentication'`}
}

// incoming audits NTLM that comes in.
func incoming() ([]Setting, string) {
	return []Setting{{msv, "AuditReceivingNTLMTraffic", 2}}, "events 8001 to 8004 in Microsoft-Windows-NTLM/Operational: who still comes by NTLM"
}

// recipes lists every rule that a script can do something for.
func recipes() []Recipe {
	ntlmAudit, ntlmWatch := incoming()
	signing := Recipe{
		AuditCommands: []Command{{`if ((Get-Command Set-SmbServerConfiguration).Parameters.ContainsKey('AuditClientDoesNotSupportSigning')) { Set-SmbServerConfiguration -AuditClientDoesNotSupportSigning $true -Force } else { 'This version of Windows does not log clients that cannot sign.' }`,
			`if ((Get-Command Set-SmbServerConfiguration).Parameters.ContainsKey('AuditClientDoesNotSupportSigning')) { Set-SmbServerConfiguration -AuditClientDoesNotSupportSigning $false -Force }`}},
		Watch:   "events 3021 and 3022 in Microsoft-Windows-SMBServer/Audit (Server 2025, Windows 11 24H2): clients that cannot sign",
		Enforce: []Setting{{lanman, "RequireSecuritySignature", 1}},
		Restart: "older than Server 2012: restart the service Server",
		Verify:  []string{`Get-SmbServerConfiguration | Select-Object RequireSecuritySignature`},
		Samba:   []Parameter{{"server signing", "mandatory"}},
		Note:    gpoNote,
	}
	smb1 := Recipe{
		AuditCommands: []Command{{`$With = @{ AuditSmb1Access = $true }; Set-SmbServerConfiguration @With -Force`, `$With = @{ AuditSmb1Access = $false }; Set-SmbServerConfiguration @With -Force`}},
		Watch:         "event 3000 in Microsoft-Windows-SMBServer/Audit: clients that still speak SMB 1",
		Enforce:       []Setting{{lanman, "SMB1", 0}},
		Restart:       "the service Server, or the host",
		Verify:        []string{`Get-SmbServerConfiguration | Select-Object EnableSMB1Protocol`},
		Samba:         []Parameter{{"server min protocol", "SMB2_02"}},
		Note:          gpoNote,
	}
	binding := Recipe{
		Audit:   []Setting{{ntdsDiag, "16 LDAP Interface Events", 2}},
		Watch:   "events 3039, 3074 and 3075 in Directory Service: clients without channel bindings or with wrong ones",
		Enforce: []Setting{{ntds, "LdapEnforceChannelBinding", 2}},
		Verify:  []string{`Get-ItemProperty -Path 'HKLM:\` + ntds + `' | Select-Object LdapEnforceChannelBinding`},
		Samba:   []Parameter{{"ldap server require strong auth", "yes"}},
		Note:    "Every domain controller has its own. " + gpoNote,
	}
	certsrv := Recipe{Audit: ntlmAudit, Watch: ntlmWatch, Commands: appcmd("Default Web Site/CertSrv"), Verify: shown("Default Web Site/CertSrv"),
		Note: "Remove the role where nobody uses it: Uninstall-WindowsFeature ADCS-Web-Enrollment. Each CES application (<CA name>_CES_Kerberos) needs the same, and policyEnforcement=\"Always\" in its web.config (KB5005413). Rolling back sets None, which is what Windows ships before Server 2025."}
	sql := Recipe{
		Watch: "error 18452 in the ERRORLOG: clients that send no binding",
		Commands: []Command{{`Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server' | Where-Object { Test-Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') } | ForEach-Object { Set-ItemProperty -Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') -Name ExtendedProtection -Value 1 }`,
			`Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server' | Where-Object { Test-Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') } | ForEach-Object { Set-ItemProperty -Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') -Name ExtendedProtection -Value 0 }`}},
		Restart: "each instance of SQL Server",
		Verify:  []string{`Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL*\MSSQLServer\SuperSocketNetLib' | Select-Object -Property @('PSPath', 'ExtendedProtection', 'ForceEncryption')`},
		Note:    "It sets Allowed (1), which stops NTLMv2 of patched Windows clients. Go on to Required (2) with Force Encryption once no error 18452 is logged. Rolling back sets Off (0), the default.",
	}
	as := func(rule string, r Recipe) Recipe {
		r.Rule = rule
		return r
	}
	floor := as("smb-guarded-by-dialect-floor-only", signing)
	smb1Signing := as("smb1-signing-not-required", smb1)
	smb1Signing.Note = "Where SMB 1 has to stay for a while, require signing instead: signet fix smb-signing-not-required. " + gpoNote
	return []Recipe{
		as("smb-signing-not-required", signing), floor, as("smb1-enabled", smb1), smb1Signing,
		{Rule: "smb-plaintext-passwords", Samba: []Parameter{{"encrypt passwords", "yes"}, {"server min protocol", "SMB2_02"}},
			Note: "Windows never asks for passwords in plain text; on Samba each user needs an entry first (smbpasswd -a)."},
		{Rule: "ldap-signing-not-required",
			Audit:   []Setting{{ntdsDiag, "16 LDAP Interface Events", 2}},
			Watch:   "event 2889 in Directory Service: each client that binds without signing, with its account; 2887 counts them once a day",
			Enforce: []Setting{{ntds, "LDAPServerIntegrity", 2}},
			Verify:  []string{`Get-ItemProperty -Path 'HKLM:\` + ntds + `' | Select-Object LDAPServerIntegrity`},
			Samba:   []Parameter{{"ldap server require strong auth", "yes"}},
			Note:    "On a domain controller the Default Domain Controllers Policy sets this value back at its next refresh: set it there. Server 2025 has LDAPServerEnforceIntegrity besides, which wins. Every domain controller has its own."},
		as("ldap-channel-binding-off", binding), as("ldap-channel-binding-optional", binding),
		as("adcs-web-enrollment-ntlm-http", certsrv), as("adcs-ntlm-epa-unknown", certsrv),
		{Rule: "adcs-ndes-ntlm-http", Audit: ntlmAudit, Watch: ntlmWatch, Commands: appcmd("Default Web Site/CertSrv/mscep_admin"), Verify: shown("Default Web Site/CertSrv/mscep_admin")},
		{Rule: "adcs-cep-ntlm-http", Audit: ntlmAudit, Watch: ntlmWatch, Commands: appcmd("Default Web Site/ADPolicyProvider_CEP_Kerberos"), Verify: shown("Default Web Site/ADPolicyProvider_CEP_Kerberos")},
		{Rule: "adcs-rpc-privacy-unknown",
			Commands: []Command{{`certutil.exe -setreg 'CA\InterfaceFlags' '+IF_ENFORCEENCRYPTICERTREQUEST'; Restart-Service -Name certsvc`, `certutil.exe -setreg 'CA\InterfaceFlags' '-IF_ENFORCEENCRYPTICERTREQUEST'; Restart-Service -Name certsvc`}},
			Verify:   []string{`certutil.exe -getreg 'CA\InterfaceFlags'`},
			Watch:    "failed requests of clients of Windows XP age in the CA's log",
			Note:     "Verify first: the flag is on by default since Server 2012, and Signet cannot see it. Roll back only where it was off before."},
		as("mssql-epa-off", sql), as("mssql-epa-unknown", sql),
		{Rule: "rdp-nla-not-required",
			Enforce: []Setting{{rdpTCP, "UserAuthentication", 1}, {rdpTCP, "SecurityLayer", 2}},
			Verify:  []string{`Get-ItemProperty -Path 'HKLM:\` + rdpTCP + `' | Select-Object -Property @('UserAuthentication', 'SecurityLayer')`},
			Watch:   "users whose password has expired, and clients without CredSSP: they cannot log on any more; no event says so beforehand",
			Note:    gpoNote},
		{Rule: "winrm-http-encryption-unknown",
			Commands: []Command{{`Set-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted' -Value $false -Force`, `Set-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted' -Value $true -Force`}},
			Verify:   []string{`Get-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted'`},
			Note:     "false is the default: verify first, and roll back only where it was true."},
		{Rule: "winrm-https-binding-unknown",
			Commands: []Command{{`Set-Item -Path 'WSMan:\localhost\Service\Auth\CbtHardeningLevel' -Value Strict -Force`, `Set-Item -Path 'WSMan:\localhost\Service\Auth\CbtHardeningLevel' -Value Relaxed -Force`}},
			Verify:   []string{`Get-Item -Path 'WSMan:\localhost\Service\Auth\CbtHardeningLevel'`},
			Note:     "Relaxed is the default. A management host without channel bindings locks itself out over HTTPS."},
		{Rule: "name-responder-active",
			Enforce:  []Setting{{dnsc, "EnableMulticast", 0}, {`SYSTEM\CurrentControlSet\Services\Dnscache\Parameters`, "EnableMDNS", 0}},
			Commands: []Command{{`Get-ChildItem 'HKLM:\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces' | ForEach-Object { Set-ItemProperty -Path $_.PSPath -Name NetbiosOptions -Value 2 }`, `Get-ChildItem 'HKLM:\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces' | ForEach-Object { Set-ItemProperty -Path $_.PSPath -Name NetbiosOptions -Value 0 }`}},
			Verify:   []string{`Get-ItemProperty -Path 'HKLM:\` + dnsc + `' | Select-Object EnableMulticast`},
			Restart:  "the host, for multicast DNS (unverified)",
			Samba:    []Parameter{{"disable netbios", "yes"}},
			Note:     "Rolling back sets NetbiosOptions to 0, which takes what DHCP says: the default."},
		{Rule: "rpc-coercible-interface",
			AuditCommands: []Command{{`Get-Printer -ErrorAction SilentlyContinue | Where-Object { $_.Shared } | Select-Object -Property @('Name', 'ShareName')`, ``}},
			Watch:         "shared printers: where there is one, the host prints for others and the spooler has to stay",
			Commands:      []Command{{`Stop-Service -Name Spooler -Force; Set-Service -Name Spooler -StartupType Disabled`, `Set-Service -Name Spooler -StartupType Automatic; Start-Service -Name Spooler`}},
			Verify:        []string{`Get-Service -Name Spooler | Select-Object -Property @('Status', 'StartType')`},
			Note:          "It closes MS-RPRN and MS-PAR alone. For the other interfaces see signet explain rpc-coercible-interface; closing the targets matters more."},
	}
}

// For finds the recipe of a rule; ok is false where a script can do nothing.
func For(rule string) (Recipe, bool) {
	for _, r := range recipes() {
		if r.Rule == rule {
			return r, true
		}
	}
	return Recipe{Rule: rule}, false
}
