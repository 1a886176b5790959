package ntlmssp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// TestNTLMv2Specification computes the values of [MS-NLMP] §4.2.4 from those of §4.2.1: user "User", domain
// "Domain", password "Password", time 0, client challenge aa…, server challenge 0123456789abcdef.
func TestNTLMv2Specification(t *testing.T) {
	ntHash := [16]byte(unhex(t, "a4f49c406510bdcab6824ee7c30fd852")) // §4.2.2.1.2
	key := ntowfv2(ntHash, "User", "Domain")
	if got := hex.EncodeToString(key); got != "0c868a403bfd7a93a3001ef22ef02e3f" { // §4.2.4.1.1
		t.Errorf("NTOWFv2 %s", got)
	}
	pairs := unhex(t, "02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000")
	temp := ntlmv2Temp(pairs, 0, [8]byte(unhex(t, "aaaaaaaaaaaaaaaa")))
	const wantTemp = "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000"
	if got := hex.EncodeToString(temp); got != wantTemp { // §4.2.4.1.3
		t.Errorf("temp %s", got)
	}
	proof := hmacMD5(key, unhex(t, "0123456789abcdef"), temp)
	if got := hex.EncodeToString(proof); got != "68cd0ab851e51c96aabc927bebef6a1c" { // §4.2.4.2.2
		t.Errorf("NTProofStr %s", got)
	}
	if got := hex.EncodeToString(hmacMD5(key, proof)); got != "8de40ccadbc14a82f15cb0ad0de95ca3" { // §4.2.4.1.2
		t.Errorf("SessionBaseKey %s", got)
	}
}

// recordedAuthenticate answered recordedChallenge. gss-ntlmssp 1.2.0 as the server accepted it with the channel
// binding below, and refused it with another binding, another key and one bit of the MIC turned.
const recordedAuthenticate = "4e544c4d535350000300000018001800740000009a009a008c00000006000600580000000a000a005e0000000c000c0068000000" +
	"0000000026010000058288a20a00614a0000000f1cba75846fe5143f407fd6269e6fe4c14c004100420061006c006900630065005300490047004e004500540000000000" +
	"00000000000000000000000000000000000000005b1636e5375a9dd2364156ee1d0c8772010100000000000046e1d525747add0101020304050607080000000001000400" +
	"56004d000200160057004f0052004b00530054004100540049004f004e000300040076006d000700080046e1d525747add0106000400020000000a0010005eda5394c965" +
	"f26697e73da2828a7ad00900100048005400540050002f007300720076000000000000000000"

func recordedLogon(t testing.TB) Logon {
	bindings := ChannelBindings([]byte("tls-server-end-point:0123456789abcdef0123456789abcdef"))
	return Logon{
		User: "alice", Domain: "LAB", Workstation: "SIGNET",
		Key:             [16]byte(unhex(t, "1e0d552c0374df7f6179008111d07792")),
		ClientChallenge: [8]byte{1, 2, 3, 4, 5, 6, 7, 8},
		Time:            time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), // the challenge's own time goes first
		Bindings:        &bindings, TargetName: "HTTP/srv",
	}
}

