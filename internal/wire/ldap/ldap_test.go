package ldap

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// NTLM tokens of the goldens below: a type 1 without SIGN and the anonymous AUTHENTICATE, which names nobody.
const (
	type1 = "4e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"
	type3 = "4e544c4d53535000030000000100010058000000000000005900000000000000580000000000000058000000000000005800000000" +
		"00000059000000058a88a20a00614a0000000f0000000000000000000000000000000000"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"first SASL bind", AppendSASLBind(nil, 1, GSSSPNEGO, unhex(t, type1)),
			"3042020101603d0201030400a336040a4753532d53504e45474f0428" + type1},
		{"second SASL bind", AppendSASLBind(nil, 2, GSSSPNEGO, unhex(t, type3)),
			"3073020102606e0201030400a367040a4753532d53504e45474f0459" + type3},
		{"SASL bind without a token", AppendSASLBind(nil, 3, "EXTERNAL", nil), "30160201036011020103" + "0400a30a040845585445524e414c"},
		{"anonymous simple bind", AppendSimpleBind(nil, 1, "", ""), "300c020101600702010304008000"},
		{"simple bind", AppendSimpleBind(nil, 2, "cn=a", "b"), "3011020102600c0201030404636e3d61800162"},
		{"StartTLS", AppendExtended(nil, 1, StartTLS), "301d02010177188016312e332e362e312e342e312e313436362e3230303337"},
		{"unbind", AppendUnbind(nil, 3), "30050201034200"},
		{"rootDSE, one attribute", AppendSearchRoot(nil, 1, "dnsHostName"),
			"30320201016" + "32d04000a01000a0100020100020100010100870b6f626a656374436c617373300d040b646e73486f73744e616d65"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Answers recorded from Samba 4.17.12 and 4.22.11 domain controllers, written with the questions of the table above.
func TestBindResponses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		code     ResultCode
		text     string
		reason   Reason
		creds    int // -1 for none
	}{
		{"4.17 strong auth = yes", "303b02010261360a01080400042d5341534c3a5b4753532d53504e45474f5d3a205369676e206f72205365616c206172652072657175697265642e8700",
			StrongerAuthRequired, "SASL:[GSS-SPNEGO]: Sign or Seal are required.", ReasonNone, 0},
		{"4.17 strong auth = no", "300e02010261090a0100040004008700", Success, "", ReasonNone, 0},
		{"4.22 over TLS without a binding", "306502010261600a01310400045738303039303334363a204c6461704572723a20445349442d30433039303731312c20636f6d6d656e743a" +
			"204163636570745365637572697479436f6e74657874206572726f722c2064617461203335622c2076316462318700",
			InvalidCredentials, "80090346: LdapErr: DSID-0C090711, comment: AcceptSecurityContext error, data 35b, v1db1", ReasonBadBindings, 0},
		{"with the lengths of Active Directory", "308400000010020102618400000007" + "0a010e04000400", SaslBindInProgress, "", ReasonNone, -1},
		{"a referral before the credentials", "301502010161100a010a04000400a30404026162870178", 10, "", ReasonNone, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, rest, err := ParseMessage(unhex(t, c.in))
			if err != nil || len(rest) != 0 {
				t.Fatalf("rest %x, %v", rest, err)
			}
			r, err := ParseBindResponse(m)
			if err != nil {
				t.Fatal(err)
			}
			creds := len(r.SASLCreds)
			if r.SASLCreds == nil {
				creds = -1
			}
			if r.Code != c.code || r.Diagnostic != c.text || creds != c.creds {
				t.Errorf("got %v %q and %d bytes of credentials", r.Code, r.Diagnostic, creds)
			}
			if got := ParseDiagnostic(r.Diagnostic).Reason(); got != c.reason {
				t.Errorf("reason %v, want %v", got, c.reason)
			}
		})
	}
}

func TestExtendedResponse(t *testing.T) {
	// Samba 4.17.12, StartTLS accepted.
	m, _, err := ParseMessage(unhex(t, "3024020101781f0a0100040004008a16312e332e362e312e342e312e313436362e3230303337"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseExtendedResponse(m)
	if err != nil || r.Code != Success || r.Name != StartTLS || r.Value != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := ParseBindResponse(m); err == nil {
		t.Error("an extended response was read as a bind response")
	}
}

func TestParseMessageRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		short    bool
	}{
		{"nothing", "", true},
		{"a set", "310c020101600702010304008000", false},
		{"half a header", "3084", true},
		{"half a message", "300c020101600702", true},
		{"an SMB answer", "000000d0fe534d42", false},
		{"a TLS alert", "15030300020228", false},
		{"over the bound", "30840000bffb020101", false},
		{"indefinite length", "30800201010000", false},
		{"negative ID", "30050201ff4200", false},
		{"ID of 40 bits", "3009020501000000004200", false},
		{"no operation", "3003020101", false},
		{"operation past its message", "3005020101610a", false},
		{"an operation of the universal class", "300502010104" + "00", false},
		{"tail that is no element", "30070201014200" + "0401", false},
	} {
		m, rest, err := ParseMessage(unhex(t, c.in))
		if err == nil {
			t.Errorf("%s: parsed as %+v", c.name, m)
		}
		if errors.Is(err, ErrShort) != c.short {
			t.Errorf("%s: %v, short = %v wanted", c.name, err, c.short)
		}
		if m.Body != nil || m.Op != 0 || rest != nil {
			t.Errorf("%s: results beside an error", c.name)
		}
	}
}

