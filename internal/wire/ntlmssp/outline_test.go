package ntlmssp

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

// specAuthenticate is the AUTHENTICATE of [MS-NLMP] §4.2.4.3.
const specAuthenticate = "4e544c4d535350000300000018001800" + "6c00000054005400" + "840000000c000c00" + "4800000008000800" + "5400000010001000" +
	"5c00000010001000" + "d8000000358288e2" + "0501280a0000000f" + "44006f006d00610069006e00" + "5500730065007200" + "43004f004d0050005500540045005200" +
	"86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa" + "68cd0ab851e51c96aabc927bebef6a1c" +
	"01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000" +
	"c5dad2544fc9799094ce1ce90bc9d03e"

// authenticate lays out a message with the given flags and responses; head is the size of its header.
func authenticate(head int, flags Flags, domain, user, workstation string, lm, nt []byte) []byte {
	enc := encodeUTF16
	if flags&FlagUnicode == 0 {
		enc = func(s string) []byte { return []byte(s) }
	}
	b := make([]byte, head)
	copy(b, signature+"\x03\x00\x00\x00")
	for i, v := range [][]byte{lm, nt, enc(domain), enc(user), enc(workstation)} {
		binary.LittleEndian.PutUint16(b[12+8*i:], uint16(len(v)))
		binary.LittleEndian.PutUint32(b[16+8*i:], uint32(len(b)))
		b = append(b, v...)
	}
	if head >= 64 {
		binary.LittleEndian.PutUint32(b[60:], uint32(flags))
	}
	if head >= 72 {
		copy(b[64:], "\x06\x01\xb1\x1d\x00\x00\x00\x0f")
	}
	return b
}

// v2 is an NTLMv2 response with these pairs, given in hex.
func v2(t testing.TB, pairs string) []byte {
	return append(append(make([]byte, 16), ntlmv2Temp(nil, 0, [8]byte{})[:28]...), unhex(t, pairs)...)
}

