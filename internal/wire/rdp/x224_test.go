package rdp

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
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

func TestAppendRequest(t *testing.T) {
	for _, c := range []struct {
		want string
		r    Request
	}{
		{"030000130ee00000000000010008000b000000", Request{Negotiate: true, Protocols: TLS | NLA | NLAEx}},
		{"030000130ee000000000000100080001000000", Request{Negotiate: true, Protocols: TLS}},
		{"0300000b06e00000000000", Request{}},
	} {
		if got := hex.EncodeToString(AppendRequest(nil, c.r)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.r, got, c.want)
		}
	}
}

func TestParseConfirm(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		want       Confirm
		rest       int
		short, bad bool
	}{
		{name: "NLA-EX, Windows Server 2019", in: "030000130ed00000123400021f080008000000", want: Confirm{Negotiated: true, Flags: 0x1f, Selected: NLAEx}},
		{name: "plain RDP selected", in: "030000130ed000001234000200080000000000", want: Confirm{Negotiated: true}},
		{name: "no negotiation", in: "0300000b06d00000123400", want: Confirm{}},
		{name: "refused", in: "030000130ed000001234000300080005000000", want: Confirm{Refused: true, Failure: HybridRequired}},
		{name: "bytes follow", in: "0300000b06d0000012340016", want: Confirm{}, rest: 1},
		{name: "nothing", short: true},
		{name: "head cut", in: "030000", short: true},
		{name: "body cut", in: "030000130ed0000012340003000800050000", short: true},
		{name: "TLS", in: "15030300020228", bad: true},
		{name: "reserved byte", in: "0301", bad: true},
		{name: "TPKT too small", in: "0300000a05d000001234", bad: true},
		{name: "TPKT of 260 bytes", in: "03000104", bad: true},
		{name: "X.224 length", in: "0300000b07d00000123400", bad: true},
		{name: "a request", in: "0300000b06e00000000000", bad: true},
		{name: "disconnect request", in: "0300000b06800000123400", bad: true},
		{name: "negotiation of length 3, from a capture", in: "030000130ed000001234000203000001000002", bad: true},
		{name: "negotiation cut", in: "030000120dd0000012340002000800000000", bad: true},
		{name: "negotiation with a tail", in: "030000140fd00000123400020008000000000000", bad: true},
		{name: "negotiation of type 1", in: "030000130ed000001234000100080000000000", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rest, err := ParseConfirm(unhex(t, c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if got != c.want || len(rest) != c.rest || err != nil && rest != nil {
				t.Errorf("got %+v, %x left", got, rest)
			}
		})
	}
}

func TestParseRequest(t *testing.T) {
	cookie := "436f6f6b69653a206d737473686173683d610d0a" // Cookie: mstshash=a
	for _, c := range []struct {
		name, in string
		want     Request
		bad      bool
	}{
		{name: "cookie and negotiation", in: "0300002722e00000000000" + cookie + "0100080003000000", want: Request{Negotiate: true, Protocols: TLS | NLA}},
		{name: "cookie alone", in: "0300001f1ae00000000000" + cookie, want: Request{}},
		{name: "flags", in: "030000130ee00000000000010208000b000000", want: Request{Negotiate: true, Flags: 2, Protocols: 0xb}},
		{name: "correlation id", in: "0300003732e00000000000" + "010808000b000000" + "06002400" + strings.Repeat("11", 32), want: Request{Negotiate: true, Flags: 8, Protocols: 0xb}},
		{name: "tail that is none", in: "0300003732e00000000000" + "010808000b000000" + "07002400" + strings.Repeat("11", 32), bad: true},
		{name: "cookie without an end", in: "0300001e19e00000000000" + cookie[:38], bad: true},
		{name: "an answer", in: "0300000b06d00000123400", bad: true},
	} {
		got, rest, err := ParseRequest(unhex(t, c.in))
		if (err != nil) != c.bad || got != c.want || len(rest) != 0 {
			t.Errorf("%s: %+v, %x, %v", c.name, got, rest, err)
		}
	}
}

