package host_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/host"
)

var begun = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// seen makes an observation of an answered endpoint.
func seen(addr, name string, port uint16, check, facts string) *signet.Observation {
	return &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(addr), Name: name}, Port: port},
		Check:    check, At: begun, Took: time.Millisecond, Outcome: signet.Answered, Open: true, Facts: signet.RawFacts(facts),
	}
}

func fold(t *testing.T, list ...*signet.Observation) *signet.Host {
	t.Helper()
	f := host.New(all.Checks())
	for _, o := range list {
		f.Fold(o, &signet.Judgement{Verdict: signet.Guarded})
	}
	hosts := f.Rest()
	if len(hosts) != 1 {
		t.Fatalf("%d hosts, want 1", len(hosts))
	}
	return hosts[0]
}

const a = "10.0.0.1"

func TestFold(t *testing.T) {
	smb := func(ntlm string) *signet.Observation { return seen(a, "", 445, "smb", `{"ntlm":{`+ntlm+`}}`) }
	rootDSE := seen(a, "", 389, "ldap", `{"role":"ad-dc","domain":"corp.example","root":{"dnsHostName":"dc1.corp.example","rootDomainNamingContext":"DC=corp,DC=example"}}`)
	const member = `"nb_computer":"DC1","nb_domain":"CORP","dns_computer":"dc1.corp.example","dns_domain":"corp.example","dns_forest":"corp.example"`
	for _, tt := range []struct {
		name                 string
		seen                 []*signet.Observation
		called, domain, os   string
		windows              signet.Answer
		roles                string // certain ones, then hints with ?
		disagreements        int
		disagreementsContain string
	}{
		{name: "nothing said", seen: []*signet.Observation{smb("")}, windows: signet.NotKnown},
		{name: "a member server", seen: []*signet.Observation{smb(member + `,"os_version":"10.0.20348"`)},
			called: "dc1.corp.example", domain: "corp.example", os: "Windows Server 2022, build 20348", windows: signet.Yes, roles: "server"},
		{name: "the same build, two products", seen: []*signet.Observation{smb(member + `,"os_version":"10.0.26100"`)},
			called: "dc1.corp.example", domain: "corp.example", os: "Windows 11 24H2 or Server 2025 (their defaults differ), build 26100", windows: signet.Yes},
		{name: "a client", seen: []*signet.Observation{smb(`"nb_computer":"WS7","nb_domain":"CORP","os_version":"10.0.22631"`)},
			called: "WS7", domain: "CORP", os: "Windows 11 23H2, build 22631", windows: signet.Yes, roles: "workstation"},
		{name: "an unverified client", seen: []*signet.Observation{smb(`"nb_computer":"WS7","nb_domain":"CORP","os_version":"10.0.26200"`)},
			called: "WS7", domain: "CORP", os: "Windows 11 25H2 (unverified), build 26200", windows: signet.Yes, roles: "workstation?"},
		{name: "a build of tomorrow", seen: []*signet.Observation{smb(`"nb_computer":"WS7","os_version":"10.0.29999"`)},
			called: "WS7", os: "Windows 10.0.29999 (a build not known here)", windows: signet.Yes},
		{name: "in no domain", seen: []*signet.Observation{smb(`"nb_computer":"WS7","nb_domain":"WS7","dns_computer":"ws7","dns_domain":"ws7"`)}, called: "ws7"},
		{name: "a controller", seen: []*signet.Observation{smb(member + `,"os_version":"10.0.26100"`), rootDSE},
			called: "dc1.corp.example", domain: "corp.example", os: "Windows 11 24H2 or Server 2025 (their defaults differ), build 26100", windows: signet.Yes, roles: "domain-controller"},
		{name: "Samba", seen: []*signet.Observation{
			smb(`"nb_computer":"NAS","os_version":"6.1.0"`), seen(a, "", 139, "smb", `{"smb1":{"native_lan_manager":"Samba 4.17.12-Debian"}}`)},
			called: "NAS", os: "Samba 4.17.12-Debian", windows: signet.No},
		{name: "two hosts behind one address", seen: []*signet.Observation{
			smb(`"nb_computer":"FS1","nb_domain":"CORP","dns_computer":"fs1.corp.example","os_version":"10.0.17763"`),
			seen(a, "", 80, "http", `{"server":"Microsoft-IIS/10.0","paths":[],"ntlm":{"nb_computer":"WEB1","nb_domain":"CORP","dns_computer":"web1.corp.example","os_version":"10.0.20348"}}`)},
			called: "fs1.corp.example", domain: "CORP", os: "Windows 10 1809 or Server 2019, build 17763", windows: signet.Yes,
			disagreements: 3, disagreementsContain: "DNS name: fs1.corp.example (445 ntlm), web1.corp.example (80 ntlm)"},
		{name: "Windows and Samba behind one address", seen: []*signet.Observation{
			smb(`"nb_computer":"NAS","os_version":"6.1.0"`), seen(a, "", 80, "http", `{"server":"Microsoft-IIS/10.0","paths":[]}`)},
			called: "NAS", windows: signet.NotKnown, disagreements: 1, disagreementsContain: "port 80 answers as Windows and port 445 as Samba"},
		{name: "case is no difference", seen: []*signet.Observation{
			smb(`"nb_computer":"FS1","dns_computer":"FS1.corp.example"`), seen(a, "", 80, "http", `{"server":"","paths":[],"ntlm":{"dns_computer":"fs1.CORP.example"}}`)},
			called: "FS1.corp.example"},
		{name: "rootDSE before any number of others", seen: []*signet.Observation{
			smb(`"dns_computer":"old.corp.example"`), seen(a, "", 80, "http", `{"server":"","paths":[],"ntlm":{"dns_computer":"old.corp.example"}}`), rootDSE},
			called: "dc1.corp.example", domain: "corp.example", roles: "domain-controller", disagreements: 1, disagreementsContain: "dc1.corp.example (389 rootdse), old.corp.example (445 ntlm, 80 ntlm)"},
		{name: "asked under another name", seen: []*signet.Observation{seen(a, "www.corp.example", 445, "smb", `{"ntlm":{"dns_computer":"web1.corp.example"}}`)},
			called: "web1.corp.example", disagreements: 1, disagreementsContain: "asked as www.corp.example"},
		{name: "asked under its short name", seen: []*signet.Observation{seen(a, "web1", 445, "smb", `{"ntlm":{"dns_computer":"web1.corp.example"}}`)}, called: "web1.corp.example"},
		{name: "its certificate names the alias", seen: []*signet.Observation{
			seen(a, "www.corp.example", 443, "http", `{"tls":{"names":["www.corp.example"]},"server":"","paths":[],"ntlm":{"dns_computer":"web1.corp.example"}}`)},
			called: "web1.corp.example"},
		{name: "a certificate alone", seen: []*signet.Observation{seen(a, "", 443, "http", `{"tls":{"names":["www.corp.example"]},"server":"","paths":[]}`)}, called: "www.corp.example"},
	} {
		h := fold(t, tt.seen...)
		var roles []string
		for _, r := range h.Roles {
			if !slices.Contains(check.Roles(), r.Role) {
				t.Errorf("%s: role %q", tt.name, r.Role)
			}
			if r.Role == check.RoleWebServer {
				continue
			}
			if !r.Certain {
				r.Role += "?"
			}
			roles = append(roles, r.Role)
		}
		if h.Name != tt.called || h.Domain != tt.domain || h.OS != tt.os || h.Windows != tt.windows || strings.Join(roles, " ") != tt.roles {
			t.Errorf("%s:\ngot  %q %q %q %s %v\nwant %q %q %q %s %v", tt.name, h.Name, h.Domain, h.OS, h.Windows, roles, tt.called, tt.domain, tt.os, tt.windows, tt.roles)
		}
		if len(h.Disagreements) != tt.disagreements || !strings.Contains(strings.Join(h.Disagreements, "\n"), tt.disagreementsContain) {
			t.Errorf("%s: disagreements %q, want %d with %q", tt.name, h.Disagreements, tt.disagreements, tt.disagreementsContain)
		}
	}
}

