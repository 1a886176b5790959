package tds

import (
	"reflect"
	"strings"
	"testing"
)

// challenge is a type 2 cut to its head: ParseLoginAnswer does not look inside.
const challenge = "4e544c4d5353500002000000"

const (
	// ERROR 18456, state 1, class 14, "no", server "S", line 1: MS-TDS 2.2.7.10 with a line of 4 bytes.
	err18456 = "aa1400" + "18480000" + "01" + "0e" + "0200" + "6e006f00" + "01" + "5300" + "00" + "01000000"
	doneErr  = "fd" + "0200" + "0000" + "0000000000000000"
	sspi     = "ed0c00" + challenge
)

func TestParseLoginAnswer(t *testing.T) {
	failed := []Notice{{Number: ErrLoginFailed, State: 1, Class: 14, Text: "no", Server: "S"}}
	done := &Done{Status: 2}
	for _, c := range []struct {
		name, in string
		want     LoginAnswer
		bad      bool
	}{
		{name: "challenge", in: sspi, want: LoginAnswer{SSPI: []byte("NTLMSSP\x00\x02\x00\x00\x00")}},
		{name: "refusal", in: err18456 + doneErr, want: LoginAnswer{Errors: failed, Done: done}},
		{name: "refusal in TDS 7.1", in: "aa1200" + err18456[6:38] + "0100" + "fd0200000000000000", want: LoginAnswer{Errors: failed, Done: done}},
		{name: "information first", in: "ab" + err18456[2:] + sspi, want: LoginAnswer{Infos: failed, SSPI: []byte("NTLMSSP\x00\x02\x00\x00\x00")}},
		{name: "two challenges: the first counts", in: sspi + "ed010041", want: LoginAnswer{SSPI: []byte("NTLMSSP\x00\x02\x00\x00\x00")}},
		{name: "empty challenge is there", in: "ed0000", want: LoginAnswer{SSPI: []byte{}}},
		{name: "environment", in: "e3030004" + "0000", want: LoginAnswer{Env: []EnvChange{{Type: 4, Data: []byte{0, 0}}}}},
		{name: "empty", bad: true},
		{name: "token without length", in: "ed00", bad: true},
		{name: "token longer than the stream", in: "ed0d00" + challenge, bad: true},
		{name: "error of seven bytes", in: "aa070000000000000000", bad: true},
		{name: "error text past its token", in: "aa0a00" + "18480000" + "01" + "0e" + "0200" + "6e00", bad: true},
		{name: "error without a server name", in: "aa0800" + "18480000" + "01" + "0e" + "0000", bad: true},
		{name: "empty environment change", in: "e30000", bad: true},
		{name: "loginack cut", in: "ad0400" + "01740000", bad: true},
		{name: "done of 9 bytes", in: "fd020000000000000000", bad: true},
		{name: "done before the end", in: doneErr + sspi, bad: true},
		{name: "rows", in: "d1", bad: true},
		{name: "feature nobody asked for", in: "ae01ff", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseLoginAnswer(unhex(t, c.in))
			if (err != nil) != c.bad || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if _, err := ParseLoginAnswer(unhex(t, strings.Repeat("ed0000", maxTokens+1))); err == nil {
		t.Error("an answer without end was read")
	}
}

func TestCorpusLoginAck(t *testing.T) {
	seen := 0
	for _, l := range corpus(t, "tds.jsonl") {
		if l.What != "loginack" {
			continue
		}
		seen++
		_, payload, _, err := ReadMessage(unhex(t, l.Payload))
		if err != nil {
			t.Fatal(err)
		}
		a, err := ParseLoginAnswer(payload)
		if err != nil || a.Ack == nil {
			t.Fatalf("%s: %+v, %v", l.File, a, err)
		}
		if a.Ack.Program != l.Program || a.Ack.Version.String() != l.ProgVer || a.Ack.TDSVersion != TDS71 || l.TDSVersion != "0x71000001" {
			t.Errorf("%s: %+v, want %+v", l.File, a.Ack, l)
		}
		if len(a.Infos) != 2 || a.Infos[0].Server != "JB-MSAD-01" || len(a.Env) != 4 || a.Done == nil {
			t.Errorf("%s: %+v", l.File, a)
		}
	}
	if seen == 0 {
		t.Fatal("no LOGINACK in the corpus")
	}
}

// What parses is appended and parses to the same; what does not is zero.
func FuzzParseLoginAnswer(f *testing.F) {
	for _, s := range []string{sspi, err18456 + doneErr, "ab" + err18456[2:] + sspi, "e30300040000", "ad0e000174000004010053001000" + "03e8" + "0000" + doneErr} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseLoginAnswer(b)
		if err != nil {
			if !reflect.DeepEqual(a, LoginAnswer{}) {
				t.Fatal("a result beside an error")
			}
			return
		}
		for _, n := range append(a.Errors, a.Infos...) {
			if len(n.Text)+len(n.Server) > 60000 {
				return // a malformed surrogate grows from two bytes to three: the token may no longer hold it
			}
		}
		again, err := ParseLoginAnswer(AppendLoginAnswer(nil, a))
		if err != nil || !reflect.DeepEqual(again, a) {
			t.Fatalf("%+v came back as %+v (%v)", a, again, err)
		}
	})
}
