package mail

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadPOP3Reply(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		want       POP3Reply
		short, bad bool
	}{
		{name: "ok", in: dovecotPOP3Greeting, want: POP3Reply{POP3OK, "Dovecot (Debian) ready."}},
		{name: "bare ok", in: "+OK\r\n", want: POP3Reply{POP3OK, ""}},
		{name: "refusal", in: dovecotPOP3Cancel, want: POP3Reply{POP3Err, "Authentication aborted by client."}},
		{name: "continuation", in: "+ TlRM\r\n", want: POP3Reply{POP3Continue, "TlRM"}},
		{name: "continuation without its space", in: "+\r\n", want: POP3Reply{POP3Continue, ""}},
		{name: "continuation that says OK", in: "+ OK\r\n", want: POP3Reply{POP3Continue, "OK"}},
		{name: "short", in: "+O", short: true},
		{name: "glued", in: "+OKAY\r\n", bad: true},
		{name: "smtp", in: eximGoOn, bad: true},
		{name: "imap", in: dovecotIMAPGreeting, bad: true},
		{name: "empty", in: "\r\n", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := ReadPOP3Reply([]byte(c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestReadPOP3List(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		lines      []string
		rest       string
		status     POP3Status
		short, bad bool
	}{
		{name: "auth list", in: dovecotPOP3Auth + "+OK\r\n", lines: []string{"PLAIN", "NTLM", "GSS-SPNEGO"}, rest: "+OK\r\n", status: POP3OK},
		{name: "no lines", in: "+OK\r\n.\r\n", status: POP3OK},
		{name: "refused", in: "-ERR no\r\nnext", rest: "next", status: POP3Err},
		{name: "stuffed", in: "+OK\r\n..\r\n.\r\n", lines: []string{"."}, status: POP3OK},
		{name: "no end", in: "+OK\r\nNTLM\r\n", short: true},
		{name: "endless", in: "+OK\r\n" + strings.Repeat("NTLM\r\n", MaxReply/6+2), bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, lines, rest, err := ReadPOP3List([]byte(c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if r.Status != c.status || !reflect.DeepEqual(lines, c.lines) || string(rest) != c.rest {
				t.Errorf("got %+v, %q, %q", r, lines, rest)
			}
		})
	}
}

func TestPOP3Mechanisms(t *testing.T) {
	capa := func(in string) POP3Capabilities {
		_, lines, _, err := ReadPOP3List([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		return ReadCAPA(lines)
	}
	want := POP3Capabilities{StartTLS: true, User: true, Mechanisms: []string{"PLAIN", "NTLM", "GSS-SPNEGO"}}
	if got := capa(dovecotPOP3Capa); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := capa(dovecotPOP3CapaTLSOnly); !reflect.DeepEqual(got, POP3Capabilities{StartTLS: true}) {
		t.Errorf("got %+v", got)
	}
	_, lines, _, _ := ReadPOP3List([]byte(dovecotPOP3Auth))
	if got := ReadAuthList(lines); strings.Join(got, " ") != "PLAIN NTLM GSS-SPNEGO" {
		t.Errorf("got %q", got)
	}
	if got := string(AppendPOP3Auth(nil, "NTLM")); got != "AUTH NTLM\r\n" {
		t.Errorf("got %q", got)
	}
}

// FuzzReadPOP3List: an error comes with zero results, and what parses comes back the same from what it is written as.
func FuzzReadPOP3List(f *testing.F) {
	for _, s := range []string{dovecotPOP3Greeting, dovecotPOP3Capa, dovecotPOP3CapaTLSOnly, dovecotPOP3Auth,
		dovecotPOP3Cancel, "+\r\n", "+OK\n..x\n.\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, lines, rest, err := ReadPOP3List(b)
		if err != nil {
			if r != (POP3Reply{}) || lines != nil || rest != nil {
				t.Fatalf("error %v with %+v, %q, %q", err, r, lines, rest)
			}
			return
		}
		again, same, left, err := ReadPOP3List(AppendPOP3List(nil, r, lines))
		if err != nil || len(left) != 0 || again != r || !reflect.DeepEqual(same, lines) {
			t.Fatalf("%+v %q came back as %+v %q, rest %q, %v", r, lines, again, same, left, err)
		}
		ReadCAPA(lines)
		ReadAuthList(lines)
	})
}
