package fix

import (
	"net/netip"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
)

func witness(rule string) *Witness { return NewWitness(check.FindRule(all.Checks(), rule)) }

func TestImpact(t *testing.T) {
	for _, tt := range []struct {
		rule, check, facts string
		outcome            signet.Outcome
		want               check.Standing
	}{
		{"smb-signing-not-required", "smb", `{"dialect":"1.0","signing":"unknown","smb1":{"offered":true,"signing":"off"}}`, signet.Answered, check.WouldFail},
		{"smb-signing-not-required", "smb", `{"dialect":"3.1.1","signing":"optional"}`, signet.Answered, check.Fine},
		{"smb-signing-not-required", "smb", ``, signet.Broken, check.NotKnown},
		{"smb-signing-not-required", "http", `{"server":"nginx"}`, signet.Answered, check.NotKnown},
		{"smb1-enabled", "smb", `{"dialect":"1.0","smb1":{"offered":true}}`, signet.Answered, check.WouldFail},
		{"smb1-enabled", "smb", `{"dialect":"2.1","smb1":{"offered":true}}`, signet.Answered, check.Fine},
		{"ldap-signing-not-required", "ldap", `{"certificate":"missing","tls":"none"}`, signet.Answered, check.WouldFail},
		{"ldap-signing-not-required", "ldap", `{"certificate":"ok","tls":"ldaps"}`, signet.Answered, check.NotKnown},
		{"ldap-channel-binding-off", "ldap", `{"certificate":"ok","tls":"ldaps"}`, signet.Answered, check.NotKnown},
		{"http-ntlm-plain", "http", `{"paths":[]}`, signet.Answered, check.WouldFail},
		{"wsus-ntlm-http", "http", `{"tls":{"version":"1.2"}}`, signet.Answered, check.Fine},
		{"rdp-nla-not-required", "rdp", `{"nla":"optional"}`, signet.Answered, check.NotKnown},
	} {
		w := witness(tt.rule)
		o := &signet.Observation{Check: tt.check, Outcome: tt.outcome, Open: true}
		o.Addr = netip.MustParseAddr("10.0.0.1")
		if tt.facts != "" {
			o.Facts = signet.RawFacts(tt.facts)
		}
		w.Hear(o)
		if got := w.Judge(o.Addr, ""); got.State != tt.want || got.Because == "" {
			t.Errorf("%s, %s %s: %s (%s), want %s", tt.rule, tt.check, tt.facts, got.State, got.Because, tt.want)
		}
	}
	if got := witness("smb1-enabled").Judge(netip.MustParseAddr("10.0.0.2"), ""); got.State != check.NotKnown {
		t.Errorf("a host that was never seen: %s", got.State)
	}
}

// What was overheard of a host as a client says more than what it does as a server.
func TestImpactOnClients(t *testing.T) {
	yes, no := true, false
	server := netip.MustParseAddr("10.0.0.9")
	for _, tt := range []struct {
		rule string
		c    []signet.Client
		want check.Standing
	}{
		{"smb-signing-not-required", []signet.Client{{Check: "smb", Signing: "none"}}, check.WouldFail},
		{"smb-signing-not-required", []signet.Client{{Check: "smb", Signing: "enabled"}}, check.Fine},
		{"smb-signing-not-required", []signet.Client{{Check: "smb", Signing: "enabled"}, {Check: "smb", Signing: "none"}, {Check: "smb", Signing: "enabled"}}, check.WouldFail},
		{"smb-signing-not-required", []signet.Client{{Check: "ldap", Logon: "simple"}}, check.NotKnown},
		{"smb1-enabled", []signet.Client{{Check: "smb", SMB1: "only"}}, check.WouldFail},
		{"smb1-enabled", []signet.Client{{Check: "smb", SMB1: "offered"}}, check.Fine},
		{"ldap-signing-not-required", []signet.Client{{Check: "ldap", Logon: "simple"}}, check.WouldFail},
		{"ldap-signing-not-required", []signet.Client{{Check: "ldap", Logon: "ntlm", Response: "ntlmv2", Sign: &no}}, check.WouldFail},
		{"ldap-signing-not-required", []signet.Client{{Check: "ldap", Logon: "ntlm", Response: "ntlmv2", Sign: &yes}}, check.Fine},
		{"ldap-signing-not-required", []signet.Client{{Check: "ldap", Logon: "ntlm", Response: "anonymous", Sign: &no}}, check.NotKnown},
		{"ldap-signing-not-required", []signet.Client{{Check: "http", Logon: "ntlm", Response: "ntlmv2", Sign: &no}}, check.NotKnown},
		{"ldap-channel-binding-off", []signet.Client{{Check: "smb", Logon: "ntlm", Response: "ntlmv2", Binding: "absent"}}, check.NotKnown},
		{"mssql-epa-off", []signet.Client{{Check: "mssql", Logon: "ntlm", Response: "ntlmv2", Binding: "present"}}, check.Fine},
		{"http-ntlm-plain", []signet.Client{{Check: "http", Logon: "ntlm"}}, check.WouldFail},
		{"http-ntlm-plain", []signet.Client{{Check: "http", Logon: "basic"}}, check.NotKnown},
		{"http-basic-plain", []signet.Client{{Check: "http", Logon: "basic"}}, check.WouldFail},
		{"mail-ntlm-plain", []signet.Client{{Check: "mail", Logon: "ntlm"}}, check.WouldFail},
		{"rdp-nla-not-required", []signet.Client{{Check: "smb", Signing: "none"}}, check.NotKnown},
	} {
		w := witness(tt.rule)
		o := &signet.Observation{Check: "smb", Outcome: signet.Broken, Open: true}
		o.Addr = netip.MustParseAddr("10.0.0.1")
		w.Hear(o)
		for _, c := range tt.c {
			c.Address, c.Server, c.Port = o.Addr, server, 445
			w.HearClient(&c)
		}
		if got := w.Judge(o.Addr, ""); got.State != tt.want || got.Because == "" {
			t.Errorf("%s, %+v: %s (%s), want %s", tt.rule, tt.c, got.State, got.Because, tt.want)
		}
	}
}
