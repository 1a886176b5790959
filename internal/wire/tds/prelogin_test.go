package tds

import (
	"encoding/hex"
	"reflect"
	"testing"
)

// Recorded from FreeTDS 1.3 tdspool, which speaks no TLS; its THREADID is empty and its PacketID wrong.
const tdspoolAnswer = "0401002b0000010000001a00060100200001020021000103002200000400220001ff0a0006400000020100"

func TestPreloginRequest(t *testing.T) {
	const golden = "1201002f00000100" + // type, end of message, 47 bytes, packet 1
		"00001a0006" + "0100200001" + "0200210001" + "0300220004" + "0400260001" + "ff" +
		"080001550000" + "00" + "00" + "00000000" + "00"
	if got := hex.EncodeToString(AppendPreloginRequest(nil, EncryptOff)); got != golden {
		t.Errorf("got  %s\nwant %s", got, golden)
	}
}

func TestParsePrelogin(t *testing.T) {
	const sql2000 = "0401002500000100000015000601001b000102001c000103001d0000ff080007f700000200"
	for _, c := range []struct {
		name, in string
		want     Prelogin
		bad      bool
	}{
		{name: "tdspool", in: tdspoolAnswer[16:], want: Prelogin{
			Version: Version{10, 0, 1600, 0}, HasEncryption: true, Encryption: EncryptNotSupported,
			Instance: []byte{1}, HasMARS: true,
		}},
		{name: "four options, no thread id", in: sql2000[16:], want: Prelogin{
			Version: Version{8, 0, 2039, 0}, HasEncryption: true, Encryption: EncryptNotSupported, Instance: []byte{0},
		}},
		// The rest is built by MS-TDS 2.2.6.5.
		{name: "encryption forced, federated authentication", in: "0000100006" + "0100160001" + "0600170001" + "ff" + "100003e80000" + "03" + "01", want: Prelogin{
			Version: Version{16, 0, 1000, 0}, HasEncryption: true, Encryption: EncryptRequired, HasFedAuth: true, FedAuth: 1,
		}},
		{name: "version alone says nothing of encryption", in: "0000060006ff" + "0f0007d00000", want: Prelogin{Version: Version{15, 0, 2000, 0}}},
		{name: "unknown option is skipped", in: "00000b00069900110001ff0f0007d0000007", want: Prelogin{Version: Version{15, 0, 2000, 0}}},
		{name: "empty", bad: true},
		{name: "terminator alone", in: "ff", bad: true},
		{name: "no terminator", in: "0000050006" + "0f0007d00000", bad: true},
		{name: "table cut", in: "0000060006" + "0100", bad: true},
		{name: "option past the end", in: "0000060007ff" + "0f0007d00000", bad: true},
		{name: "offset past the end", in: "00ffff0006ff" + "0f0007d00000", bad: true},
		{name: "version of five bytes", in: "0000060005ff" + "0f0007d000", bad: true},
		{name: "encryption of two bytes", in: "00000b0006" + "0100110002" + "ff" + "0f0007d00000" + "0000", bad: true},
		{name: "empty encryption", in: "00000b0006" + "0100110000" + "ff" + "0f0007d00000", bad: true},
		{name: "version not first", in: "01000b0001" + "00000c0006" + "ff" + "00" + "0f0007d00000", bad: true},
		{name: "two versions", in: "00000b0006" + "00000b0006" + "ff" + "0f0007d00000", bad: true},
		{name: "an error token instead", in: "aa1000", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParsePrelogin(unhex(t, c.in))
			if (err != nil) != c.bad || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestPreloginWords(t *testing.T) {
	for e, want := range map[Encryption]string{
		EncryptOff: "ENCRYPT_OFF", EncryptOn: "ENCRYPT_ON", EncryptNotSupported: "ENCRYPT_NOT_SUP", EncryptRequired: "ENCRYPT_REQ", 0x80: "0x80",
	} {
		if got := e.String(); got != want {
			t.Errorf("%d: %s, want %s", e, got, want)
		}
	}
	for v, want := range map[Version]string{
		{8, 0, 2039, 0}: "SQL Server 2000", {10, 0, 1600, 0}: "SQL Server 2008", {10, 50, 1600, 0}: "SQL Server 2008 R2",
		{16, 0, 1000, 0}: "SQL Server 2022", {17, 0, 1, 0}: "SQL Server 2025", {99, 0, 0, 0}: "",
	} {
		if got := v.Product(); got != want {
			t.Errorf("%s: %q, want %q", v, got, want)
		}
	}
}

func TestCorpusPrelogin(t *testing.T) {
	seen := 0
	for _, l := range corpus(t, "tds.jsonl") {
		if l.What != "prelogin_response" {
			continue
		}
		seen++
		typ, payload, rest, err := ReadMessage(unhex(t, l.Payload))
		if err != nil || typ != TypeTabular || len(rest) != 0 {
			t.Fatalf("%s: type %02x, %v", l.File, typ, err)
		}
		p, err := ParsePrelogin(payload)
		if (err != nil) != l.Malformed {
			t.Fatalf("%s: %v", l.File, err)
		}
		if p.Encryption.String() != l.Encryption || !p.HasEncryption || p.Version.String() != l.Version {
			t.Errorf("%s: %s %s, want %s %s", l.File, p.Encryption, p.Version, l.Encryption, l.Version)
		}
		typ, payload, _, err = ReadMessage(unhex(t, l.Request))
		if err != nil || typ != TypePrelogin {
			t.Fatalf("%s: request of type %02x, %v", l.File, typ, err)
		}
		if p, err := ParsePrelogin(payload); err != nil || p.Encryption.String() != l.Asked {
			t.Errorf("%s: asked %s, want %s (%v)", l.File, p.Encryption, l.Asked, err)
		}
	}
	if seen == 0 {
		t.Fatal("no PRELOGIN answer in the corpus")
	}
}

// What parses is appended and parses to the same; what does not is zero.
func FuzzParsePrelogin(f *testing.F) {
	f.Add(unhex(f, tdspoolAnswer[16:]))
	f.Add(AppendPrelogin(nil, Prelogin{HasEncryption: true, Encryption: EncryptRequired, HasFedAuth: true}))
	f.Add(unhex(f, "00000b00069900110001ff0f0007d0000007"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePrelogin(b)
		if err != nil {
			if !reflect.DeepEqual(p, Prelogin{}) {
				t.Fatal("a result beside an error")
			}
			return
		}
		if len(p.Instance) > 60000 {
			return // offsets have 16 bits; only an overlapping table holds so much
		}
		again, err := ParsePrelogin(AppendPrelogin(nil, p))
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%+v came back as %+v (%v)", p, again, err)
		}
	})
}
