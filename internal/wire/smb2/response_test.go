package smb2

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// Answers of a Samba 4.17 server named SIGLAB1 with `server signing = mandatory`, and of one with `server min
// protocol = SMB3_11` and signing left optional.
const (
	answerAll = "0000011cfe534d4240000000000000000000010001000000000000000000000000000000fffe00000000000000000000000000000000000000000000" +
		"000000000000000041000300110303007369676c6162310000000000000000000f0000000000800000008000000080009e5d85f1747add0100000000" +
		"0000000080004a00d0000000604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65" +
		"645f696e5f5246433431373840706c656173655f69676e6f7265000000000000010026000000000001002000010070145ce9b07b628e5217a138ab9a" +
		"fc9d24cb6ccb51b76305f3b4abb42367b88d000002000400000000000100020000000000080004000000000001000200"
	answer202 = "000000cafe534d4240000000000000000000010001000000000000000000000000000000fffe00000000000000000000000000000000000000000000" +
		"000000000000000041000300020200007369676c6162310000000000000000000100000000000100000001000000010000a086f1747add0100000000" +
		"0000000080004a0000000000604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65" +
		"645f696e5f5246433431373840706c656173655f69676e6f7265"
	answerNoDialect = "00000049fe534d4240000000bb0000c00000010001000000000000000000000000000000fffe00000000000000000000000000000000000000000000" +
		"0000000000000000090000000000000000"
	answer311Second = "000000fefe534d4240000000000000000000010001000000000000000100000000000000fffe00000000000000000000000000000000000000000000" +
		"000000000000000041000100110301007369676c6162310000000000000000004f0000000000800000008000000080002eb5ddf2747add0100000000" +
		"0000000080004a00d0000000604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65" +
		"645f696e5f5246433431373840706c656173655f69676e6f7265000000000000010026000000000001002000010032675ab0088f1ca64c649171c074" +
		"baa71590d0a66ebaf1cd71b84603e3eaf8d6"
	answerSetup = "000000edfe534d4240000100160000c00100010001000000000000000100000000000000fffe0000000000007acb56fd000000000000000000000000" +
		"0000000000000000090000004800a500a181a230819fa0030a0101a10c060a2b06010401823702020aa281890481864e544c4d53535000020000000e" +
		"000e003800000005828aa2cde2e6e65959661300000000000000004000400046000000060100000000000f5300490047004c0041004200310002000e" +
		"005300490047004c0041004200310001000e005300490047004c00410042003100040000000300040076006d00070008000a0586f1747add01000000" +
		"00"
)

func message(t testing.TB, framed string) []byte { return unhex(t, framed)[4:] }

func TestParseNegotiate(t *testing.T) {
	n, err := ParseNegotiate(message(t, answerAll))
	if err != nil {
		t.Fatal(err)
	}
	if n.SecurityMode != SigningEnabled|SigningRequired || n.Dialect != Dialect311 || string(n.ServerGUID[:7]) != "siglab1" ||
		n.Capabilities != 0x0f || n.MaxRead != 8<<20 || n.StartTime != 0 {
		t.Errorf("got %+v", n)
	}
	if got := FileTime(n.SystemTime); got.Truncate(time.Second) != time.Date(2026, 11, 22, 11, 30, 57, 0, time.UTC) {
		t.Errorf("system time %v", got)
	}
	token, err := n.SecurityBuffer()
	if err != nil || len(token) != 74 || token[0] != 0x60 {
		t.Errorf("token %x, %v", token, err)
	}
	c, err := n.Contexts()
	if err != nil || c.Ciphers != MakeIDs(CipherAES128GCM) || c.Signing != MakeIDs(SignAESGMAC) || c.Hashes != MakeIDs(HashSHA512) ||
		c.HasCompression || !c.HasSigning {
		t.Errorf("contexts %+v, %v", c, err)
	}

	second, err := ParseNegotiate(message(t, answer311Second))
	if err != nil || second.SecurityMode != SigningEnabled {
		t.Errorf("second try: %+v, %v", second, err)
	}
	if c, err := second.Contexts(); err != nil || !c.HasPreauth || c.HasEncryption || c.HasSigning {
		t.Errorf("second try: %+v, %v", c, err)
	}

	old, err := ParseNegotiate(message(t, answer202))
	if err != nil || old.Dialect != Dialect202 || old.SecurityMode != 3 {
		t.Errorf("2.0.2: %+v, %v", old, err)
	}
}

func TestNegotiateRefused(t *testing.T) {
	msg := message(t, answerNoDialect)
	if h, err := ParseHeader(msg); err != nil || h.Status != StatusNotSupported || !h.Response() {
		t.Errorf("header %+v, %v", h, err)
	}
	if n, err := ParseNegotiate(msg); err == nil || n.msg != nil || n.SecurityMode != 0 {
		t.Errorf("a refusal was read as an answer: %+v", n)
	}
}

