package line

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"signet"
)

// A host line says what the struct tags of signet.Host say.
func TestHostLine(t *testing.T) {
	full := &signet.Host{
		Address: netip.MustParseAddr("192.0.2.1"), Name: "dc1.corp.example", Domain: "corp.example", Forest: "corp.example",
		SameAs: netip.MustParseAddr("2001:db8::1"), OS: "Windows Server 2022", OSVersion: "10.0.20348", Windows: signet.Yes, Samba: true,
		Roles:         []signet.HostRole{{Role: "domain-controller", Certain: true, Because: "it says \"so\""}, {Role: "server"}},
		Names:         []signet.HostName{{Kind: "dns", Name: "dc1\x1b[2J", From: []string{"445 ntlm", "389 rootdse"}}, {Kind: "netbios", Name: "DC1", From: []string{}}},
		Disagreements: []string{"a", "b"}, Products: []string{"x"}, GUID: "01",
		Endpoints: []signet.HostEndpoint{{Port: 445, Transport: "tcp", Check: "smb", Outcome: signet.Answered, Verdict: signet.Exposed}, {Port: 53, Transport: "udp"}},
		Findings:  []signet.HostFinding{{Rule: "r", Severity: signet.High, Check: "smb", Port: 445, Where: "/"}, {}},
	}
	bare := &signet.Host{
		Address: netip.MustParseAddr("192.0.2.2"), Roles: []signet.HostRole{}, Names: []signet.HostName{}, Disagreements: []string{},
		Products: []string{}, Endpoints: []signet.HostEndpoint{}, Findings: []signet.HostFinding{},
	}
	for _, h := range []*signet.Host{full, bare} {
		want, err := json.Marshal(struct {
			Kind string `json:"kind"`
			Run  string `json:"run"`
			*signet.Host
		}{"host", "r1", h})
		if err != nil {
			t.Fatal(err)
		}
		sameLine(t, AppendHost(nil, "r1", h), want)
	}
}

// A path line says what the struct tags of signet.Path say, and which endpoint the path leads into.
func TestPathLine(t *testing.T) {
	full := &signet.Path{
		Rule: "path-smb-to-smb", Source: "smb", Assumed: true, State: signet.PathOpen,
		Target: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("2001:db8::5"), Name: "a\u202e\"b"}, Port: 445},
		Check:  "smb", Finding: "smb-signing-not-required", Severity: signet.High, Sources: 1 << 40,
		Sample: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, Because: "x → y\x1b[2J",
	}
	bare := &signet.Path{Target: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.2")}, Transport: signet.UDP}, Sample: []netip.Addr{}}
	for _, p := range []*signet.Path{full, bare} {
		want, err := json.Marshal(struct {
			Kind      string `json:"kind"`
			Run       string `json:"run"`
			Address   string `json:"address"`
			Port      uint16 `json:"port"`
			Transport string `json:"transport"`
			Name      string `json:"name,omitempty"`
			*signet.Path
		}{"path", "r1", p.Target.Addr.String(), p.Target.Port, p.Target.Transport.String(), p.Target.Name, p})
		if err != nil {
			t.Fatal(err)
		}
		sameLine(t, AppendPath(nil, "r1", p), want)
	}
}

// sameLine holds two lines against each other as what they mean, and looks for what a terminal would obey.
func sameLine(t *testing.T, got, want []byte) {
	t.Helper()
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal(want, &b) != nil {
		t.Fatalf("not JSON: %s", got)
	}
	if !reflect.DeepEqual(a, b) || bytes.IndexByte(got, 0x1b) >= 0 {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