func TestWords(t *testing.T) {
	for p, want := range map[Protocol]string{PlainRDP: "rdp", TLS: "tls", NLA: "nla", RDSTLS: "rdstls", NLAEx: "nla-ex", AADAuth: "aad", 3: "0x3"} {
		if p.String() != want {
			t.Errorf("%d: %s, want %s", p, p, want)
		}
	}
	for i, want := range strings.Fields("0 SSL_REQUIRED_BY_SERVER SSL_NOT_ALLOWED_BY_SERVER SSL_CERT_NOT_ON_SERVER INCONSISTENT_FLAGS HYBRID_REQUIRED_BY_SERVER SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER") {
		if got := Failure(i).String(); i > 0 && got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	if got := Failure(9).String(); got != "failure 9" {
		t.Error(got)
	}
}

func TestCorpus(t *testing.T) {
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS is not set: no labelled captures to compare with")
	}
	f, err := os.Open(filepath.Join(dir, "rdp.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	for lines := bufio.NewScanner(f); lines.Scan(); seen++ {
		var l struct {
			File, Neg                                        string
			SelectedProtocol, FailureCode, Requested, Source *string
			Answer                                           string `json:"payload_hex"`
			Request                                          string `json:"request_hex"`
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		got, _, err := ParseConfirm(unhex(t, l.Answer))
		if strings.HasSuffix(l.File, "rdp-invalid-length.pcap") {
			// The label says "none", since its decoder found nothing readable: to us that is an error, not "plain RDP".
			if err == nil {
				t.Errorf("%s: %+v, want an error", l.File, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", l.File, err)
			continue
		}
		switch l.Neg {
		case "none":
			if got.Negotiated || got.Refused {
				t.Errorf("%s: %+v, want no negotiation", l.File, got)
			}
		case "response":
			if !got.Negotiated || got.Selected != Protocol(number(t, l.SelectedProtocol)) {
				t.Errorf("%s: %+v, want %s", l.File, got, *l.SelectedProtocol)
			}
		case "failure":
			if !got.Refused || got.Failure != Failure(number(t, l.FailureCode)) {
				t.Errorf("%s: %+v, want %s", l.File, got, *l.FailureCode)
			}
		default:
			t.Errorf("%s: label %q", l.File, l.Neg)
		}
		if l.Request == "" {
			continue
		}
		asked, _, err := ParseRequest(unhex(t, l.Request))
		if err != nil || !asked.Negotiate || asked.Protocols != Protocol(number(t, l.Requested)) {
			t.Errorf("%s: asked %+v, %v", l.File, asked, err)
		}
	}
	if seen == 0 {
		t.Fatal("the corpus has no RDP answer")
	}
}

func number(t *testing.T, s *string) uint64 {
	t.Helper()
	if s == nil {
		t.Fatal("label without its value")
	}
	n, err := strconv.ParseUint(*s, 0, 32)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What parses is appended and parses to the same; what does not is zero.
func FuzzParseConfirm(f *testing.F) {
	for _, s := range []string{"030000130ed00000123400021f080008000000", "0300000b06d00000123400", "030000130ed000001234000300080005000000ff"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, rest, err := ParseConfirm(b)
		if err != nil {
			if c != (Confirm{}) || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		if c.Negotiated && c.Refused || !bytes.HasSuffix(b, rest) {
			t.Fatalf("%+v, %x", c, rest)
		}
		again, rest, err := ParseConfirm(AppendConfirm(nil, c))
		if err != nil || again != c || len(rest) != 0 {
			t.Fatalf("%+v came back as %+v (%v)", c, again, err)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	f.Add(unhex(f, "030000130ee00000000000010008000b000000"))
	f.Add(unhex(f, "0300002722e00000000000436f6f6b69653a206d737473686173683d610d0a0100080003000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, rest, err := ParseRequest(b)
		if err != nil {
			if r != (Request{}) || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		again, rest, err := ParseRequest(AppendRequest(nil, r))
		if err != nil || again != r || len(rest) != 0 {
			t.Fatalf("%+v came back as %+v (%v)", r, again, err)
		}
	})
}