// Below 3.1.1 the context fields are reserved; a Windows server was seen to leave chance bytes there.
func TestReservedContextFields(t *testing.T) {
	msg := message(t, answer202)
	copy(msg[HeaderSize+60:], "\x2b\xd0\x60\x76")
	msg[HeaderSize+6] = 9
	n, err := ParseNegotiate(msg)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := n.Contexts(); err != nil || c != (Contexts{}) {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestOddNegotiates(t *testing.T) {
	change := func(at int, with ...byte) []byte {
		msg := message(t, answerAll)
		copy(msg[at:], with)
		return msg
	}
	for name, c := range map[string]struct {
		msg     []byte
		parses  bool
		token   bool
		context bool
	}{
		"as it came":               {change(0), true, true, true},
		"no blob":                  {change(HeaderSize+58, 0, 0), true, true, true},
		"blob past the end":        {change(HeaderSize+58, 0xff, 0xff), true, false, true},
		"blob over the header":     {change(HeaderSize+56, 8, 0), true, false, true},
		"contexts past the end":    {change(HeaderSize+60, 0xff, 0xff, 0xff, 0xff), true, true, false},
		"contexts over the header": {change(HeaderSize+60, 0, 0, 0, 0), true, true, false},
		"more contexts than sent":  {change(HeaderSize+6, 0xff, 0xff), true, true, false},
		"structure size 0":         {change(HeaderSize, 0), false, false, false},
		"a status":                 {change(8, 0x22, 0, 0, 0xc0), false, false, false},
		"a ninth cipher":           {change(HeaderSize+64+80+48+8, 9, 0), true, true, false},
		"a context past the end":   {change(len(answerAll)/2-4-12+2, 0xff, 0), true, true, false},
		"request flag":             {change(16, 0), false, false, false},
		"command 1":                {change(12, 1), false, false, false},
		"header size 0":            {change(4, 0), false, false, false},
		"body cut":                 {change(0)[:HeaderSize+63], false, false, false},
	} {
		n, err := ParseNegotiate(c.msg)
		if (err == nil) != c.parses {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if n.SecurityMode != 3 {
			t.Errorf("%s: the signing bits were lost", name)
		}
		if _, err := n.SecurityBuffer(); (err == nil) != c.token {
			t.Errorf("%s: security buffer: %v", name, err)
		}
		if _, err := n.Contexts(); (err == nil) != c.context {
			t.Errorf("%s: contexts: %v", name, err)
		}
	}
}

func TestTooManyAlgorithms(t *testing.T) {
	for n := range uint16(20) {
		b := appendList(nil, 0, contextEncryption, make([]uint16, n)...)
		if c, err := parseContexts(b, 1); (err == nil) != (n <= 8) || err == nil && c.Ciphers.Len() != int(n) {
			t.Errorf("%d ciphers: %+v, %v", n, c, err)
		}
	}
}

func TestOtherProtocols(t *testing.T) {
	for s, is := range map[string]string{"\xffSMB": "SMB 1", "\xfdSMBxxxx": "encrypted", "\xfcSMBxxxx": "compressed", "HTTP/1.1": "48545450"} {
		if _, err := ParseHeader([]byte(s)); !errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), is) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := ParseHeader([]byte("\xfeSMB@\x00")); err == nil || errors.Is(err, ErrProtocol) {
		t.Errorf("a short message: %v", err)
	}
}

func TestParseSessionSetup(t *testing.T) {
	msg := message(t, answerSetup)
	r, err := ParseSessionSetup(msg)
	if err != nil || r.Status != StatusMoreProcessing || r.Flags != 0 || r.SessionID != 4250323834 || !bytes.Contains(r.Token, []byte("NTLMSSP\x00\x02")) {
		t.Fatalf("got %+v, %v", r, err)
	}
	long := bytes.Clone(msg)
	long[HeaderSize+7] = 0xff
	if r, err := ParseSessionSetup(long); err == nil || r.Token != nil || r.Status != 0 {
		t.Errorf("a token past the end: %+v, %v", r, err)
	}
	size := bytes.Clone(msg)
	size[HeaderSize] = 8
	if r, err := ParseSessionSetup(size); err == nil || r.Token != nil {
		t.Errorf("structure size 8: %+v, %v", r, err)
	}
	other := bytes.Clone(msg)
	copy(other[8:], "\x6d\x00\x00\xc0")
	if r, err := ParseSessionSetup(other); err != nil || r.Status != StatusLogonFailure || r.Token != nil {
		t.Errorf("a refusal with bytes behind it: %+v, %v", r, err)
	}
	denied := AppendSessionSetupResponse(nil, 1, &SessionSetupResponse{Status: StatusAccessDenied})
	if r, err := ParseSessionSetup(denied[4:]); err != nil || r.Status != StatusAccessDenied || r.Token != nil {
		t.Errorf("a refusal: %+v, %v", r, err)
	}
	if _, err := ParseSessionSetup(message(t, answerAll)); err == nil {
		t.Error("a negotiate answer was read as a session setup")
	}
}

// The negotiate parse runs 15,000 times a second.
func TestNoAllocations(t *testing.T) {
	msg := message(t, answerAll)
	var bad int
	if got := testing.AllocsPerRun(100, func() {
		n, err := ParseNegotiate(msg)
		token, err2 := n.SecurityBuffer()
		c, err3 := n.Contexts()
		if err != nil || err2 != nil || err3 != nil || len(token) == 0 || c.Ciphers.Len() != 1 {
			bad++
		}
	}); got != 0 || bad != 0 {
		t.Errorf("%v allocations, %d failures", got, bad)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{DialectName(Dialect202), "2.0.2"}, {DialectName(Dialect311), "3.1.1"}, {DialectName(6), "0x0006"},
		{CipherName(CipherAES128GCM), "AES-128-GCM"}, {CipherName(9), "0x0009"},
		{SigningName(SignAESCMAC), "AES-CMAC"}, {SigningName(9), "0x0009"},
		{StatusName(StatusAccessDenied), "STATUS_ACCESS_DENIED"}, {StatusName(0xc0000001), "0xc0000001"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if got := AppendCapabilityNames(nil, 0x104); len(got) != 1 || got[0] != "large-mtu" {
		t.Errorf("capabilities %q", got)
	}
	if !FileTime(0).IsZero() || !FileTime(1<<64-1).IsZero() || FileTime(1).Year() != 1601 {
		t.Error("file times at the edges")
	}
}
