package http

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/wire/http1"
)

// Every line of the table is read, every mark can show, every path can be asked.
func TestRoles(t *testing.T) {
	tab, bad := parseRoles(rolesText)
	if bad != 0 || len(tab.rows) < 40 {
		t.Fatalf("%d lines that cannot be read, %d paths", bad, len(tab.rows))
	}
	shows := map[string]bool{always: true, "thorough": true}
	for _, s := range tab.signs {
		shows[s.mark] = true
		if !slices.Contains([]string{"header", "server", "title", "powered", "location", "status", "port"}, s.where) {
			t.Errorf("seen %s %s: no such place", s.mark, s.where)
		}
	}
	seen := map[string]bool{}
	first := 1
	for _, r := range tab.rows {
		if !slices.ContainsFunc(r.marks, func(m string) bool { return shows[m] }) {
			t.Errorf("%s %s waits for marks that never show: %q", r.role, r.path, r.marks)
		}
		if seen[r.role+r.method+r.path] {
			t.Errorf("%s %s stands twice", r.role, r.path)
		}
		seen[r.role+r.method+r.path] = true
		if _, err := http1.AppendRequest(nil, http1.Request{Method: r.method, Target: r.path, Host: "x"}); err != nil {
			t.Error(err)
		}
		if r.marks[0] == always && !r.more && !strings.Contains(r.path, "{ca}") {
			first++
		}
	}
	if first > 10 {
		t.Errorf("every web server would see %d requests", first)
	}
	for _, role := range []string{"adcs-web-enrolment", "adcs-ndes", "adcs-cep", "adcs-ces", "exchange", "adfs", "wsus", "mecm", "winrm", "sharepoint", "skype", "rd-gateway", "ssrs", "http-proxy"} {
		if !slices.ContainsFunc(tab.rows, func(r row) bool { return r.role == role && !r.more }) {
			t.Errorf("no path for the role %s", role)
		}
	}
	if _, bad := parseRoles("seen x\nprobe GET /\nrole a\nrole a b\nprobe GET\nnonsense\n# fine\n\nprobe GET /x"); bad != 5 {
		t.Errorf("%d bad lines found, want 5", bad)
	}
}

func TestSigns(t *testing.T) {
	tab, _ := parseRoles(rolesText)
	for _, test := range []struct {
		mark string
		resp http1.Response
	}{
		{"iis", http1.Response{Header: http1.Header{{Name: "server", Value: "Microsoft-IIS/8.5"}}}},
		{"httpapi", http1.Response{Header: http1.Header{{Name: "Server", Value: "Microsoft-HTTPAPI/2.0"}}}},
		{"adcs", http1.Response{Body: []byte("<HTML><Head>\r\n<Title lang=x>Microsoft Active  Directory\r\nCertificate Services</Title>")}},
		{"exchange", http1.Response{Header: http1.Header{{Name: "Location", Value: "https://mail.example/OWA/"}}}},
		{"sharepoint", http1.Response{Header: http1.Header{{Name: "microsoftsharepointteamservices", Value: ""}}}},
		{"http-proxy", http1.Response{Status: 407}},
	} {
		marks := map[string]bool{}
		tab.marks(marks, &test.resp)
		if !marks[test.mark] {
			t.Errorf("%s does not show in %+v", test.mark, test.resp)
		}
	}
	marks := map[string]bool{}
	tab.marks(marks, &http1.Response{Status: 200, Header: http1.Header{{Name: "Server", Value: "nginx"}, {Name: "Location", Value: "https://x"}}, Body: []byte("<title>Active Directory")})
	if len(marks) != 0 {
		t.Errorf("marks out of nothing: %v", marks)
	}
	tab.portMarks(marks, 8530)
	if !marks["wsus"] || len(marks) != 1 {
		t.Errorf("port 8530 shows %v", marks)
	}
}

func TestHostField(t *testing.T) {
	for _, test := range []struct {
		name, addr string
		port       uint16
		secure     bool
		want       string
	}{
		{"", "10.0.0.5", 80, false, "10.0.0.5"},
		{"", "10.0.0.5", 80, true, "10.0.0.5:80"},
		{"", "2001:db8::5", 443, true, "[2001:db8::5]"},
		{"", "fe80::1%eth0", 8080, false, "[fe80::1]:8080"},
		{"ca1.corp.example", "10.0.0.5", 443, true, "ca1.corp.example"},
		{"ca1.corp.example", "10.0.0.5", 443, false, "ca1.corp.example:443"},
		{"2001:db8::5", "2001:db8::5", 80, false, "[2001:db8::5]"},
	} {
		e := signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(test.addr), Name: test.name}, Port: test.port}
		if got := hostField(e, test.secure); got != test.want {
			t.Errorf("%v %v: %q, want %q", e, test.secure, got, test.want)
		}
	}
}
