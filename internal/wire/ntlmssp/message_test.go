package ntlmssp

import (
	"bytes"
	"encoding/hex"
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

// The two messages that never change, as Samba 4.17 and gss-ntlmssp 1.2 were seen to accept them.
const (
	goldenNegotiate = "4e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"
	goldenAnonymous = "4e544c4d53535000030000000100010058000000000000005900000000000000580000000000000058000000000000005800000000000000" +
		"59000000058a88a20a00614a0000000f0000000000000000000000000000000000"
)

func TestConstants(t *testing.T) {
	if got := hex.EncodeToString(Negotiate()); got != goldenNegotiate {
		t.Errorf("negotiate %s", got)
	}
	if got := hex.EncodeToString(Anonymous()); got != goldenAnonymous {
		t.Errorf("anonymous %s", got)
	}
	b := Negotiate()
	b[0] = 'X'
	if Negotiate()[0] != 'N' {
		t.Error("a caller's write changed the constant")
	}
	if got := offered & (FlagSign | FlagSeal | FlagKeyExchange); got != 0 {
		t.Errorf("integrity flags 0x%x offered", uint32(got))
	}
}

func TestType(t *testing.T) {
	for _, c := range []struct {
		in   string
		want MessageType
	}{
		{goldenNegotiate, TypeNegotiate},
		{recordedChallenge, TypeChallenge},
		{goldenAnonymous, TypeAuthenticate},
		{"4e544c4d5353500004000000", 0},
		{"4e544c4d5353500000000000", 0},
		{"4e544c4d53535000010000", 0},
		{"004e544c4d5353500001000000", 0},
		{"", 0},
	} {
		if got := Type(unhex(t, c.in)); got != c.want {
			t.Errorf("%.40s: type %d, want %d", c.in, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	whole := unhex(t, recordedChallenge)
	bare := unhex(t, "4e544c4d5353500002000000000000003800000005020002"+"0123456789abcdef"+"0000000000000000"+"0000000000000000"+"0a00614a0000000f")
	oldest := unhex(t, "4e544c4d5353500002000000030003002000000006020000"+"0123456789abcdef"+"4c4142")
	squid := unhex(t, "4e544c4d535350000200000009000900aeaaaaaa058288a2f48383b1b45520cf0000000000003a00574f524b47524f5550")
	for _, c := range []struct {
		name     string
		in, want []byte
	}{
		{"alone", whole, whole},
		{"wrapped", append(append([]byte{0xa1, 0x81, 0x90}, whole...), 0xa3, 0x12), whole},
		{"after a negotiate", append(Negotiate(), whole...), whole},
		{"without names", append(bytes.Clone(bare), 1, 2, 3), bare},
		{"oldest form", append(bytes.Clone(oldest), 1, 2, 3), oldest},
		{"cut off in its names", whole[:70], nil},
		{"cut off in the header", whole[:14], nil},
		{"its first 12 bytes alone", whole[:12], nil},
		{"cut off before the server challenge ends", whole[:31], nil},
		{"a target name beyond the end", unhex(t, "4e544c4d5353500002000000060006003800000005020002"+"0123456789abcdef"+"0000000000000000"+"0000000000000000"+"0a00614a0000000f"+"4c004100"), nil},
		{"target information beyond the end", unhex(t, "4e544c4d5353500002000000000000003800000005028002"+"0123456789abcdef"+"0000000000000000"+"0800080038000000"+"0a00614a0000000f"+"00000000"), nil},
		{"rubbish for the place of its name, as Squid 5.7's fake helper sends", squid, squid[:48]},
		{"the same, cut", squid[:47], nil},
		{"no server challenge", unhex(t, "4e544c4d5353500002000000000000003800000005020002"+"0000000000000000"+"0000000000000000"+"0000000000000000"+"0a00614a0000000f"), nil},
		{"type 1", Negotiate(), nil},
		{"type 3", Anonymous(), nil},
		{"nothing", nil, nil},
	} {
		got, ok := Find(c.in)
		if ok != (c.want != nil) || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %x, %v", c.name, got, ok)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add(unhex(f, recordedChallenge))
	f.Add(append([]byte{1, 2}, unhex(f, recordedChallenge)...))
	f.Add(unhex(f, goldenNegotiate))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := Find(b)
		if !ok {
			if got != nil {
				t.Fatalf("a result with false: %x", got)
			}
			// What the parser takes whole, at any place, is found.
			for i := range b {
				if p, err := parseChallenge(b[i:]); err == nil && p.nonce != [8]byte{} {
					t.Fatalf("missed at %d", i)
				}
			}
			return
		}
		if Type(got) != TypeChallenge || !bytes.Contains(b, got) {
			t.Fatalf("found %x", got)
		}
		// What Find cuts away must not matter to the parser.
		i := bytes.Index(b, got)
		long, errLong := ParseChallenge(b[i:])
		short, errShort := ParseChallenge(got)
		if long != short || (errLong == nil) != (errShort == nil) {
			t.Fatalf("uncut %+v %v, cut %+v %v", long, errLong, short, errShort)
		}
	})
}
