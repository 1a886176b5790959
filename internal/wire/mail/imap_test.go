package mail

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestReadIMAPResponse(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		want       IMAPResponse
		short, bad bool
	}{
		{name: "tagged", in: "a1 ok done\r\n", want: IMAPResponse{IMAPTagged, "a1", "OK", "done"}},
		{name: "tagged without text", in: "a1 NO\r\n", want: IMAPResponse{IMAPTagged, "a1", "NO", ""}},
		{name: "untagged", in: dovecotIMAPBroken, want: IMAPResponse{IMAPUntagged, "", "BYE", "Auth process broken"}},
		{name: "cancelled", in: dovecotIMAPCancel, want: IMAPResponse{IMAPTagged, "b", "BAD", "Authentication aborted by client."}},
		{name: "continuation", in: "+ \r\n", want: IMAPResponse{Kind: IMAPContinuation}},
		{name: "continuation without its space", in: "+\r\n", want: IMAPResponse{Kind: IMAPContinuation}},
		{name: "untagged number", in: "* 3 EXISTS\r\n", want: IMAPResponse{IMAPUntagged, "", "3", "EXISTS"}},
		{name: "short", in: "* OK", short: true},
		{name: "pop3", in: dovecotPOP3Greeting, bad: true},
		{name: "smtp", in: "220 mail ESMTP\r\n", bad: true},
		{name: "http", in: "HTTP/1.1 400 Bad Request\r\n", bad: true},
		{name: "ssh", in: "SSH-2.0-OpenSSH_9.2p1\r\n", bad: true},
		{name: "empty", in: "\r\n", bad: true},
		{name: "star alone", in: "*\r\n", bad: true},
		{name: "binary", in: "\x16\x03\x01 \x01\r\n", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := ReadIMAPResponse([]byte(c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad {
				t.Fatalf("err = %v", err)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestIMAPCapabilities(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     IMAPCapabilities
		ok       bool
	}{
		{"in the greeting", dovecotIMAPGreeting, IMAPCapabilities{StartTLS: true, Mechanisms: []string{"PLAIN", "NTLM", "GSS-SPNEGO"}}, true},
		{"asked for", dovecotIMAPCapability, IMAPCapabilities{StartTLS: true, Mechanisms: []string{"PLAIN", "NTLM", "GSS-SPNEGO"}}, true},
		{"login disabled", "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n", IMAPCapabilities{StartTLS: true, LoginDisabled: true}, true},
		{"lower case", "* capability imap4rev1 auth=ntlm\r\n", IMAPCapabilities{Mechanisms: []string{"NTLM"}}, true},
		{"in a tagged answer", "a OK [CAPABILITY IMAP4rev1 AUTH=NTLM] x\r\n", IMAPCapabilities{Mechanisms: []string{"NTLM"}}, true},
		{"none", dovecotIMAPListed, IMAPCapabilities{}, false},
		{"unclosed code", "* OK [CAPABILITY IMAP4rev1 AUTH=NTLM\r\n", IMAPCapabilities{}, false},
		{"other code", dovecotIMAPNeeds, IMAPCapabilities{}, false},
		{"continuation", "+ [CAPABILITY AUTH=NTLM] x\r\n", IMAPCapabilities{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _, err := ReadIMAPResponse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := r.Capabilities(); ok != c.ok || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v", got, ok)
			}
		})
	}
}

func TestIMAPType2(t *testing.T) {
	r, rest, err := ReadIMAPResponse([]byte(dovecotIMAPType2 + dovecotIMAPCancel))
	if err != nil || r.Kind != IMAPContinuation || string(rest) != dovecotIMAPCancel {
		t.Fatalf("%+v, %q, %v", r, rest, err)
	}
	if token, err := Token(r.Text); err != nil || !strings.HasPrefix(string(token), "NTLMSSP\x00\x02") {
		t.Errorf("%x, %v", token, err)
	}
	if got := string(AppendIMAPCommand(nil, "b", "AUTHENTICATE NTLM")); got != "b AUTHENTICATE NTLM\r\n" {
		t.Errorf("got %q", got)
	}
}

// FuzzReadIMAPResponse: an error comes with zero results, and what parses comes back the same from what it is
// written as.
func FuzzReadIMAPResponse(f *testing.F) {
	for _, s := range []string{dovecotIMAPGreeting, dovecotIMAPCapability, dovecotIMAPListed, dovecotIMAPNeeds,
		dovecotIMAPCancel, dovecotIMAPType2, "+\r\n", "* OK [CAPABILITY ]\r\n", "a NO \r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, rest, err := ReadIMAPResponse(b)
		if err != nil {
			if r != (IMAPResponse{}) || rest != nil {
				t.Fatalf("error %v with %+v, %q", err, r, rest)
			}
			return
		}
		again, left, err := ReadIMAPResponse(AppendIMAPResponse(nil, r))
		if err != nil || len(left) != 0 || again != r {
			t.Fatalf("%+v came back as %+v, rest %q, %v", r, again, left, err)
		}
		r.Capabilities()
	})
}
