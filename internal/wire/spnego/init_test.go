package spnego

import (
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	type1 = "4e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"

	// initNTLM is the 74-byte token that Samba 4.17 was seen to answer.
	initNTLM = "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a0428" + type1

	// initWindows is a NegTokenInit2 as a Windows server sends it: all five mechanisms and the fixed hint.
	initWindows = "607606062b0601050502a06c306aa03c303a" +
		"060a2b06010401823702021e" + "06092a864882f712010202" + "06092a864886f712010202" + "060a2a864886f71201020203" + "060a2b06010401823702020a" +
		"a32a3028a0261b24" + "6e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265"

	hintAndMIC = "a011300f" + "a3073005a0031b0168" + "a4040402beef"
)

var windowsMechs = []string{OIDNegoEx, OIDKerberosMS, OIDKerberos, OIDKerberosU2U, OIDNTLM}

func TestAppendInitNTLM(t *testing.T) {
	got := AppendInitNTLM([]byte{0xff}, unhex(t, type1))
	if hex.EncodeToString(got) != "ff"+initNTLM || len(got) != 75 {
		t.Errorf("%x", got)
	}
}

func TestParseInit(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Init
		fails    string
	}{
		{name: "ours", in: initNTLM, want: Init{MechTypes: []string{OIDNTLM}, MechToken: unhex(t, type1)}},
		{name: "Windows", in: initWindows, want: Init{MechTypes: windowsMechs, HintName: "not_defined_in_RFC4178@please_ignore"}},
		{name: "without the wrapping, trailing bytes", in: initWindows[20:] + "0000",
			want: Init{MechTypes: windowsMechs, HintName: "not_defined_in_RFC4178@please_ignore"}},
		{name: "flags and MIC of RFC 4178", in: "a0153013" + "a1040302010a" + "a2050403414243" + "a3040402beef",
			want: Init{MechToken: []byte("ABC"), MechListMIC: []byte{0xbe, 0xef}}},
		{name: "hint without a name, MIC of the Microsoft form", in: "a00c300a" + "a3023000" + "a4040402beef",
			want: Init{MechListMIC: []byte{0xbe, 0xef}}},
		{name: "hint and MIC", in: hintAndMIC, want: Init{HintName: "h", MechListMIC: []byte{0xbe, 0xef}}},
		{name: "empty list, empty token, extension", in: "a00e300c" + "a0023000" + "a2020400" + "a5020500", want: Init{MechToken: []byte{}}},
		{name: "nothing in it", in: "a0023000"},

		{name: "nothing", fails: "ends inside"},
		{name: "raw NTLM", in: type1, fails: "ends inside"},
		{name: "Kerberos in GSS", in: "600b06092a864886f712010202", fails: "mechanism"},
		{name: "a response", in: "a1023000", fails: "tag 0xa1"},
		{name: "cut off", in: initWindows[:100], fails: "ends inside"},
		{name: "list of no identifiers", in: "a0083006a00430020500", fails: "tag 0x05"},
		{name: "bad identifier", in: "a0083006a00430020680", fails: "indefinite"},
		{name: "padded identifier", in: "a00a3008a0063004060280" + "01", fails: "padded"},
		{name: "members out of order", in: "a00a3008" + "a2020400" + "a0023000", fails: "tag 0xa0"},
		{name: "member twice", in: "a00a3008" + "a0023000" + "a0023000", fails: "tag 0xa0"},
		{name: "not a member", in: "a0063004" + "04020000", fails: "tag 0x04"},
		{name: "bytes after the sequence", in: "a0043000" + "0500", fails: "after the sequence"},
		{name: "bytes after the token", in: "a0083006a2040400" + "0500", fails: "after an element"},
		{name: "token of another type", in: "a0063004a2020500", fails: "tag 0x05"},
		{name: "hint of another type", in: "a00a3008a3063004a0020500", fails: "tag 0x05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseInit(unhex(t, c.in))
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestAppendInit: what the parser read is, written again, what was sent.
func TestAppendInit(t *testing.T) {
	for _, in := range []string{initWindows, initNTLM, "601b06062b0601050502" + hintAndMIC} {
		i, err := ParseInit(unhex(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(AppendInit(nil, i)); got != in {
			t.Errorf("%s\nfrom %s", got, in)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{windowsMechs, []string{NegoEx, Kerberos, KerberosU2U, NTLM}},
		{[]string{OIDNTLM}, []string{"ntlm"}},
		{[]string{"1.2.752.43.14.3", OIDNTLM}, []string{"1.2.752.43.14.3", "ntlm"}},
		{nil, nil},
	} {
		if got := Names(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.in, got, c.want)
		}
	}
	if !(Init{MechTypes: windowsMechs}).Offers(OIDNTLM) || (Init{MechTypes: []string{OIDKerberos}}).Offers(OIDNTLM) {
		t.Error("Offers")
	}
}

// FuzzParseInit holds that an error comes with a zero result and that what was read reads the same after being
// written.
func FuzzParseInit(f *testing.F) {
	f.Add(unhex(f, initNTLM))
	f.Add(unhex(f, initWindows))
	f.Add(unhex(f, initWindows[20:]))
	f.Add(unhex(f, "a00e300ca0023000a2020400a5020500"))
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := ParseInit(b)
		if err != nil {
			if !reflect.DeepEqual(i, Init{}) {
				t.Fatalf("%v with %+v", err, i)
			}
			return
		}
		again, err := ParseInit(AppendInit(nil, i))
		if err != nil || !reflect.DeepEqual(again, i) {
			t.Fatalf("%+v\nagain %+v %v", i, again, err)
		}
	})
}
