package spnego

import (
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

func TestParseResp(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Resp
		fails    string
	}{
		{name: "challenge", in: "a119" + "3017" + "a0030a0101" + "a10c060a2b06010401823702020a" + "a202" + "0400",
			want: Resp{State: AcceptIncomplete, SupportedMech: OIDNTLM, ResponseToken: []byte{}}},
		{name: "accepted, MIC", in: "a10d300b" + "a0030a0100" + "a3040402beef", want: Resp{State: AcceptCompleted, MechListMIC: []byte{0xbe, 0xef}}},
		// oQcwBaADCgEC is what mod_auth_gssapi without NTLM was seen to answer.
		{name: "rejected", in: "a1073005a0030a0102", want: Resp{State: Reject}},
		{name: "MIC wanted, trailing bytes", in: "a1073005a0030a0103" + "00", want: Resp{State: RequestMIC}},
		{name: "lengths of five octets", in: "a1840000000930840000000" + "3a2010" + "4", fails: "ends inside"},
		{name: "lengths of five octets, whole", in: "a1840000000d30840000000" + "7a2050403414243", want: Resp{ResponseToken: []byte("ABC")}},
		{name: "nothing in it", in: "a1023000"},

		{name: "nothing", fails: "ends inside"},
		{name: "an init", in: initNTLM, fails: "tag 0x60"},
		{name: "state 4", in: "a1073005a0030a0104", fails: "state 4"},
		{name: "state -1", in: "a1073005a0030a01ff", fails: "state -1"},
		{name: "state of nine octets", in: "a10f300da00b0a09000000000000000001", fails: "integer of 9"},
		{name: "state as an integer", in: "a1073005a003020102", fails: "tag 0x02"},
		{name: "mechanism of no octets", in: "a1063004a1020600", fails: "identifier"},
		{name: "cut off", in: "a1073005a0030a", fails: "ends inside"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseResp(unhex(t, c.in))
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestAppendResp(t *testing.T) {
	if got := hex.EncodeToString(AppendResp([]byte{0xff}, []byte("ABC"))); got != "ffa1093007a2050403414243" {
		t.Error(got)
	}
	// A token of 300 bytes takes the long form of every length.
	b := AppendResp(nil, make([]byte, 300))
	if got := hex.EncodeToString(b[:16]); got != "a182013830820134a28201300482012c" || len(b) != 316 {
		t.Errorf("%s, %d bytes", got, len(b))
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{0: "absent", AcceptCompleted: "accept-completed", AcceptIncomplete: "accept-incomplete",
		Reject: "reject", RequestMIC: "request-mic", 9: "absent"} {
		if s.String() != want {
			t.Errorf("%d: %s", s, s)
		}
	}
}

// FuzzParseResp holds that an error comes with a zero result and that what was read reads the same after being
// written.
func FuzzParseResp(f *testing.F) {
	f.Add(unhex(f, "a1073005a0030a0102"))
	f.Add(unhex(f, "a1193017a0030a0101a10c060a2b06010401823702020aa2020400"))
	f.Add(unhex(f, "a1840000000d308400000007a2050403414243"))
	f.Add(unhex(f, "a10d300ba0030a0100a3040402beef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseResp(b)
		if err != nil {
			if !reflect.DeepEqual(r, Resp{}) {
				t.Fatalf("%v with %+v", err, r)
			}
			return
		}
		again, err := ParseResp(r.Append(nil))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("%+v\nagain %+v %v", r, again, err)
		}
	})
}
