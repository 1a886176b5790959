package mssql

import "signet/internal/check"

// allowBinding takes the first step to Extended Protection: Allowed, on every instance.
func allowBinding() *check.Recipe {
	return &check.Recipe{
		Watch: "error 18452 in the ERRORLOG: clients that send no binding",
		Commands: []check.Command{{Do: `Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server' | Where-Object { Test-Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') } | ForEach-Object { Set-ItemProperty -Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') -Name ExtendedProtection -Value 1 }`,
			Undo: `Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server' | Where-Object { Test-Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') } | ForEach-Object { Set-ItemProperty -Path (Join-Path $_.PSPath 'MSSQLServer\SuperSocketNetLib') -Name ExtendedProtection -Value 0 }`}},
		Restart: "each instance of SQL Server",
		Verify:  []string{`Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL*\MSSQLServer\SuperSocketNetLib' | Select-Object -Property @('PSPath', 'ExtendedProtection', 'ForceEncryption')`},
		Note:    "It sets Allowed (1), which stops NTLMv2 of patched Windows clients. Go on to Required (2) with Force Encryption once no error 18452 is logged. Rolling back sets Off (0), the default.",
	}
}
