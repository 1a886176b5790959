package mail

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadSMTPReply(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		code       int
		lines      []string
		rest       string
		short, bad bool
	}{
		{name: "one line", in: "220 mail ESMTP\r\n", code: 220, lines: []string{"mail ESMTP"}},
		{name: "two lines and another reply", in: "250-mail\r\n250 HELP\r\n220 x\r\n", code: 250, lines: []string{"mail", "HELP"}, rest: "220 x\r\n"},
		{name: "code alone", in: "334\r\n", code: 334, lines: []string{""}},
		{name: "empty text", in: "334 \r\n", code: 334, lines: []string{""}},
		{name: "exim goes on with a sentence", in: eximGoOn, code: 334, lines: []string{"NTLM supported"}},
		{name: "last line missing", in: "250-mail\r\n", short: true},
		{name: "codes differ", in: "250-mail\r\n220 HELP\r\n", bad: true},
		{name: "no code", in: "hello world\r\n", bad: true},
		{name: "short line", in: "25\r\n", bad: true},
		{name: "code out of range", in: "199 x\r\n", bad: true},
		{name: "code of six", in: "650 x\r\n", bad: true},
		{name: "bad separator", in: "250_x\r\n", bad: true},
		{name: "imap", in: dovecotIMAPGreeting, bad: true},
		{name: "pop3", in: dovecotPOP3Greeting, bad: true},
		{name: "endless", in: strings.Repeat("250-x\r\n", MaxReply/7+2), bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, rest, err := ReadSMTPReply([]byte(c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if reply.Code != c.code || !reflect.DeepEqual(reply.Lines, c.lines) || string(rest) != c.rest {
				t.Errorf("got %+v, rest %q", reply, rest)
			}
		})
	}
}

func TestSMTPExtensions(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     SMTPExtensions
	}{
		{"exim", eximEHLO, SMTPExtensions{StartTLS: true, Mechanisms: []string{"NTLM"}}},
		{"older equals form twice", "250-x\r\n250-AUTH LOGIN ntlm\r\n250 AUTH=LOGIN PLAIN\r\n",
			SMTPExtensions{Mechanisms: []string{"LOGIN", "NTLM", "PLAIN"}}},
		{"exchange keyword", "250-x\r\n250-X-EXPS GSSAPI NTLM\r\n250 AUTH\r\n",
			SMTPExtensions{Exchange: []string{"GSSAPI", "NTLM"}}},
		{"the greeting line is no keyword", "250 AUTH NTLM\r\n", SMTPExtensions{}},
		{"refused", "502-x\r\n502 AUTH NTLM\r\n", SMTPExtensions{}},
		{"empty line", "250-x\r\n250 \r\n", SMTPExtensions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, _, err := ReadSMTPReply([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := reply.Extensions(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
	if got := (SMTPReply{Code: 250}).Extensions(); !reflect.DeepEqual(got, SMTPExtensions{}) {
		t.Errorf("a reply without lines has %+v", got)
	}
}

func TestSMTPType2(t *testing.T) {
	reply, _, err := ReadSMTPReply([]byte(eximType2))
	if err != nil || reply.Code != 334 {
		t.Fatalf("%+v, %v", reply, err)
	}
	token, err := Token(reply.Text())
	if err != nil || !strings.HasPrefix(string(token), "NTLMSSP\x00\x02") {
		t.Errorf("%x, %v", token, err)
	}
	if reply, _, _ := ReadSMTPReply([]byte(eximCancel)); reply.Code != 535 {
		t.Errorf("cancellation answered with %d", reply.Code)
	}
}

func TestSMTPCommands(t *testing.T) {
	if got := string(AppendEHLO(nil, "[127.0.0.1]")); got != "EHLO [127.0.0.1]\r\n" {
		t.Errorf("got %q", got)
	}
	if got := string(AppendSMTPAuth(nil, "NTLM")); got != "AUTH NTLM\r\n" {
		t.Errorf("got %q", got)
	}
}

// FuzzReadSMTPReply: an error comes with zero results; what parses comes back the same from what it is written as;
// and no prefix of a reply is taken for a whole one.
func FuzzReadSMTPReply(f *testing.F) {
	for _, s := range []string{eximEHLO, eximGoOn, eximType2, eximCancel, "250-a\n250 b\n", "250-\r\n250"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		reply, rest, err := ReadSMTPReply(b)
		if err != nil {
			if reply.Code != 0 || reply.Lines != nil || rest != nil {
				t.Fatalf("error %v with %+v, %q", err, reply, rest)
			}
			return
		}
		again, left, err := ReadSMTPReply(AppendSMTPReply(nil, reply))
		if err != nil || len(left) != 0 || !reflect.DeepEqual(again, reply) {
			t.Fatalf("%+v came back as %+v, rest %q, %v", reply, again, left, err)
		}
		used := len(b) - len(rest)
		if _, _, err := ReadSMTPReply(b[:used-1]); !errors.Is(err, ErrShort) {
			t.Fatalf("all but the last octet of a reply: %v", err)
		}
		reply.Extensions()
	})
}