func TestFrameSizeNeedsTheHeaderOnly(t *testing.T) {
	if n, err := FrameSize(unhex(t, "30840000aff0")); err != nil || n != 0xaff0+6 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := FrameSize(unhex(t, "30840000af")); !errors.Is(err, ErrShort) {
		t.Errorf("%v", err)
	}
	if n, err := FrameSize(unhex(t, "160301")); err == nil || n != 0 || errors.Is(err, ErrShort) {
		t.Errorf("a TLS record: %d, %v", n, err)
	}
}

func TestParseDiagnostic(t *testing.T) {
	for _, c := range []struct {
		text string
		want Reason
	}{
		{"", ReasonNone},
		{"8009030C: LdapErr: DSID-0C0904DC, comment: AcceptSecurityContext error, data 52e, v1db1", ReasonLogonFailure},
		{"8009030C: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data 52e, v4563\x00", ReasonLogonFailure},
		{"80090346: LdapErr: DSID-0C090711, comment: AcceptSecurityContext error, data 35b, v1db1", ReasonBadBindings},
		{"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 80090346, v2580\x00", ReasonBadBindings},
		{"80090308: LdapErr: DSID-0C09044E, Kommentar: ganz andere Worte, data 80090346, v2580", ReasonBadBindings},
		{"80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 52e, v1db1", ReasonLogonFailure},
		{"80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 525, v1db1", ReasonNoSuchUser},
		{"80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 775, v1db1", ReasonAccountRestricted},
		{"80090302: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 0, v1db1", ReasonNTLMUnsupported},
		{"00002028: LdapErr: DSID-0C090202, comment: The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v1db1", ReasonIntegrityRequired},
		{"SASL:[GSS-SPNEGO]: Sign or Seal are required.", ReasonNone},
		{"see 80090346: somewhere else", ReasonNone},
		{"80090346", ReasonNone},
		{"80090346 LdapErr", ReasonNone},
		{"comment: data 52e, then data 80090346, v1", ReasonBadBindings},
		{"zzzzzzzz: data , v", ReasonNone},
		{"x, data 180090346, v", ReasonNone},
	} {
		if got := ParseDiagnostic(c.text).Reason(); got != c.want {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
	d := ParseDiagnostic("00002028: data 0, v1")
	if d.Prefix != ErrIntegrityRequired || !d.HasData || d.Data != 0 {
		t.Errorf("%+v", d)
	}
}

func TestResultCodeNames(t *testing.T) {
	for code, want := range map[ResultCode]string{0: "success", 8: "strongerAuthRequired", 14: "saslBindInProgress", 49: "invalidCredentials", 4711: "resultCode 4711"} {
		if got := code.String(); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
}

func TestEntryValues(t *testing.T) {
	e := Entry{Attributes: []Attribute{{Name: "dnsHostName", Values: [][]byte{[]byte("dc1.signet.test")}}, {Name: "empty"}}}
	m, _, err := ParseMessage(AppendEntry(nil, 1, e))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseEntry(m)
	if err != nil {
		t.Fatal(err)
	}
	if v := got.Value("DNSHOSTNAME"); v != "dc1.signet.test" {
		t.Errorf("dnsHostName %q", v)
	}
	if got.Value("empty") != "" || got.Value("absent") != "" || len(got.Attributes) != 2 {
		t.Errorf("%+v", got)
	}
	if strings.Join(got.Values("absent"), "") != "" {
		t.Error("values of an absent attribute")
	}
}

func TestParseBindRequest(t *testing.T) {
	sasl, _, _ := ParseMessage(AppendSASLBind(nil, 1, GSSSPNEGO, unhex(t, type1)))
	r, err := ParseBindRequest(sasl)
	if err != nil || r.Auth != AuthSASL || r.Mechanism != GSSSPNEGO || !bytes.Equal(r.Credentials, unhex(t, type1)) || r.Version != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	simple, _, _ := ParseMessage(AppendSimpleBind(nil, 1, "cn=a", "b"))
	r, err = ParseBindRequest(simple)
	if err != nil || r.Auth != AuthSimple || r.Name != "cn=a" || string(r.Credentials) != "b" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, tail := range []Message{{Op: OpBindRequest, Body: append(bytes.Clone(simple.Body), 4, 0)}, {Op: OpBindRequest, Body: unhex(t, "020103"+"0400"+"a306"+"040141"+"0400"+"05")}} {
		if r, err := ParseBindRequest(tail); err == nil || r.Version != 0 {
			t.Errorf("bytes after the authentication: %+v, %v", r, err)
		}
	}
	simple.Body = simple.Body[:len(simple.Body)-1]
	if r, err = ParseBindRequest(simple); err == nil || r.Version != 0 || errors.Is(err, ErrShort) {
		t.Errorf("cut short: %+v, %v", r, err)
	}
}
