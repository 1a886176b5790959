package all_test

import (
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
)

// Every check tells what its facts say of the host, from its own facts as from JSON, and only in words that exist.
func TestEveryCheckIdentifies(t *testing.T) {
	for _, tt := range []struct {
		check, facts string
		roles        []string // that are certain
		hints        []string
		names        []string
		windows      signet.Answer
		samba        bool
	}{
		{check: "smb", facts: `{"ntlm":{"nb_computer":"FS1","nb_domain":"CORP","os_version":"10.0.20348"},"server_guid":"11223344-5566-7788-99aa-bbccddeeff00"}`,
			names: []string{"netbios FS1 ntlm", "netbios-domain CORP ntlm"}, windows: signet.Yes},
		{check: "smb", facts: `{"smb1":{"offered":true,"native_os":"Unix","native_lan_manager":"Samba 4.17.12-Debian","server":"NAS","domain":"HOME"}}`,
			names: []string{"netbios NAS smb1", "netbios-domain HOME smb1"}, samba: true},
		// The flags of a CHALLENGE make no domain controller, nor does a name.
		{check: "smb", facts: `{"ntlm":{"nb_computer":"DC1","nb_domain":"CORP","dns_computer":"dc1.corp.example","os_version":"6.1.0"}}`,
			names: []string{"netbios DC1 ntlm", "netbios-domain CORP ntlm", "dns dc1.corp.example ntlm"}, samba: true},
		{check: "http", facts: `{"server":"Microsoft-IIS/10.0","paths":[{"path":"/","status":200,"ntlm":"no"},{"path":"/certsrv/","role":"adcs-web-enrolment","status":401,"schemes":["NTLM"],"ntlm":"proven"}]}`,
			roles: []string{check.RoleCAWeb, check.RoleWebServer}, windows: signet.Yes},
		{check: "http", facts: `{"server":"nginx","paths":[{"path":"/","status":200,"ntlm":"no"},{"path":"/certsrv/","role":"adcs-web-enrolment","status":404,"ntlm":"no"}]}`,
			roles: []string{check.RoleWebServer}},
		// A server that wants the same logon everywhere shows no role by it.
		{check: "http", facts: `{"server":"Apache","paths":[{"path":"/","status":401,"schemes":["NTLM"],"ntlm":"proven"},{"path":"/certsrv/","role":"adcs-web-enrolment","status":401,"schemes":["NTLM"],"ntlm":"proven"}]}`,
			roles: []string{check.RoleWebServer}},
		{check: "http", facts: `{"server":"HP HTTP Server; HP LaserJet","paths":[{"path":"/","status":200,"ntlm":"no"}]}`,
			roles: []string{check.RoleWebServer}, hints: []string{check.RolePrinter}},
		{check: "ldap", facts: `{"role":"ad-dc","domain":"corp.example","root":{"dnsHostName":"dc1.corp.example","rootDomainNamingContext":"DC=example"}}`,
			roles: []string{check.RoleDomainController}, names: []string{"dns dc1.corp.example rootdse", "domain corp.example rootdse", "forest example rootdse"}},
		{check: "ldap", facts: `{"role":"directory","root":{"vendorName":"Samba Team (https://www.samba.org)"}}`,
			roles: []string{check.RoleDirectory}, samba: true},
		{check: "ldap", facts: `{"role":"unknown","root":{},"ntlm":{"nb_computer":"X"}}`, names: []string{"netbios X ntlm"}},
		{check: "mssql", facts: `{"service":"engine","version":"16.0.1000"}`, roles: []string{check.RoleSQLServer}},
		{check: "mssql", facts: `{"service":"engine"}`},
		{check: "mssql", facts: `{"service":"browser","instances":[{"server":"SQL1","name":"MSSQLSERVER","port":1433}]}`,
			roles: []string{check.RoleSQLServer}, names: []string{"netbios SQL1 sql browser"}},
		{check: "rdp", facts: `{"protocols":["nla"],"nla":"required","tls":{"subject":"CN=ws7.corp.example","names":[]}}`,
			roles: []string{check.RoleRemoteDesktop}, names: []string{"alias ws7.corp.example certificate"}},
		{check: "mail", facts: `{"protocol":"smtp","greeting":"mx Microsoft ESMTP MAIL Service ready"}`,
			roles: []string{check.RoleMailServer}, hints: []string{check.RoleExchange}},
		{check: "mail", facts: `{"protocol":""}`},
		{check: "rpc", facts: `{"interfaces":[],"coercible":[],"certificate_authority":true}`, roles: []string{check.RoleCA}},
		{check: "names", facts: `{"protocol":"nbns","name":"WS7","domain":"CORP","names":[]}`,
			names: []string{"netbios WS7 nbstat", "netbios-domain CORP nbstat"}},
		{check: "names", facts: `{"protocol":"llmnr","name":"ws7"}`, names: []string{"alias ws7 llmnr"}},
		{check: "names", facts: `{"protocol":"llmnr","name":"ws7.corp.example"}`, names: []string{"dns ws7.corp.example llmnr"}},
		{check: "names", facts: `{"protocol":"mdns","name":"ws7.local"}`, names: []string{"alias ws7.local mdns"}},
	} {
		i := slices.IndexFunc(all.Checks(), func(c check.Check) bool { return c.Name == tt.check })
		if i < 0 {
			t.Fatalf("no check %s", tt.check)
		}
		c := all.Checks()[i]
		id, err := c.Identify(signet.RawFacts(tt.facts))
		if err != nil {
			t.Errorf("%s %s: %v", tt.check, tt.facts, err)
			continue
		}
		var roles, hints, names []string
		for _, r := range id.Roles {
			if !slices.Contains(check.Roles(), r.Role) || r.Because == "" {
				t.Errorf("%s: role %+v", tt.check, r)
			}
			if r.Certain {
				roles = append(roles, r.Role)
			} else {
				hints = append(hints, r.Role)
			}
		}
		for _, n := range id.Names {
			names = append(names, n.Kind.String()+" "+n.Name+" "+n.From)
		}
		slices.Sort(names)
		slices.Sort(tt.names)
		if !slices.Equal(roles, tt.roles) || !slices.Equal(hints, tt.hints) || !slices.Equal(names, tt.names) || id.Windows != tt.windows || id.Samba != tt.samba {
			t.Errorf("%s %s:\ngot  %v %v %v %s %v\nwant %v %v %v %s %v", tt.check, tt.facts,
				roles, hints, strings.Join(names, ", "), id.Windows, id.Samba, tt.roles, tt.hints, strings.Join(tt.names, ", "), tt.windows, tt.samba)
		}
	}
	for _, c := range all.Checks() {
		if c.Identify == nil {
			t.Errorf("%s identifies nothing", c.Name)
			continue
		}
		if _, err := c.Identify(signet.RawFacts(`[`)); err == nil {
			t.Errorf("%s: facts that are no JSON pass", c.Name)
		}
		if id, err := c.Identify(signet.RawFacts(`{}`)); err != nil || len(id.Roles)+len(id.Names) != 0 || id.Windows != signet.NotKnown || id.Samba {
			t.Errorf("%s: no facts say %+v, %v", c.Name, id, err)
		}
	}
}
