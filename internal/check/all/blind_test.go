package all_test

import (
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
)

// sights are facts, and what they leave in the dark of the endpoint that showed them: the beginnings of the words of its check.
var sights = []struct {
	check, facts string
	verdict      signet.Verdict
	dark         []string
}{
	{"smb", `{"dialect":"3.1.1","dialect_floor":"3.1.1","smb2_offered":true,"signing":"optional","smb1":{"offered":false},"mechanisms":["negoex","ntlm"],"ntlm":{"nb_computer":"FS1","dns_computer":"fs1.corp.example","os_version":"10.0.20348"}}`,
		signet.Guarded, []string{"the refusal of unsigned SMB 3.1.1", "SMB over QUIC"}},
	{"smb", `{"dialect":"3.0","smb2_offered":true,"signing":"optional","encryption_required":true,"smb1":{"offered":false}}`, signet.Guarded, []string{"required SMB encryption"}},
	{"smb", `{"dialect":"2.1","smb2_offered":true,"signing":"optional","smb1":{"offered":null}}`, signet.Exposed, []string{"SPN target name validation", "SMB 1 at"}},
	{"smb", `{"dialect":"2.1","smb2_offered":true,"signing":"required","smb1":{"offered":null},"undecided":["smb1"]}`, signet.Undetermined, nil},
	{"ldap", `{"tls":"none","starttls":false,"role":"ad-dc","binds":[{"over":"none","question":"challenge","challenge":true,"code":14}]}`, signet.Undetermined, []string{"LDAP signing"}},
	{"ldap", `{"tls":"none","starttls":false,"role":"ad-dc","signing":"optional","binds":[{"over":"none","question":"anonymous","challenge":true,"code":0}]}`, signet.Exposed, []string{"the answer to an anonymous LDAP bind"}},
	{"ldap", `{"tls":"none","starttls":false,"role":"ad-dc","signing":"required","root":{"vendorName":"Samba Team (https://www.samba.org)"},"binds":[{"over":"none","question":"anonymous","challenge":true,"code":8}]}`, signet.Guarded, nil},
	{"ldap", `{"tls":"ldaps","role":"ad-dc","binds":[{"over":"ldaps","question":"anonymous","challenge":true,"code":0}]}`, signet.Undetermined, []string{"channel binding at"}},
	{"ldap", `{"tls":"ldaps","role":"ad-dc","channel_binding":"off","binds":[{"over":"ldaps","question":"anonymous","challenge":true,"code":0},{"over":"ldaps","question":"decoy-wrong","challenge":true,"code":49}]}`, signet.Exposed, []string{"the refusal of channel bindings"}},
	{"ldap", `{"tls":"ldaps","role":"directory","binds":[{"over":"ldaps","question":"anonymous","challenge":true,"code":0}]}`, signet.Undetermined, []string{"channel binding of"}},
	{"http", `{"server":"Microsoft-IIS/10.0","tls":{},"paths":[{"path":"/","status":401,"ntlm":"proven"}]}`, signet.Undetermined, []string{"Extended Protection at", "further pages"}},
	{"http", `{"server":"Microsoft-HTTPAPI/2.0","paths":[{"path":"/wsman","role":"winrm","status":401,"ntlm":"proven"}]}`, signet.Undetermined, []string{"message encryption", "further pages"}},
	{"http", `{"server":"Microsoft-HTTPAPI/2.0","tls":{},"paths":[{"path":"/wsman","role":"winrm","status":401,"ntlm":"proven"}]}`, signet.Undetermined, []string{"channel binding at", "further pages"}},
	{"http", `{"server":"Microsoft-IIS/10.0","paths":[{"path":"/","status":401,"schemes":["Negotiate"],"negotiate":"kerberos-only","ntlm":"no","sent":true}]}`, signet.Guarded, []string{"the refusal of NTLM", "further pages"}},
	{"http", `{"server":"nginx","paths":[{"path":"/","status":401,"schemes":["NTLM"],"ntlm":"proven"}]}`, signet.Exposed, []string{"further pages"}},
	{"http", `{"server":"","paths":[]}`, signet.Undetermined, nil},
	{"mssql", `{"service":"engine","windows_authentication":"proven"}`, signet.Undetermined, []string{"Extended Protection"}},
	{"mssql", `{"service":"engine","windows_authentication":"proven","epa":"off"}`, signet.Exposed, nil},
	{"mssql", `{"service":"engine","windows_authentication":"refused"}`, signet.Guarded, []string{"the refusal of Windows logins"}},
	{"rdp", `{"protocols":["nla"],"nla":"required"}`, signet.Guarded, []string{"the refusal of connections without NLA"}},
	{"rdp", `{"protocols":["rdp"],"nla":"off"}`, signet.Unseen, nil},
	{"mail", `{"protocol":"smtp","greeting":"mx1 Microsoft ESMTP MAIL Service ready","ways":[{"over":"implicit","ntlm":"proven"}]}`, signet.Undetermined, []string{"Extended Protection", "the answers of Exchange"}},
	{"mail", `{"protocol":"smtp","greeting":"mx1 ESMTP Postfix","ways":[{"over":"none","ntlm":"proven"}]}`, signet.Exposed, nil},
	{"rpc", `{"interfaces":[{"uuid":"1"}],"coercible":[]}`, signet.Undetermined, []string{"packet privacy"}},
	{"rpc", `{"interfaces":[{"uuid":"1"}],"coercible":[],"certificate_authority":true}`, signet.Undetermined, []string{"packet privacy", "encryption of certificate requests"}},
	{"rpc", `{"interfaces":[],"coercible":[],"fault":5}`, signet.Undetermined, nil},
	{"names", `{"protocol":"llmnr","name":"ws1"}`, signet.Undetermined, []string{"whose answers to name queries"}},
	{"names", `{}`, signet.Undetermined, nil},
}