// Answers come in any order, and a host is the same in each: names, the reasons of its roles, what it runs.
func TestOrderDoesNotMatter(t *testing.T) {
	list := []*signet.Observation{
		seen(a, "fs", 445, "smb", `{"server_guid":"11223344-5566-7788-99aa-bbccddeeff00","ntlm":{"nb_computer":"FS1","nb_domain":"CORP","dns_computer":"fs1.corp.example","os_version":"10.0.17763"}}`),
		seen(a, "fs", 139, "smb", `{"server_guid":"22223344-5566-7788-99aa-bbccddeeff00","ntlm":{"nb_computer":"FS1","dns_computer":"fs2.corp.example","os_version":"10.0.20348"}}`),
		seen(a, "fs", 80, "http", `{"server":"Microsoft-IIS/10.0","paths":[],"ntlm":{"dns_computer":"web1.corp.example"}}`),
		seen(a, "fs", 443, "http", `{"server":"nginx","paths":[],"tls":{"names":["www.corp.example"]}}`),
		seen(a, "fs", 25, "mail", `{"protocol":"smtp","ways":[]}`),
	}
	text := func(order []int) string {
		var in []*signet.Observation
		for _, i := range order {
			in = append(in, list[i])
		}
		b, err := json.Marshal(fold(t, in...))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := text([]int{0, 1, 2, 3, 4})
	for _, order := range [][]int{{4, 3, 2, 1, 0}, {1, 0, 3, 2, 4}, {2, 4, 0, 3, 1}, {3, 1, 4, 0, 2}} {
		if got := text(order); got != want {
			t.Errorf("order %v:\ngot  %s\nwant %s", order, got, want)
		}
	}
}

func TestFolderFinish(t *testing.T) {
	f := host.New(all.Checks())
	for i := range 1000 {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		f.Fold(seen(addr.String(), "", 445, "smb", `{}`), &signet.Judgement{})
		if h, ok := f.Finish(addr); !ok || h.Address != addr {
			t.Fatalf("%s: %v %v", addr, h, ok)
		}
		if _, ok := f.Finish(addr); ok {
			t.Fatalf("%s is finished twice", addr)
		}
		if f.Open() != 0 {
			t.Fatalf("%d hosts are kept", f.Open())
		}
	}
	if n := len(f.Rest()) + f.Open(); n != 0 {
		t.Errorf("%d hosts are left", n)
	}
}

func TestFolderLeavesOutWhatIsNotThere(t *testing.T) {
	f := host.New(all.Checks())
	for _, o := range []signet.Outcome{signet.Refused, signet.Silent, signet.Skipped} {
		f.Fold(&signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(a)}, Port: 445}, Check: "smb", Outcome: o}, &signet.Judgement{})
	}
	if n := len(f.Rest()); n != 0 {
		t.Errorf("%d hosts", n)
	}
}

func TestOneHostUnderTwoAddresses(t *testing.T) {
	const guid = `"server_guid":"11223344-5566-7788-99aa-bbccddeeff00","ntlm":{"nb_computer":"%s","nb_domain":"CORP"}`
	f := host.New(all.Checks())
	for _, x := range []struct{ addr, name string }{{"10.0.0.1", "FS1"}, {"fd00::1", "fs1"}, {"10.0.0.2", "CLONE"}} {
		f.Fold(seen(x.addr, "", 445, "smb", "{"+fmt.Sprintf(guid, x.name)+"}"), &signet.Judgement{})
	}
	var same []string
	for _, h := range f.Rest() {
		if h.SameAs.IsValid() {
			same = append(same, h.Address.String()+" "+h.SameAs.String())
		}
	}
	if !slices.Equal(same, []string{"fd00::1 10.0.0.1"}) {
		t.Errorf("same: %q", same)
	}
}
