package names

import "signet/internal/check"

const (
	dnsPolicy = `SOFTWARE\Policies\Microsoft\Windows NT\DNSClient`
	dnsCache  = `SYSTEM\CurrentControlSet\Services\Dnscache\Parameters`
)

func stopResponding() *check.Recipe {
	return &check.Recipe{
		Enforce:  []check.Setting{{Key: dnsPolicy, Name: "EnableMulticast", Value: 0}, {Key: dnsCache, Name: "EnableMDNS", Value: 0}},
		Commands: []check.Command{{Do: `Get-ChildItem 'HKLM:\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces' | ForEach-Object { Set-ItemProperty -Path $_.PSPath -Name NetbiosOptions -Value 2 }`, Undo: `Get-ChildItem 'HKLM:\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces' | ForEach-Object { Set-ItemProperty -Path $_.PSPath -Name NetbiosOptions -Value 0 }`}},
		Verify:   []string{`Get-ItemProperty -Path 'HKLM:\` + dnsPolicy + `' | Select-Object EnableMulticast`},
		Restart:  "the host, for multicast DNS (unverified)",
		Samba:    []check.Parameter{{Name: "disable netbios", Value: "yes"}},
		Note:     "Rolling back sets NetbiosOptions to 0, which takes what DHCP says: the default.",
	}
}
