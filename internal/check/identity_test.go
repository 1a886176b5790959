package check_test

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

func TestIdentityOfAChallenge(t *testing.T) {
	for _, tt := range []struct {
		name    string
		version string
		windows signet.Answer
		samba   bool
	}{
		{"no version", "", signet.NotKnown, false},
		{"Samba", "6.1.0", signet.NotKnown, true},
		{"Windows 7 or Server 2008 R2", "6.1.7601", signet.Yes, false},
		{"Server 2022", "10.0.20348", signet.Yes, false},
		{"impacket", "255.255.65535", signet.NotKnown, false},
		{"an appliance without a build", "10.0.0", signet.NotKnown, false},
	} {
		var id check.Identity
		id.AddNTLM(&signet.NTLM{NBComputer: "FS1", NBDomain: "CORP", DNSComputer: "fs1.corp.example.", OSVersion: tt.version})
		if id.Windows != tt.windows || id.Samba != tt.samba {
			t.Errorf("%s: windows %s samba %v, want %s %v", tt.name, id.Windows, id.Samba, tt.windows, tt.samba)
		}
		if len(id.Roles) != 0 {
			t.Errorf("%s: a CHALLENGE gives roles: %v", tt.name, id.Roles)
		}
		if len(id.Names) != 3 || id.Names[0] != (check.Named{Kind: check.NameDNS, Name: "fs1.corp.example", From: "ntlm"}) {
			t.Errorf("%s: names %v", tt.name, id.Names)
		}
	}
}

func TestIdentityOfACertificate(t *testing.T) {
	var many []string
	for i := range 1000 {
		many = append(many, strings.Repeat("x", i%5+1)+string(rune('a'+i%26))+string(rune('a'+i/26%26))+".corp.example")
	}
	for _, tt := range []struct {
		name string
		tls  signet.TLS
		want int
	}{
		{"names", signet.TLS{Subject: "CN=other.example", Names: []string{"ca1.corp.example", "*.corp.example", "10.0.0.1/24", "CA1"}}, 1},
		{"subject alone", signet.TLS{Subject: "CN=ca1.corp.example,O=Corp"}, 1},
		{"no name at all", signet.TLS{Subject: "CN=CA1,O=Corp"}, 0},
		{"a thousand", signet.TLS{Names: many}, 16},
	} {
		var id check.Identity
		id.AddTLS(&tt.tls)
		if len(id.Names) != tt.want {
			t.Errorf("%s: %d names, want %d: %v", tt.name, len(id.Names), tt.want, id.Names)
		}
		for _, n := range id.Names {
			if n.Kind != check.NameAlias {
				t.Errorf("%s: %v is no alias", tt.name, n)
			}
		}
	}
}

func TestIdentityBoundsText(t *testing.T) {
	var id check.Identity
	id.AddName(check.NameDNS, strings.Repeat("é", 4000), "ntlm")
	id.AddProduct(strings.Repeat("x", 4000))
	if n := len(id.Names[0].Name); n > 253 {
		t.Errorf("a name of %d bytes", n)
	}
	if n := len(id.Products[0]); n > 120 {
		t.Errorf("a product of %d bytes", n)
	}
}
