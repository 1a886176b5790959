package report

import (
	"bytes"
	"encoding/json"
	"net/netip"
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
		var out bytes.Buffer
		j := NewJSONL(&out)
		j.h.Run = "r1"
		if err := j.Host(h); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(struct {
			Kind string `json:"kind"`
			Run  string `json:"run"`
			*signet.Host
		}{"host", "r1", h})
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(out.Bytes(), &a) != nil || json.Unmarshal(want, &b) != nil {
			t.Fatalf("not JSON: %s", out.Bytes())
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if !bytes.Equal(x, y) || bytes.IndexByte(out.Bytes(), 0x1b) >= 0 {
			t.Errorf("got  %s\nwant %s", x, y)
		}
	}
}
