package mail

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// TestOverheardMail: what stands in somebody's mail says nothing of the server.
func TestOverheardMail(t *testing.T) {
	for name, c := range map[string]struct {
		port   uint16
		stream string
		want   string // how NTLM is offered; "": nothing is known
	}{
		"imap":              {143, "* OK IMAP4rev1 ready\r\n* CAPABILITY IMAP4rev1 AUTH=NTLM STARTTLS\r\nA1 OK done\r\n", offered},
		"imap, in an OK":    {143, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n", absent},
		"imap, in a mail":   {143, "* OK IMAP4rev1 ready\r\nA1 OK logged in\r\n* 1 FETCH (BODY[] {60}\r\n* CAPABILITY IMAP4rev1 AUTH=NTLM\r\nA CAPABILITY AUTH=NTLM\r\n)\r\n", ""},
		"imap, in a string": {143, "* OK IMAP4rev1 ready\r\n* LIST () {3}\r\n* CAPABILITY AUTH=NTLM\r\n", ""},
		"imap, in a text":   {143, "* OK IMAP4rev1 ready\r\nA1 NO try CAPABILITY AUTH=NTLM\r\n", ""},
		"pop3":              {110, "+OK POP3 ready\r\n+OK\r\nUIDL\r\nSASL NTLM PLAIN\r\nSTLS\r\n.\r\n", offered},
		"pop3, in a mail":   {110, "+OK POP3 ready\r\n+OK\r\n+OK\r\n+OK 90 octets\r\nFrom: a@example.com\r\n\r\nSASL NTLM\r\nSTLS\r\n.\r\n", ""},
		"smtp":              {25, "220 mx ESMTP\r\n250-mx\r\n250 AUTH NTLM\r\n", offered},
		"smtp, other codes": {25, "220 mx ESMTP\r\n500 AUTH NTLM\r\n", ""},
	} {
		p := passive()
		o := p.Observe(signet.Endpoint{Port: c.port})
		if side := p.Recognise([]byte(c.stream), c.port); side != check.ServerSide {
			t.Errorf("%s: side %d", name, side)
		}
		o.Hear(&check.Overheard{FromServer: []byte(c.stream), ServerWhole: true})
		got := ""
		if f, ok := o.Result().Facts.(*Facts); ok {
			got = f.Ways[0].NTLM
		}
		if got != c.want {
			t.Errorf("%s: NTLM %q, want %q", name, got, c.want)
		}
	}
}

// What a handshake between others shows: on the ports that are TLS from the first byte, and behind STARTTLS.
func TestOverheardTLS(t *testing.T) {
	tls := string(checktest.Handshake(t, "samba-ldaps-12.hex"))
	for name, c := range map[string]struct {
		port              uint16
		stream            string
		over, proto, seen string
	}{
		"imaps":           {993, tls, overTLS, "imap", "1.2"},
		"smtps":           {465, tls, overTLS, "smtp", "1.2"},
		"no port of mail": {443, tls, "", "", ""},
		"starttls":        {25, "220 mx ESMTP\r\n250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n220 go ahead\r\n" + tls, overStartTLS, "smtp", "1.2"},
		"none":            {25, "220 mx ESMTP\r\n250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n", overPlain, "smtp", ""},
	} {
		o := passive().Observe(signet.Endpoint{Port: c.port})
		o.Hear(&check.Overheard{FromServer: []byte(c.stream), ServerWhole: true})
		f, ok := o.Result().Facts.(*Facts)
		if !ok {
			if c.over != "" {
				t.Errorf("%s: nothing was heard", name)
			}
			continue
		}
		seen := ""
		if f.Session != nil {
			seen = f.Session.Version
		}
		if f.TLS != c.over || f.Protocol != c.proto || seen != c.seen {
			t.Errorf("%s: %q %q %q", name, f.TLS, f.Protocol, seen)
		}
		if j := judge(f); j.Verdict != signet.Undetermined {
			t.Errorf("%s: %+v", name, j)
		}
	}
	if recognise([]byte(tls), 993) != check.ServerSide || recognise([]byte(tls), 443) != check.NeitherSide {
		t.Error("a server's hello is known by the ports of mail inside TLS alone")
	}
}

// Who sends a password in the clear is named, by every way of mail, and the password is nowhere.
func TestOverheardPasswords(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const secret = "Tr0ub4dor"
	for name, c := range map[string]struct {
		stream string
		want   []string
	}{
		"smtp, PLAIN at once":        {"EHLO a\r\nAUTH PLAIN " + b64("\x00amy\x00"+secret) + "\r\nMAIL FROM:<x@y>\r\n", []string{"amy"}},
		"smtp, PLAIN when asked":     {"EHLO a\r\nAUTH PLAIN\r\n" + b64("act\x00amy\x00"+secret) + "\r\n", []string{"amy"}},
		"smtp, LOGIN":                {"EHLO a\r\nAUTH LOGIN\r\n" + b64("bob") + "\r\n" + b64(secret) + "\r\nQUIT\r\n", []string{"bob"}},
		"smtp, LOGIN with a name":    {"EHLO a\r\nAUTH LOGIN " + b64("bob") + "\r\n" + b64(secret) + "\r\nQUIT\r\n", []string{"bob"}},
		"smtp, LOGIN that is no way": {"EHLO a\r\nAUTH LOGIN\r\nQUIT\r\n", nil},
		"smtp, PLAIN that is no way": {"EHLO a\r\nAUTH PLAIN\r\nAUTH LOGIN\r\n" + b64("bob") + "\r\n" + b64(secret) + "\r\n", []string{"bob"}},
		"smtp, given up":             {"EHLO a\r\nAUTH LOGIN\r\n*\r\nAUTH PLAIN " + b64("\x00amy\x00"+secret) + "\r\n", []string{"amy"}},
		"smtp, PLAIN of one part":    {"EHLO a\r\nAUTH PLAIN " + b64(secret) + "\r\n", nil},
		"imap":                       {"a1 LOGIN \"kim\" " + secret + "\r\na2 SELECT INBOX\r\n", []string{"kim"}},
		"imap, a literal":            {"a1 LOGIN {3}\r\nkim {9}\r\n" + secret + "\r\n", nil},
		"imap, AUTHENTICATE":         {"a1 AUTHENTICATE PLAIN\r\n" + b64("\x00kim\x00"+secret) + "\r\n", []string{"kim"}},
		"pop3":                       {"USER leo\r\nPASS " + secret + "\r\nSTAT\r\n", []string{"leo"}},
		"pop3, words for a password": {"USER leo\r\nPASS user " + secret + "\r\nUSER amy\r\nPASS LOGIN " + secret + " x\r\n", []string{"leo", "amy"}},
		"in a mail":                  {"EHLO a\r\nDATA\r\nUSER leo\r\nPASS x\r\n.\r\n", nil},
		"pop3, without a password":   {"USER leo\r\nQUIT\r\n", nil},
		"a name that moves a cursor": {"USER l\x1b[2Jeo\r\nPASS " + secret + "\r\n", nil},
	} {
		var got []string
		for _, c := range clients(&check.Overheard{FromClient: []byte(c.stream), ClientWhole: true}) {
			if c.Logon != "plain" || strings.Contains(fmt.Sprintf("%+v", c), secret) {
				t.Errorf("%s: %+v", name, c)
			}
			got = append(got, c.User)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
