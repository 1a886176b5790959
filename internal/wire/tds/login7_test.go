package tds

import (
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

func TestAppendLogin7(t *testing.T) {
	b := AppendLogin7(nil, Login7{TDSVersion: TDS74, HostName: "a", AppName: "b", ServerName: "c", Token: unhex(t, type1)})
	// Every byte by MS-TDS 2.2.6.4: 94 fixed bytes, 14 of text, 40 of token.
	want := "94000000" + "04000074" + "00100000" + "00000000" + "00000000" + "00000000" +
		"e0" + "80" + "00" + "00" + "00000000" + "00000000" +
		"5e000100" + // host name: at 94, 1 character
		"60000000" + "60000000" + // user, password: none
		"60000100" + "62000100" + // application, server
		"64000000" + "64000400" + // extension, library "ODBC"
		"6c000000" + "6c000000" + // language, database
		"000000000000" + // client id
		"6c002800" + // token: at 108, 40 bytes
		"6c000000" + "6c000000" + "00000000" // attached file, new password, long token length
	got := hex.EncodeToString(b)
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.HasSuffix(got, "6100"+"6200"+"6300"+"4f00440042004300"+type1) {
		t.Errorf("data: %s", got[188:])
	}
}

func TestLogin7Versions(t *testing.T) {
	for v, want := range map[Version]uint32{
		{Major: 8}: TDS71, {Major: 9}: TDS72, {Major: 10}: 0x730a0003, {Major: 10, Minor: 50}: TDS73, {Major: 11}: TDS74, {Major: 17}: TDS74,
	} {
		if got := VersionFor(v); got != want {
			t.Errorf("%s: %08x, want %08x", v, got, want)
		}
	}
	old := AppendLogin7(nil, Login7{TDSVersion: TDS71, Token: []byte{1}})
	if at := binary.LittleEndian.Uint16(old[36:]); at != 86 {
		t.Errorf("data of a TDS 7.1 login starts at %d, want 86", at)
	}
	if l, err := ParseLogin7(old); err != nil || len(l.Token) != 1 {
		t.Errorf("%+v, %v", l, err)
	}
}

// A login can never carry a name or a password: their fields stay empty whatever is put in.
func TestLogin7HasNoAccount(t *testing.T) {
	b := AppendLogin7(nil, Login7{TDSVersion: TDS74, HostName: strings.Repeat("h", 500), Token: make([]byte, 70000)})
	for _, at := range []int{40, 44, 86} {
		if n := binary.LittleEndian.Uint16(b[at+2:]); n != 0 {
			t.Errorf("field at %d has %d characters", at, n)
		}
	}
	l, err := ParseLogin7(b)
	if err != nil || len(l.HostName) != 128 || l.Token != nil {
		t.Errorf("%d characters, token of %d, %v", len(l.HostName), len(l.Token), err)
	}
}

func TestParseLogin7(t *testing.T) {
	whole := Login7{TDSVersion: TDS74, HostName: "signet", AppName: "signet", ServerName: "sql01", Token: unhex(t, type1)}
	b := AppendLogin7(nil, whole)
	if got, err := ParseLogin7(b); err != nil || !reflect.DeepEqual(got, whole) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, spoil := range map[string]func(b []byte) []byte{
		"cut":                 func(b []byte) []byte { return b[:len(b)-1] },
		"shorter than fixed":  func(b []byte) []byte { return b[:85] },
		"host past the end":   func(b []byte) []byte { binary.LittleEndian.PutUint16(b[36:], 0xfff0); return b },
		"longer than it says": func(b []byte) []byte { return append(b, 0) },
		"host of 129":         func(b []byte) []byte { b[38] = 129; return padded(b) },
		"token past the end":  func(b []byte) []byte { b[80]++; return b },
		"token elsewhere":     func(b []byte) []byte { b[80], b[81] = 0xff, 0xff; return padded(b) },
	} {
		got, err := ParseLogin7(spoil(append([]byte(nil), b...)))
		if err == nil || !reflect.DeepEqual(got, Login7{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	b[25] = 0
	if got, err := ParseLogin7(b); err != nil || got.Token != nil {
		t.Errorf("without integrated security: token of %d, %v", len(got.Token), err)
	}
}

func FuzzParseLogin7(f *testing.F) {
	f.Add(AppendLogin7(nil, Login7{TDSVersion: TDS74, HostName: "signet", ServerName: "sql01", Token: unhex(f, type1)}))
	f.Add(AppendLogin7(nil, Login7{TDSVersion: TDS71, Token: []byte{1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLogin7(b)
		if err != nil {
			if !reflect.DeepEqual(l, Login7{}) {
				t.Fatal("a result beside an error")
			}
			return
		}
		again, err := ParseLogin7(AppendLogin7(nil, l))
		if err != nil || !reflect.DeepEqual(again, l) {
			t.Fatalf("%+v came back as %+v (%v)", l, again, err)
		}
	})
}

// padded makes the login long enough for any field of it.
func padded(b []byte) []byte {
	b = append(b, make([]byte, 70000)...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}
