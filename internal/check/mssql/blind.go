package mssql

import (
	"signet"
	"signet/internal/check"
)

// blind lists what no answer of SQL Server shows.
func blind() []check.Spot[Facts] {
	const one, many = "SQL Server instance", "SQL Server instances"
	return []check.Spot[Facts]{
		{Blind: check.Blind{Lack: check.LacksAccount, What: "Extended Protection at", One: one, Many: many},
			At: func(f *Facts, _ signet.Verdict) bool {
				return f.Service != serviceBrowser && (f.NTLM != nil || f.WindowsAuthentication == windowsProven) && f.EPA == signet.Unknown
			}},
		{Blind: check.Blind{Lack: check.LacksWindows, What: "the refusal of Windows logins at", One: one, Many: many},
			At: func(f *Facts, _ signet.Verdict) bool {
				return f.NTLM == nil && f.WindowsAuthentication == windowsRefused
			}},
	}
}
