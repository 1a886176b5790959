package rdp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

const type1 = "4e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"

func TestAppendTSRequest(t *testing.T) {
	// The same bytes as other scanners send, whose version is 0x60.
	want := "3037a003020160a130302e302ca02a0428" + type1
	got := hex.EncodeToString(AppendTSRequest(nil, TSRequest{Version: 0x60, Tokens: [][]byte{unhex(t, type1)}}))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if Version < 2 || Version > 6 {
		t.Errorf("version %d is none of MS-CSSP", Version)
	}
}

func TestParseTSRequest(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		want       TSRequest
		short, bad bool
	}{
		{name: "one token", in: "3011a003020106a10a30083006a00404024142", want: TSRequest{Version: 6, Tokens: [][]byte{[]byte("AB")}}},
		{name: "two tokens", in: "301aa003020106a11330113006a004040241423007a0050403434445", want: TSRequest{Version: 6, Tokens: [][]byte{[]byte("AB"), []byte("CDE")}}},
		{name: "lengths in five bytes", in: "30840000002da0840000000702840000000106a1840000001a30840000001430840000000ea084000000080484000000024142", want: TSRequest{Version: 6, Tokens: [][]byte{[]byte("AB")}}},
		{name: "error code, unsigned", in: "300ea003020106a407020500c000006d", want: TSRequest{Version: 6, HasError: true, ErrorCode: 0xc000006d}},
		{name: "error code, signed", in: "300da003020106a4060204c000006d", want: TSRequest{Version: 6, HasError: true, ErrorCode: 0xc000006d}},
		{name: "key proof and nonce are skipped", in: "3011a003020106a30404024142a50404024344", want: TSRequest{Version: 6}},
		{name: "fields out of order", in: "300ea003020106a403020100a1023000", bad: true},
		{name: "field 6", in: "300aa003020106a603020100", bad: true},
		{name: "two versions", in: "300aa003020106a003020106", bad: true},
		{name: "no version", in: "300ca10a30083006a00404024142", bad: true},
		{name: "version is text", in: "3005a003040106", bad: true},
		{name: "inner length past the end", in: "3005a003020206", bad: true},
		{name: "error code of 6 bytes", in: "300fa003020106a4080206010000000000", bad: true},
		{name: "nine tokens", in: "303fa003020106a13830363004a00204003004a00204003004a00204003004a00204003004a00204003004a00204003004a00204003004a00204003004a0020400", bad: true},
		{name: "bytes after the tokens", in: "300ba003020106a10430000500", bad: true},
		{name: "bytes after a token", in: "3012a003020106a10b30093007a0030401410500", bad: true},
		{name: "bytes after the version", in: "3007a0050201060500", bad: true},
		{name: "nothing", short: true},
		{name: "tag alone", in: "30", short: true},
		{name: "body cut", in: "3011a003020106", short: true},
		{name: "not a sequence", in: "16030300", bad: true},
		{name: "over the bound", in: "3083010001", bad: true},
		{name: "indefinite length", in: "3080a003", bad: true},
		{name: "empty", in: "3000", bad: true},
		{name: "empty in five bytes", in: "308400000000", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := unhex(t, c.in)
			got, rest, err := ParseTSRequest(in)
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if !reflect.DeepEqual(got, c.want) || len(rest) != 0 {
				t.Errorf("got %+v, %x left", got, rest)
			}
		})
	}
}

// What parses is appended and parses to the same; what does not is zero.
func FuzzParseTSRequest(f *testing.F) {
	for _, s := range []string{
		"3037a003020160a130302e302ca02a0428" + type1,
		"300ea003020106a407020500c000006d",
		"3011a003020106a10a30083006a00404024142",
		"3013a003020106a30404024142a50604044344" + "4546",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, rest, err := ParseTSRequest(b)
		if err != nil {
			if !reflect.DeepEqual(r, TSRequest{}) || rest != nil {
				t.Fatal("results beside an error")
			}
			return
		}
		if !bytes.HasSuffix(b, rest) {
			t.Fatal("rest is not the end of the input")
		}
		again, rest, err := ParseTSRequest(AppendTSRequest(nil, r))
		if err != nil || !reflect.DeepEqual(again, r) || len(rest) != 0 {
			t.Fatalf("%+v came back as %+v (%v)", r, again, err)
		}
	})
}
