package mail

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestReadLine(t *testing.T) {
	for _, c := range []struct {
		name, in, line, rest string
		short, bad           bool
	}{
		{name: "crlf", in: "+OK\r\nmore", line: "+OK", rest: "more"},
		{name: "lf alone", in: "+OK\nmore", line: "+OK", rest: "more"},
		{name: "empty", in: "\r\n", line: ""},
		{name: "only lf", in: "\n", line: ""},
		{name: "no end yet", in: "+OK", short: true},
		{name: "half an end", in: "+OK\r", short: true},
		{name: "nothing", in: "", short: true},
		{name: "longest", in: strings.Repeat("a", MaxLine-2) + "\r\n", line: strings.Repeat("a", MaxLine-2)},
		{name: "one too long", in: strings.Repeat("a", MaxLine-1) + "\r\n", bad: true},
		{name: "no end within the bound", in: strings.Repeat("a", MaxLine), bad: true},
		{name: "nul", in: "+O\x00K\r\n", bad: true},
		{name: "cr inside", in: "+O\rK\r\n", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, rest, err := ReadLine([]byte(c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if string(line) != c.line || string(rest) != c.rest {
				t.Errorf("got %q, %q", line, rest)
			}
			if err != nil && (line != nil || rest != nil) {
				t.Errorf("error with results %q, %q", line, rest)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	type1 := []byte("NTLMSSP\x00\x01\x00\x00\x00")
	line := AppendToken(nil, type1)
	if want := "TlRMTVNTUAABAAAA\r\n"; string(line) != want {
		t.Fatalf("got %q, want %q", line, want)
	}
	if got, err := Token("TlRMTVNTUAABAAAA"); err != nil || !bytes.Equal(got, type1) {
		t.Errorf("got %x, %v", got, err)
	}
	if got, err := Token(""); err != nil || len(got) != 0 {
		t.Errorf("empty challenge: %x, %v", got, err)
	}
	if got, err := Token("NTLM supported"); err == nil || got != nil {
		t.Errorf("a sentence was decoded into %x", got)
	}
}

func TestMechanismNames(t *testing.T) {
	got := addMechanisms(nil, "ntlm", "NTLM", "GSS-SPNEGO", "", "ÄH", "A-NAME-OF-TWENTY-ONE1", "A-NAME-OF-TWENTY-BYT")
	if want := "NTLM GSS-SPNEGO A-NAME-OF-TWENTY-BYT"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var many []string
	for i := range 500 {
		many = append(many, "M"+strings.Repeat("X", i%19)+string(rune('A'+i%26)))
	}
	if got := addMechanisms(nil, many...); len(got) != maxMechanisms {
		t.Errorf("%d mechanisms kept", len(got))
	}
}
