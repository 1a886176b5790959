package smb

import (
	"signet"
	"signet/internal/check"
)

const lanman = `SYSTEM\CurrentControlSet\Services\LanManServer\Parameters`

// requireSigning closes what SMB 2 and 3 leave open.
func requireSigning() *check.Recipe {
	return &check.Recipe{
		AuditCommands: []check.Command{{Do: `if ((Get-Command Set-SmbServerConfiguration).Parameters.ContainsKey('AuditClientDoesNotSupportSigning')) { Set-SmbServerConfiguration -AuditClientDoesNotSupportSigning $true -Force } else { 'This version of Windows does not log clients that cannot sign.' }`,
			Undo: `if ((Get-Command Set-SmbServerConfiguration).Parameters.ContainsKey('AuditClientDoesNotSupportSigning')) { Set-SmbServerConfiguration -AuditClientDoesNotSupportSigning $false -Force }`}},
		Watch:   "events 3021 and 3022 in Microsoft-Windows-SMBServer/Audit (Server 2025, Windows 11 24H2): clients that cannot sign",
		Enforce: []check.Setting{{Key: lanman, Name: "RequireSecuritySignature", Value: 1}},
		Restart: "older than Server 2012: restart the service Server",
		Verify:  []string{`Get-SmbServerConfiguration | Select-Object RequireSecuritySignature`},
		Samba:   []check.Parameter{{Name: "server signing", Value: "mandatory"}},
		Note:    check.PolicyNote,
	}
}

// removeSMB1 switches SMB 1 off.
func removeSMB1(note string) *check.Recipe {
	return &check.Recipe{
		AuditCommands: []check.Command{{Do: `$With = @{ AuditSmb1Access = $true }; Set-SmbServerConfiguration @With -Force`, Undo: `$With = @{ AuditSmb1Access = $false }; Set-SmbServerConfiguration @With -Force`}},
		Watch:         "event 3000 in Microsoft-Windows-SMBServer/Audit: clients that still speak SMB 1",
		Enforce:       []check.Setting{{Key: lanman, Name: "SMB1", Value: 0}},
		Restart:       "the service Server, or the host",
		Verify:        []string{`Get-SmbServerConfiguration | Select-Object EnableSMB1Protocol`},
		Samba:         []check.Parameter{{Name: "server min protocol", Value: "SMB2_02"}},
		Note:          note + check.PolicyNote,
	}
}

// encryptPasswords is for Samba alone: Windows never asks for passwords in plain text.
func encryptPasswords() *check.Recipe {
	return &check.Recipe{
		Samba: []check.Parameter{{Name: "encrypt passwords", Value: "yes"}, {Name: "server min protocol", Value: "SMB2_02"}},
		Note:  "Windows never asks for passwords in plain text; on Samba each user needs an entry first (smbpasswd -a).",
	}
}

// What a host's file service shows of who would break.
const (
	speaksSMB check.Traits = 1 << iota
	speaksSMB1
	speaksSMB2
	canSign
)

func traits(f *Facts) check.Traits {
	t := speaksSMB
	if is(f.SMB1.Offered) {
		t |= speaksSMB1
	}
	if f.Dialect != "" && f.Dialect != smb1Dialect {
		t |= speaksSMB2
	}
	for _, l := range []signet.Level{f.Signing, f.SMB1.Signing} {
		if l == signet.Optional || l == signet.Required {
			t |= canSign
		}
	}
	return t
}

// withoutSigning says who cannot sign.
func withoutSigning() check.Breaks {
	return check.Breaks{
		Server: func(t check.Traits) (check.Standing, string) {
			switch {
			case t&speaksSMB != 0 && t&canSign == 0:
				return check.WouldFail, "its SMB cannot sign at all: as a client it most likely cannot either"
			case t&speaksSMB2 != 0:
				return check.Fine, "it speaks SMB 2 or later, which every client can sign; guest access ends all the same"
			}
			return check.NotKnown, ""
		},
		Client: func(c *signet.Client) (check.Standing, string) {
			switch c.Signing {
			case "none":
				return check.WouldFail, "as a client it offers no SMB signing" + check.LoggedOnTo(c)
			case "enabled", "required":
				return check.Fine, "as a client it offers SMB signing" + check.LoggedOnTo(c)
			}
			return check.NotKnown, ""
		},
	}
}

// withoutSMB2 says who speaks SMB 1 alone.
func withoutSMB2() check.Breaks {
	return check.Breaks{
		Server: func(t check.Traits) (check.Standing, string) {
			switch {
			case t&speaksSMB1 != 0 && t&speaksSMB2 == 0:
				return check.WouldFail, "it speaks SMB 1 only: as a server nobody reaches it without SMB 1, as a client it reaches nobody"
			case t&speaksSMB2 != 0:
				return check.Fine, "it speaks SMB 2 or later"
			}
			return check.NotKnown, ""
		},
		Client: func(c *signet.Client) (check.Standing, string) {
			switch c.SMB1 {
			case "only":
				return check.WouldFail, "as a client it offers SMB 1 alone" + check.LoggedOnTo(c)
			case "offered":
				return check.Fine, "as a client it offers SMB 1 among others" + check.LoggedOnTo(c)
			}
			return check.NotKnown, ""
		},
	}
}
