package http1

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseChallenges(t *testing.T) {
	realm := func(v string) []Param { return []Param{{"realm", v}} }
	tests := []struct {
		name  string
		lines []string
		want  []Challenge
	}{
		{"none", nil, nil},
		{"empty line", []string{""}, nil},
		{"IIS, two lines", []string{"Negotiate", "NTLM"}, []Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}}},
		{"one line", []string{"Negotiate, NTLM"}, []Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}}},
		{"any case", []string{"nTLM,\tnegotiate"}, []Challenge{{Scheme: "nTLM"}, {Scheme: "negotiate"}}},
		{"no space after comma", []string{"Negotiate,NTLM"}, []Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}}},
		{"empty elements", []string{", ,NTLM,,"}, []Challenge{{Scheme: "NTLM"}}},
		{"quoted comma and NTLM is not NTLM", []string{`Basic realm="NTLM, x"`}, []Challenge{{Scheme: "Basic", Params: realm("NTLM, x")}}},
		{"escaped quote before a comma", []string{`Basic realm="a\", NTLM, \"b", Negotiate`},
			[]Challenge{{Scheme: "Basic", Params: realm(`a", NTLM, "b`)}, {Scheme: "Negotiate"}}},
		{"RFC 9110 example", []string{`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`}, []Challenge{
			{Scheme: "Basic", Params: realm("simple")},
			{Scheme: "Newauth", Params: []Param{{"realm", "apps"}, {"type", "1"}, {"title", `Login to "apps"`}}}}},
		{"scheme between parameters", []string{`Digest realm="d", nonce="n", NTLM, Basic realm="b"`}, []Challenge{
			{Scheme: "Digest", Params: []Param{{"realm", "d"}, {"nonce", "n"}}}, {Scheme: "NTLM"}, {Scheme: "Basic", Params: realm("b")}}},
		{"space around the equals sign", []string{`Basic realm = "b", charset = UTF-8`},
			[]Challenge{{Scheme: "Basic", Params: []Param{{"realm", "b"}, {"charset", "UTF-8"}}}}},
		{"parameters on a line of their own", []string{`Digest realm="d"`, `nonce="n", qop=auth`},
			[]Challenge{{Scheme: "Digest", Params: []Param{{"realm", "d"}, {"nonce", "n"}, {"qop", "auth"}}}}},
		{"token68", []string{"NTLM TlRMTVNTUAACAAAA=="}, []Challenge{{Scheme: "NTLM", Token: "TlRMTVNTUAACAAAA=="}}},
		{"token68 then another", []string{"NTLM TlRM+/==, Basic realm=x"},
			[]Challenge{{Scheme: "NTLM", Token: "TlRM+/=="}, {Scheme: "Basic", Params: realm("x")}}},
		{"token68 without padding is no parameter", []string{"Negotiate oQcwBaADCgEC , NTLM"},
			[]Challenge{{Scheme: "Negotiate", Token: "oQcwBaADCgEC"}, {Scheme: "NTLM"}}},
		{"several spaces and a tab", []string{"NTLM  \tTlRM"}, []Challenge{{Scheme: "NTLM", Token: "TlRM"}}},
		{"IIS provider", []string{"Negotiate:Kerberos"}, []Challenge{{Scheme: "Negotiate:Kerberos"}}},
		{"IIS provider in a list", []string{"negotiate:Kerberos YII=, Basic realm=\"x\""},
			[]Challenge{{Scheme: "negotiate:Kerberos", Token: "YII="}, {Scheme: "Basic", Params: realm("x")}}},
		{"unquoted realm of two words", []string{"Basic realm=My Router, NTLM"},
			[]Challenge{{Scheme: "Basic", Params: realm("My Router"), Malformed: true}, {Scheme: "NTLM"}}},
		{"a quote left open does not reach the next line", []string{`Basic realm="oops, Negotiate`, "NTLM"},
			[]Challenge{{Scheme: "Basic", Params: realm("oops, Negotiate"), Malformed: true}, {Scheme: "NTLM"}}},
		{"two parameters without a comma", []string{`Digest realm="d" nonce="n", NTLM`},
			[]Challenge{{Scheme: "Digest", Params: realm(`d nonce="n"`), Malformed: true}, {Scheme: "NTLM"}}},
		{"rubbish, then a scheme", []string{`"=;, NTLM`}, []Challenge{{Scheme: "NTLM"}}},
		{"scheme with rubbish", []string{"NTLM\x80x"}, []Challenge{{Scheme: "NTLM", Malformed: true}}},
		{"empty value", []string{`Basic realm=""`}, []Challenge{{Scheme: "Basic", Params: realm("")}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ParseChallenges(test.lines); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%q\n got %+v\nwant %+v", test.lines, got, test.want)
			}
		})
	}
}

func TestChallengeNames(t *testing.T) {
	for _, test := range []struct {
		offered, is string
	}{{"NTLM", "ntlm"}, {"negotiate", "Negotiate"}, {"Negotiate:Kerberos", "negotiate"}} {
		c := Challenge{Scheme: test.offered}
		if !c.Is(test.is) || c.Is(test.is+"x") {
			t.Errorf("%q: Is(%q) %v, Is(%[2]qx) %v", test.offered, test.is, c.Is(test.is), c.Is(test.is+"x"))
		}
	}
}

// FuzzParseChallenges: whatever parses without a mark re-encodes to something that parses to the same.
func FuzzParseChallenges(f *testing.F) {
	for _, s := range []string{
		"Negotiate, NTLM", `Basic realm="NTLM, x"`, "NTLM TlRMTVNTUAACAAAA==", "Negotiate:Kerberos",
		`Digest realm="d" nonce="n"`, "Basic realm=My Router", `Basic realm="a\", NTLM`, ", ,x=1", "A a=b==,b= c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		list := ParseChallenges([]string{line})
		var sound []Challenge
		for _, c := range list {
			if c.Scheme == "" {
				t.Fatalf("%q: a challenge without a scheme", line)
			}
			if !c.Malformed {
				sound = append(sound, c)
			}
		}
		again := ParseChallenges([]string{string(AppendChallenges(nil, sound))})
		if !reflect.DeepEqual(sound, again) {
			t.Fatalf("%q\nfirst  %+v\nsecond %+v", line, sound, again)
		}
		if strings.EqualFold(strings.Trim(line, " \t"), "ntlm") && (len(list) != 1 || !list[0].Is("NTLM")) {
			t.Fatalf("%q is not NTLM", line)
		}
	})
}
