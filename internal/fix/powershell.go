package fix

import (
	"bytes"
	"fmt"
	"strings"

	"signet/internal/check"
	"signet/internal/text"
)

// ps quotes a text for PowerShell: in single quotes nothing is special but the quote, and the curly ones that it takes for
// one.
func ps(s string) string {
	return "'" + strings.NewReplacer("'", "''", "‘", "''", "’", "''", "‚", "''", "‛", "''").Replace(text.OneLine(s)) + "'"
}

// keepKey is where a host keeps what it had before, for rolling back.
const keepKey = `HKLM:\SOFTWARE\Signet\Before`

func (p *Plan) powershell(b *bytes.Buffer) {
	b.WriteString("#Requires -Version 5.1\n<#\n")
	for _, h := range p.heads() {
		fmt.Fprintf(b, "    %s\n", strings.ReplaceAll(h, "#>", "# >"))
	}
	b.WriteString(`
    .\fix.ps1 -Step Audit       makes hosts log who would break
    .\fix.ps1 -Step Enforce     sets it; each host keeps what it had under HKLM\SOFTWARE\Signet\Before
    .\fix.ps1 -Step Verify      shows it
    .\fix.ps1 -Step Rollback    puts back what was kept

    Names: $Names below says by which name each address is connected to. Fill in those that are empty, from your own
    records or DNS: what a host calls itself stands beside it, and proves nothing. Kerberos and TLS check a name; an
    address has none to check, so that PowerShell takes it only with TrustedHosts and NTLM, which hands your logon to
    whatever answers there. Addresses without a name are therefore left out, unless -ByAddress is given.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    [Parameter(Mandatory = $true)][ValidateSet('Audit', 'Enforce', 'Verify', 'Rollback')][string]$Step,
    [string[]]$Rule = @(),
    [string[]]$ComputerName = @(),
    [switch]$ByAddress
)
$ErrorActionPreference = 'Stop'

# ADDRESS = NAME: the name that the address is connected by.
$Names = @{
`)
	jobs := p.jobs(true)
	listed := map[string]bool{}
	for _, j := range jobs {
		for _, h := range j.hosts {
			if !j.scripted() || listed[h.addr] {
				continue
			}
			listed[h.addr] = true
			note := h.says
			if note != "" {
				note = "calls itself " + note
			}
			fmt.Fprintf(b, "    %s = %s%s\n", ps(h.addr), ps(h.asked), aside(note))
		}
	}
	b.WriteString(`}

$Jobs = @(
`)
	first := true
	for _, j := range jobs {
		if !first {
			b.WriteString("\n")
		}
		first = false
		fmt.Fprintf(b, "    # %s\n", j.rule)
		for _, n := range j.notes {
			fmt.Fprintf(b, "    # %s\n", n)
		}
		if !j.scripted() {
			fmt.Fprintf(b, "    # No script closes it on Windows: signet explain %s\n", j.rule)
			continue
		}
		if len(j.hosts) == 0 {
			b.WriteString("    # No host of the run breaks it.\n")
			continue
		}
		if j.Note != "" {
			fmt.Fprintf(b, "    # %s\n", j.Note)
		}
		fmt.Fprintf(b, "    @{\n        Rule = %s\n        Hosts = @(\n", ps(j.rule))
		for i, h := range j.hosts {
			comma := ","
			if i == len(j.hosts)-1 {
				comma = ""
			}
			fmt.Fprintf(b, "            %s%s\n", ps(h.addr), comma)
		}
		b.WriteString("        )\n")
		fmt.Fprintf(b, "        Watch = %s\n        Restart = %s\n", ps(j.Watch), ps(j.Restart))
		block := func(name string, lines []string) {
			fmt.Fprintf(b, "        %s = {\n", name)
			for _, l := range lines {
				fmt.Fprintf(b, "            %s\n", l)
			}
			b.WriteString("        }\n")
		}
		var audit, enforce, rollback []string
		for _, s := range j.Audit {
			audit = append(audit, set(s)...)
		}
		for _, c := range j.AuditCommands {
			audit = append(audit, c.Do)
		}
		if len(audit) == 0 {
			audit = []string{"'Nothing is to be switched on for it.'"}
		}
		for _, s := range j.Enforce {
			enforce = append(enforce, set(s)...)
			rollback = append(rollback, restore(s)...)
		}
		for _, s := range j.Audit {
			rollback = append(rollback, restore(s)...)
		}
		for _, c := range append(append([]check.Command{}, j.Commands...), j.AuditCommands...) {
			if c.Undo != "" {
				rollback = append(rollback, c.Undo)
			}
		}
		for _, c := range j.Commands {
			enforce = append(enforce, c.Do)
		}
		block("Audit", audit)
		block("Enforce", enforce)
		block("Verify", j.Verify)
		block("Rollback", rollback)
		b.WriteString("    }\n")
	}
	b.WriteString(`)

foreach ($Job in $Jobs) {
    if ($Rule.Count -gt 0 -and $Rule -notcontains $Job.Rule) { continue }
    $On = @($Job.Hosts)
    if ($ComputerName.Count -gt 0) { $On = @($On | Where-Object { ($ComputerName -contains $_) -or ($ComputerName -contains $Names[$_]) }) }
    $Nameless = @($On | Where-Object { -not $Names[$_] })
    if ($Nameless.Count -gt 0 -and -not $ByAddress) {
        Write-Warning "$($Job.Rule): left out without a name in the table: $($Nameless -join ', ')"
        $On = @($On | Where-Object { $Names[$_] })
    }
    $On = @($On | ForEach-Object { if ($Names[$_]) { $Names[$_] } else { $_ } })
    if ($On.Count -eq 0) { continue }
    if ($Step -ne 'Verify' -and -not $PSCmdlet.ShouldProcess(($On -join ', '), "$Step $($Job.Rule)")) { continue }
    Write-Output "$Step $($Job.Rule) on $($On.Count) host(s)"
    Invoke-Command -ComputerName $On -ScriptBlock $Job[$Step] -ErrorAction Continue
    if ($Step -eq 'Audit' -and $Job.Watch) { Write-Output "Then watch: $($Job.Watch)" }
    if ($Step -eq 'Enforce' -and $Job.Restart) { Write-Output "Then restart: $($Job.Restart)" }
}
`)
}

