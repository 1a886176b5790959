package smb2

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

var allDialects = [...]uint16{Dialect202, Dialect210, Dialect300, Dialect302, Dialect311}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Requests to which a Samba 4.17 server gave the answers of response_test.go.
const (
	// askedAll offers all dialects and all contexts.
	askedAll = "000000e0fe534d4240000000000000000000010000000000000000000000000000000000fffe00000000000000000000000000000000000000000000" +
		"000000000000000024000500010000007f00000000000000000000000000000000000000700000000400000002021002000302031103000001002600" +
		"000000000100200001000000000000000000000000000000000000000000000000000000000000000000000002000a00000000000400020001000400" +
		"030000000000000003001000000000000400000001000000040002000300010008000800000000000300020001000000"
	asked202 = "00000066fe534d4240000000000000000000010000000000000000000000000000000000fffe00000000000000000000000000000000000000000000" +
		"00000000000000002400010001000000000000000000000000000000000000000000000000000000000000000202"
	asked311Second = "00000096fe534d4240000000000000000000010000000000000000000100000000000000fffe00000000000000000000000000000000000000000000" +
		"000000000000000024000100010000007f00000000000000000000000000000000000000680000000100000011030000010026000000000001002000" +
		"01000000000000000000000000000000000000000000000000000000000000000000"
	askedSetup = "000000a2fe534d4240000100000000000100010000000000000000000100000000000000fffe00000000000000000000000000000000000000000000" +
		"000000000000000019000001010000000000000058004a000000000000000000604806062b0601050502a03e303ca00e300c060a2b06010401823702" +
		"020aa22a04284e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"
	setupToken = "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a04284e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"
)

func TestRequests(t *testing.T) {
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"encryption context only": {
			AppendNegotiate(nil, &NegotiateRequest{Dialects: allDialects[:], Offer: OfferEncryption}),
			"000000b2fe534d4240000000000000000000010000000000000000000000000000000000fffe00000000000000000000000000000000000000000000000000000000000024000500010000007f0000000000000000000000000000000000000070000000020000000202100200030203110300000100260000000000010020000100" +
				strings.Repeat("00", 32) + "000002000a000000000004000200010004000300",
		},
		"all":                   {AppendNegotiate(nil, &NegotiateRequest{Dialects: allDialects[:], Offer: OfferAll}), askedAll},
		"2.0.2 alone":           {AppendNegotiate(nil, &NegotiateRequest{Dialects: allDialects[:1], Offer: OfferAll}), asked202},
		"3.1.1 as a second try": {AppendNegotiate(nil, &NegotiateRequest{MessageID: 1, Dialects: allDialects[4:]}), asked311Second},
		"session setup":         {AppendSessionSetup(nil, &SessionSetupRequest{MessageID: 1, Token: unhex(t, setupToken)}), askedSetup},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
	}
}

func TestNoEncryption(t *testing.T) {
	caps := func(r NegotiateRequest) uint32 {
		return binary.LittleEndian.Uint32(AppendNegotiate(nil, &r)[4+HeaderSize+8:])
	}
	if got := caps(NegotiateRequest{Dialects: allDialects[2:3], NoEncryption: true}); got != 0x3f {
		t.Errorf("capabilities %#x", got)
	}
	if got := caps(NegotiateRequest{Dialects: allDialects[2:3]}); got != 0x7f {
		t.Errorf("capabilities %#x", got)
	}
	if got := caps(NegotiateRequest{Dialects: allDialects[:2]}); got != 0 {
		t.Errorf("capabilities %#x", got)
	}
}

// A prefix in dst must not shift the alignment of the contexts.
func TestAppendAfterPrefix(t *testing.T) {
	r := &NegotiateRequest{Dialects: allDialects[:], Offer: OfferAll}
	if got := AppendNegotiate([]byte("abc"), r); !bytes.Equal(got[3:], AppendNegotiate(nil, r)) {
		t.Errorf("got %x", got[3:])
	}
}

func TestTemplate(t *testing.T) {
	var random [48]byte
	for i := range random {
		random[i] = byte(i + 1)
	}
	for _, dialects := range [][]uint16{allDialects[:], allDialects[:1], allDialects[1:4], allDialects[4:]} {
		r := &NegotiateRequest{Dialects: dialects, Offer: OfferAll}
		tmpl := NewTemplate(r)
		copy(r.ClientGUID[:], random[:16])
		copy(r.Salt[:], random[16:])
		want := AppendNegotiate(nil, r)
		dst := make([]byte, 3, 512)
		if got := tmpl.Append(dst, &random); !bytes.Equal(got[3:], want) || tmpl.Len() != len(want) {
			t.Errorf("%x:\n%x, want\n%x", dialects, got[3:], want)
		}
		if n := testing.AllocsPerRun(10, func() { tmpl.Append(dst[:0], &random) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// Each context must start on eight bytes and end inside the message: a server may refuse the request otherwise.
func TestContextsAreAligned(t *testing.T) {
	for offer := Offer(0); offer <= OfferAll; offer++ {
		msg := AppendNegotiate(nil, &NegotiateRequest{Dialects: allDialects[:], Offer: offer})[4:]
		off := binary.LittleEndian.Uint32(msg[HeaderSize+28:])
		if off%8 != 0 {
			t.Errorf("offer %d: contexts at %d", offer, off)
		}
		c, err := parseContexts(msg[off:], int(binary.LittleEndian.Uint16(msg[HeaderSize+32:])))
		if err != nil || !c.HasPreauth || c.HasEncryption != (offer&OfferEncryption != 0) ||
			c.HasSigning != (offer&OfferSigning != 0) || c.HasCompression != (offer&OfferCompression != 0) {
			t.Errorf("offer %d: %+v, %v", offer, c, err)
		}
	}
}
