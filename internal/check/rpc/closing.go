package rpc

import "signet/internal/check"

func enforcePrivacy() *check.Recipe {
	return &check.Recipe{
		Commands: []check.Command{{Do: `certutil.exe -setreg 'CA\InterfaceFlags' '+IF_ENFORCEENCRYPTICERTREQUEST'; Restart-Service -Name certsvc`, Undo: `certutil.exe -setreg 'CA\InterfaceFlags' '-IF_ENFORCEENCRYPTICERTREQUEST'; Restart-Service -Name certsvc`}},
		Verify:   []string{`certutil.exe -getreg 'CA\InterfaceFlags'`},
		Watch:    "failed requests of clients of Windows XP age in the CA's log",
		Note:     "Verify first: the flag is on by default since Server 2012, and Signet cannot see it. Roll back only where it was off before.",
	}
}

func stopSpooler() *check.Recipe {
	return &check.Recipe{
		AuditCommands: []check.Command{{Do: `Get-Printer -ErrorAction SilentlyContinue | Where-Object { $_.Shared } | Select-Object -Property @('Name', 'ShareName')`}},
		Watch:         "shared printers: where there is one, the host prints for others and the spooler has to stay",
		Commands:      []check.Command{{Do: `Stop-Service -Name Spooler -Force; Set-Service -Name Spooler -StartupType Disabled`, Undo: `Set-Service -Name Spooler -StartupType Automatic; Start-Service -Name Spooler`}},
		Verify:        []string{`Get-Service -Name Spooler | Select-Object -Property @('Status', 'StartType')`},
		Note:          "It closes MS-RPRN and MS-PAR alone. For the other interfaces see signet explain " + ruleCoercible + "; closing the targets matters more.",
	}
}