func TestParseAuthenticateNames(t *testing.T) {
	win7 := Version{6, 1, 7601, 15}
	r24 := make([]byte, 24)
	const uni, ess = FlagUnicode | FlagVersion, FlagExtendedSecurity
	const mic, end = "0600040002000000", "00000000"
	oddUser := authenticate(72, uni, "", "u", "", nil, nil)
	oddUser[36] = 1
	for _, c := range []struct {
		name  string
		in    []byte
		want  AuthenticateNames
		fails string
	}{
		{name: "specification", in: unhex(t, specAuthenticate), want: AuthenticateNames{User: "User", Domain: "Domain", Workstation: "COMPUTER",
			Flags: 0xe2888235, Version: Version{5, 1, 2600, 15}, Response: ResponseNTLMv2, Bindings: BindingAbsent}},
		{name: "ours", in: unhex(t, recordedAuthenticate), want: AuthenticateNames{User: "alice", Domain: "LAB", Workstation: "SIGNET",
			TargetName: "HTTP/srv", Flags: 0xa2888205, Version: Version{10, 0, 19041, 15}, Response: ResponseNTLMv2, Bindings: BindingPresent, MIC: true}},
		{name: "anonymous", in: Anonymous(), want: AuthenticateNames{Flags: 0xa2888a05, Version: Version{10, 0, 19041, 15}, Response: ResponseAnonymous}},
		{name: "NTLMv1", in: authenticate(72, uni, "D", "u", "W", r24, r24),
			want: AuthenticateNames{User: "u", Domain: "D", Workstation: "W", Flags: uni, Version: win7, Response: ResponseNTLMv1}},
		{name: "NTLMv1 with session security", in: authenticate(72, uni|ess|FlagSign, "D", "u", "W", r24, r24),
			want: AuthenticateNames{User: "u", Domain: "D", Workstation: "W", Flags: uni | ess | FlagSign, Version: win7, Response: ResponseNTLMv1Session}},
		{name: "LM, OEM, no version", in: authenticate(64, FlagOEM|FlagVersion, "D", "u\xe4", "W", []byte("an LM response, 24 bytes"), nil),
			want: AuthenticateNames{User: "u\uFFFD", Domain: "D", Workstation: "W", Flags: FlagOEM | FlagVersion, Response: ResponseLM}},
		{name: "a user without any response", in: authenticate(72, uni, "D", "u", "W", nil, nil),
			want: AuthenticateNames{User: "u", Domain: "D", Workstation: "W", Flags: uni, Version: win7}},
		{name: "zero bindings, MIC", in: authenticate(88, uni, "", "u", "", r24, v2(t, mic+"0a001000"+strings.Repeat("00", 16)+end)),
			want: AuthenticateNames{User: "u", Flags: uni, Version: win7, Response: ResponseNTLMv2, Bindings: BindingZero, MIC: true}},
		{name: "empty bindings", in: authenticate(88, uni, "", "u", "", r24, v2(t, "0a000000"+end)),
			want: AuthenticateNames{User: "u", Flags: uni, Version: win7, Response: ResponseNTLMv2, Bindings: BindingEmpty}},
		{name: "a MIC promised without room", in: authenticate(72, uni, "", "u", "", r24, v2(t, mic+end)),
			want: AuthenticateNames{User: "u", Flags: uni, Version: win7, Response: ResponseNTLMv2, Bindings: BindingAbsent}},
		{name: "room for a MIC without the promise", in: authenticate(88, uni, "", "u", "", r24, v2(t, end)),
			want: AuthenticateNames{User: "u", Flags: uni, Version: win7, Response: ResponseNTLMv2, Bindings: BindingAbsent}},

		{name: "nothing", fails: "no authenticate"},
		{name: "a challenge", in: unhex(t, recordedChallenge), fails: "no authenticate"},
		{name: "header cut off", in: Anonymous()[:63], fails: "inside its header"},
		{name: "oldest form", in: authenticate(52, 0, "DOMAINNAME", "user", "WS", r24, r24), fails: "before the flags"},
		{name: "cut off", in: unhex(t, specAuthenticate)[:0x84], fails: "nt response"},
		{name: "odd user", in: oddUser, fails: "user of 1 bytes"},
		{name: "pair outside", in: authenticate(88, uni, "", "u", "", r24, v2(t, "0a00100000")), fails: "av pair 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseAuthenticateNames(c.in)
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestKindNames(t *testing.T) {
	for k, want := range map[ResponseKind]string{0: "unknown", ResponseAnonymous: "anonymous", ResponseLM: "lm", ResponseNTLMv1: "ntlmv1",
		ResponseNTLMv1Session: "ntlmv1-session", ResponseNTLMv2: "ntlmv2"} {
		if k.String() != want {
			t.Errorf("%d: %s", k, k)
		}
	}
	for k, want := range map[BindingKind]string{0: "unknown", BindingAbsent: "absent", BindingEmpty: "empty", BindingZero: "zero", BindingPresent: "present"} {
		if k.String() != want {
			t.Errorf("%d: %s", k, k)
		}
	}
	if !(AuthenticateNames{Flags: FlagSign}).Sign() || (AuthenticateNames{Flags: FlagAlwaysSign}).Sign() {
		t.Error("SIGN flag")
	}
}

// TestNamesHoldNoSecret: no field of the outline may have room for the bytes of a response. Text is what the
// client says in the clear; everything else is a small number.
func TestNamesHoldNoSecret(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[AuthenticateNames]()) {
		switch f.Name {
		case "User", "Domain", "Workstation", "TargetName":
			continue
		}
		if k := f.Type.Kind(); f.Type.Size() > 8 || k == reflect.Slice || k == reflect.Pointer || k == reflect.String {
			t.Errorf("field %s of type %s could carry a response", f.Name, f.Type)
		}
	}
}

// FuzzParseAuthenticateNames holds that an error comes with a zero result, that kinds agree with each other, and
// that neither another MIC nor bytes after the message change the outline.
func FuzzParseAuthenticateNames(f *testing.F) {
	f.Add(unhex(f, specAuthenticate))
	f.Add(unhex(f, recordedAuthenticate))
	f.Add(Anonymous())
	f.Add(authenticate(72, FlagUnicode, "D", "u", "W", make([]byte, 24), make([]byte, 24)))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAuthenticateNames(b)
		if err != nil {
			if a != (AuthenticateNames{}) {
				t.Fatalf("%v with %+v", err, a)
			}
			return
		}
		if a.Response == ResponseUnknown && a.Bindings != BindingUnknown || a.Response != ResponseNTLMv2 && a.MIC {
			t.Fatalf("%+v", a)
		}
		if len(a.User)+len(a.Domain)+len(a.Workstation) > 3*3*len(b) {
			t.Fatalf("names longer than the message: %d bytes", len(b))
		}
		other := append(bytes.Clone(b), 1, 2, 3)
		if a.MIC {
			for i := 72; i < 88; i++ {
				other[i] ^= 0x5a
			}
		}
		again, err := ParseAuthenticateNames(other)
		if len(b) < 72 {
			again.Version = a.Version // the bytes appended may complete a header that has no payload
		}
		if err != nil || again != a {
			t.Fatalf("%+v\nthen %+v %v", a, again, err)
		}
	})
}
