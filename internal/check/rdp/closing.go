package rdp

import "signet/internal/check"

const rdpTCP = `SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp`

func requireNLA() *check.Recipe {
	return &check.Recipe{
		Enforce: []check.Setting{{Key: rdpTCP, Name: "UserAuthentication", Value: 1}, {Key: rdpTCP, Name: "SecurityLayer", Value: 2}},
		Verify:  []string{`Get-ItemProperty -Path 'HKLM:\` + rdpTCP + `' | Select-Object -Property @('UserAuthentication', 'SecurityLayer')`},
		Watch:   "users whose password has expired, and clients without CredSSP: they cannot log on any more; no event says so beforehand",
		Note:    check.PolicyNote,
	}
}