// set keeps the value that was and sets the new one.
func set(s check.Setting) []string {
	path, id := `HKLM:\`+s.Key, s.Key+`\`+s.Name
	return []string{
		fmt.Sprintf("if (-not (Test-Path -Path %s)) { New-Item -Path %s -Force | Out-Null }", ps(keepKey), ps(keepKey)),
		fmt.Sprintf("if (-not (Test-Path -Path %s)) { New-Item -Path %s -Force | Out-Null }", ps(path), ps(path)),
		fmt.Sprintf("if ($null -eq (Get-Item -Path %s).GetValue(%s)) {", ps(keepKey), ps(id)),
		fmt.Sprintf("    $Was = (Get-Item -Path %s).GetValue(%s)", ps(path), ps(s.Name)),
		"    if ($null -eq $Was) { $Was = 'absent' }",
		fmt.Sprintf("    Set-ItemProperty -Path %s -Name %s -Value ([string]$Was)", ps(keepKey), ps(id)),
		"}",
		fmt.Sprintf("Set-ItemProperty -Path %s -Name %s -Value %d -Type DWord", ps(path), ps(s.Name), s.Value),
	}
}

// restore puts back what was kept.
func restore(s check.Setting) []string {
	path, id := `HKLM:\`+s.Key, s.Key+`\`+s.Name
	return []string{
		"$Was = $null",
		fmt.Sprintf("if (Test-Path -Path %s) { $Was = (Get-Item -Path %s).GetValue(%s) }", ps(keepKey), ps(keepKey), ps(id)),
		fmt.Sprintf("if ($Was -eq 'absent') { Remove-ItemProperty -Path %s -Name %s -ErrorAction SilentlyContinue }", ps(path), ps(s.Name)),
		fmt.Sprintf("elseif ($null -ne $Was) { Set-ItemProperty -Path %s -Name %s -Value ([int]$Was) -Type DWord }", ps(path), ps(s.Name)),
		fmt.Sprintf("if ($null -ne $Was) { Remove-ItemProperty -Path %s -Name %s }", ps(keepKey), ps(id)),
	}
}