func TestAuthenticateRecorded(t *testing.T) {
	got, err := Authenticate(Negotiate(), unhex(t, recordedChallenge), recordedLogon(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := unhex(t, recordedAuthenticate); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestAuthenticateOptions(t *testing.T) {
	zero := [16]byte{}
	for _, c := range []struct {
		name      string
		challenge string
		change    func(*Logon)
		want      AuthenticateNames
	}{
		{"no bindings, no target", recordedChallenge, func(l *Logon) { l.Bindings, l.TargetName = nil, "" },
			AuthenticateNames{Bindings: BindingAbsent, Flags: 0xa2888205}},
		{"zero bindings", recordedChallenge, func(l *Logon) { l.Bindings = &zero },
			AuthenticateNames{Bindings: BindingZero, TargetName: "HTTP/srv", Flags: 0xa2888205}},
		{"server wants integrity", specChallenge, func(*Logon) {},
			AuthenticateNames{Bindings: BindingPresent, TargetName: "HTTP/srv", Flags: 0xa2888205}},
		{"server without target info", "4e544c4d5353500002000000000000002000000005020000" + "0123456789abcdef", func(*Logon) {},
			AuthenticateNames{Bindings: BindingPresent, TargetName: "HTTP/srv", Flags: 0x02000205}},
		{"server claims the client's pairs", "4e544c4d5353500002000000000000002000000005028000" + "0123456789abcdef" + "0000000000000000" +
			"2600260030000000" + "0a001000000102030405060708090a0b0c0d0e0f" + "090002004100" + "0600040001000000" + "00000000",
			func(l *Logon) { l.Bindings, l.TargetName = nil, "" }, AuthenticateNames{Bindings: BindingAbsent, Flags: 0x02800205}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := recordedLogon(t)
			c.change(&l)
			challenge := unhex(t, c.challenge)
			b, err := Authenticate(Negotiate(), challenge, l)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseAuthenticateNames(b)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			want.User, want.Domain, want.Workstation = "alice", "LAB", "SIGNET"
			want.Version, want.Response, want.MIC = Version{10, 0, 19041, 15}, ResponseNTLMv2, true
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			// The MIC is over all three messages with its own place empty, under the key of [MS-NLMP] §3.3.2.
			mic := bytes.Clone(b[72:88])
			clear(b[72:88])
			key := ntowfv2(l.Key, l.User, l.Domain)
			at := int(b[24]) + int(b[25])<<8
			if want := hmacMD5(hmacMD5(key, b[at:at+16]), Negotiate(), challenge, b); !bytes.Equal(mic, want) {
				t.Errorf("MIC %x, want %x", mic, want)
			}
		})
	}
}

// TestAuthenticateTime: without a timestamp in the challenge the caller's time goes into the response.
func TestAuthenticateTime(t *testing.T) {
	l := recordedLogon(t)
	l.Time = time.Date(2026, 11, 22, 11, 25, 16, 55175000, time.UTC)
	b, err := Authenticate(Negotiate(), unhex(t, specChallenge), l)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, unhex(t, "0101000000000000"+"46e1d525747add01"+"0102030405060708")) {
		t.Errorf("no such time in %x", b)
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	good := unhex(t, recordedChallenge)
	oem := bytes.Clone(good)
	oem[20] = 0x06
	for _, c := range []struct {
		name                 string
		negotiate, challenge []byte
		change               func(*Logon)
		want                 string
	}{
		{"no negotiate", nil, good, func(*Logon) {}, "not a negotiate"},
		{"no challenge", Negotiate(), Negotiate(), func(*Logon) {}, "want a challenge"},
		{"challenge cut off", Negotiate(), good[:70], func(*Logon) {}, "target info"},
		{"OEM", Negotiate(), oem, func(*Logon) {}, "want Unicode"},
		{"no user", Negotiate(), good, func(l *Logon) { l.User = "" }, "without a user"},
		{"long user", Negotiate(), good, func(l *Logon) { l.User = strings.Repeat("u", 9000) }, "18000 bytes"},
		{"long target", Negotiate(), good, func(l *Logon) { l.TargetName = strings.Repeat("u", 40000) }, "80"},
	} {
		l := recordedLogon(t)
		c.change(&l)
		b, err := Authenticate(c.negotiate, c.challenge, l)
		if err == nil || !strings.Contains(err.Error(), c.want) || b != nil {
			t.Errorf("%s: %x, %v", c.name, b, err)
		}
	}
}

// FuzzAuthenticate holds that whatever challenge can be answered, the answer reads back as what was put into it.
func FuzzAuthenticate(f *testing.F) {
	f.Add(unhex(f, recordedChallenge), "alice", "LAB")
	f.Add(unhex(f, specChallenge), "u", "")
	f.Fuzz(func(t *testing.T, challenge []byte, user, domain string) {
		l := recordedLogon(t)
		l.User, l.Domain = strings.ToValidUTF8(user, ""), strings.ToValidUTF8(domain, "")
		b, err := Authenticate(Negotiate(), challenge, l)
		if err != nil {
			if b != nil {
				t.Fatalf("%v with %x", err, b)
			}
			return
		}
		a, err := ParseAuthenticateNames(b)
		if err != nil || a.User != l.User || a.Domain != l.Domain || a.TargetName != l.TargetName ||
			a.Bindings != BindingPresent || !a.MIC || a.Sign() || a.Response != ResponseNTLMv2 {
			t.Fatalf("%+v %v from %+v", a, err, l)
		}
	})
}