// Each check tells what it cannot see of an endpoint where that is so, and nowhere else. Every one of its words is met by some
// facts and missing from others.
func TestWhatChecksCannotSee(t *testing.T) {
	type word struct{ check, what string }
	met, missed := map[word]bool{}, map[word]bool{}
	for _, s := range sights {
		i := slices.IndexFunc(all.Checks(), func(c check.Check) bool { return c.Name == s.check })
		c := all.Checks()[i]
		bits, err := c.Blinded(signet.RawFacts(s.facts), s.verdict)
		if err != nil {
			t.Fatalf("%s %s: %v", s.check, s.facts, err)
		}
		for k, b := range c.Blind {
			want := slices.ContainsFunc(s.dark, func(d string) bool { return strings.HasPrefix(b.What, d) })
			if got := bits&(1<<k) != 0; got != want {
				t.Errorf("%s %s: %q: %v, want %v", s.check, s.facts, b.What, got, want)
			}
			met[word{s.check, b.What}] = met[word{s.check, b.What}] || want
			missed[word{s.check, b.What}] = missed[word{s.check, b.What}] || !want
		}
	}
	for _, c := range all.Checks() {
		if len(c.Blind) == 0 {
			t.Errorf("%s says nothing of what it cannot see", c.Name)
		}
		for _, b := range c.Blind {
			if w := (word{c.Name, b.What}); !met[w] || !missed[w] {
				t.Errorf("%s: %q: met %v, missed %v, want facts of both kinds", c.Name, b.What, met[w], missed[w])
			}
			if b.Lack == 0 || b.What == "" || (b.One == "") != (b.Many == "") || (b.Depth != 0) != (b.Lack == check.LacksDepth) {
				t.Errorf("%s: %+v", c.Name, b)
			}
		}
	}
}

// A rule whose guard nobody can see without an account belongs to a check that says so, and so does a check of a Windows
// service: none of its answers was verified on Windows.
func TestUnseenGuardsAreTold(t *testing.T) {
	onWindows := []string{"smb", "ldap", "http", "mssql", "rdp", "mail"}
	rules := 0
	for _, c := range all.Checks() {
		says := func(lack check.Lack) bool {
			return slices.ContainsFunc(c.Blind, func(b check.Blind) bool { return b.Lack == lack })
		}
		for _, r := range c.Rules {
			if r.Opens.To == check.ToNothing || r.Opens.Guard != signet.Unknown {
				continue
			}
			if rules++; !says(check.LacksAccount) {
				t.Errorf("%s: the guard of %s takes an account to see, and the check does not say so", c.Name, r.ID)
			}
		}
		if slices.Contains(onWindows, c.Name) && !says(check.LacksWindows) {
			t.Errorf("%s does not say which of its answers are unverified on Windows", c.Name)
		}
	}
	if rules < 5 {
		t.Errorf("%d rules whose guard is unseen", rules)
	}
}
