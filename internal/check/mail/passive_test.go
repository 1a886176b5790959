package mail

import (
	"testing"

	"signet"
	"signet/internal/check"
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
