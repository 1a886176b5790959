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
		want   string // how NTLM is offered
	}{
		"imap":              {143, "* OK IMAP4rev1 ready\r\n* CAPABILITY IMAP4rev1 AUTH=NTLM STARTTLS\r\nA1 OK done\r\n", offered},
		"imap, in an OK":    {143, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n", absent},
		"imap, in a mail":   {143, "* OK IMAP4rev1 ready\r\nA1 OK logged in\r\n* 1 FETCH (BODY[] {60}\r\n* CAPABILITY IMAP4rev1 AUTH=NTLM\r\nA CAPABILITY AUTH=NTLM\r\n)\r\n", unknown},
		"imap, in a string": {143, "* OK IMAP4rev1 ready\r\n* LIST () {3}\r\n* CAPABILITY AUTH=NTLM\r\n", unknown},
		"imap, in a text":   {143, "* OK IMAP4rev1 ready\r\nA1 NO try CAPABILITY AUTH=NTLM\r\n", unknown},
		"pop3":              {110, "+OK POP3 ready\r\n+OK\r\nUIDL\r\nSASL NTLM PLAIN\r\nSTLS\r\n.\r\n", offered},
		"pop3, in a mail":   {110, "+OK POP3 ready\r\n+OK\r\n+OK\r\n+OK 90 octets\r\nFrom: a@example.com\r\n\r\nSASL NTLM\r\nSTLS\r\n.\r\n", unknown},
		"smtp":              {25, "220 mx ESMTP\r\n250-mx\r\n250 AUTH NTLM\r\n", offered},
		"smtp, other codes": {25, "220 mx ESMTP\r\n500 AUTH NTLM\r\n", unknown},
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

// A list says what is absent only where it was heard whole, and before a logon; what it names is there in any case. Each
// stream ends where a capture has a hole, or where a snap length cut it.
func TestOverheardInPart(t *testing.T) {
	const (
		hello  = "EHLO a.example\r\n"
		greets = "220 mx ESMTP\r\n"
	)
	for name, c := range map[string]struct {
		port           uint16
		client, server string
		begins         bool // the streams are there from their first bytes
		ntlm           string
		starttls       string // "no" only where it may be said
		says           string
	}{
		"smtp, whole":                          {25, hello, greets + "250-mx\r\n250-STARTTLS\r\n250 AUTH NTLM\r\n", true, offered, "yes", "nobody was heard to ask for a challenge"},
		"smtp, whole, NTLM not listed":         {25, hello, greets + "250-mx\r\n250 AUTH PLAIN\r\n", true, absent, "no", "its answer to AUTH NTLM there is unknown"},
		"smtp, whole, no AUTH":                 {25, hello, greets + "250-mx\r\n250 SIZE\r\n", true, absent, "no", "the server asks for no logon without TLS"},
		"smtp, whole, the server's half":       {25, "", greets + "250-mx\r\n250 AUTH PLAIN\r\n", true, absent, "no", "the server does not list NTLM"},
		"smtp, the list's end is lost":         {25, hello, greets + "250-mx\r\n250-AUTH PLAIN\r\n", true, unknown, "", "not heard whole"},
		"smtp, cut inside a line":              {25, hello, greets + "250-mx\r\n250-AUTH PLA", true, unknown, "", "not heard whole"},
		"smtp, cut inside the first line":      {25, hello, greets + "250-m", true, unknown, "", "not heard whole"},
		"smtp, cut behind NTLM":                {25, hello, greets + "250-mx\r\n250-AUTH NTLM\r\n250-SI", true, offered, "", "nobody was heard"},
		"smtp, cut behind STARTTLS":            {25, hello, greets + "250-mx\r\n250-STARTTLS\r\n", true, unknown, "yes", "not heard whole"},
		"smtp, the answer is lost":             {25, hello, greets, true, unknown, "", "not heard whole"},
		"smtp, the list's start is lost":       {25, "", "220-mx\r\n250-SIZE\r\n250 HELP\r\n", false, unknown, "", "no list of mechanisms was heard"},
		"smtp, from the middle":                {25, "", "220 mx ESMTP\r\n250-mx\r\n250 SIZE\r\n", false, unknown, "", "not heard whole"},
		"smtp, HELO":                           {25, "HELO a\r\n", greets + "250 mx\r\n", true, unknown, "", "no list of mechanisms was heard"},
		"smtp, HELO with several lines":        {25, "HELO a\r\nMAIL FROM:<a@b>\r\n", greets + "250-mx\r\n250 hello\r\n250 ok\r\n", true, unknown, "", "no list of mechanisms was heard"},
		"smtp, pipelined":                      {25, hello + "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", greets + "250-mx\r\n250 SIZE\r\n250 ok\r\n250 ok\r\n354 go\r\n250-AUTH NTLM\r\n250 x\r\n", true, absent, "no", "the server asks for no logon"},
		"smtp, again behind a logon":           {25, hello + "AUTH PLAIN AGEAYg==\r\n" + hello, greets + "503 EHLO later\r\n235 ok\r\n250-mx\r\n250 SIZE\r\n", true, unknown, "", "behind a logon alone"},
		"smtp, NTLM asked, and refused":        {25, hello + "AUTH NTLM\r\n", greets + "250-mx\r\n250 AUTH NTLM\r\n504 no\r\n", true, offered, "no", "was not heard to hold a challenge"},
		"smtp, a challenge":                    {25, hello + "AUTH NTLM\r\nTlRM\r\n", greets + "250-mx\r\n250 AUTH NTLM\r\n334 \r\n334 " + type2 + "\r\n", true, proven, "no", "it answered AUTH NTLM with a challenge"},
		"smtp, a challenge, the server's half": {25, "", greets + "250-mx\r\n250 AUTH NTLM\r\n334 \r\n334 " + type2 + "\r\n", true, proven, "no", "it answered an AUTH with a challenge"},
		"smtp, a challenge that is cut":        {25, hello + "AUTH NTLM\r\nTlRM\r\n", greets + "250-mx\r\n250 AUTH NTLM\r\n334 \r\n334 " + type2[:24] + "\r\n", true, offered, "no", "was not heard to hold a challenge"},

		"smtp, the greeting is lost":        {25, hello, "", true, unknown, "", "not heard whole"},
		"smtp, from the list on":            {25, "", "250-mx\r\n250-AUTH PLAIN\r\n250 SIZE\r\n", false, unknown, "", "not heard whole"},
		"smtp, from the list on, with NTLM": {25, "", "250-AUTH NTLM\r\n250 SIZE\r\n", false, offered, "", "nobody was heard"},
		"imap, from the list on":            {143, "", "* CAPABILITY IMAP4rev1 AUTH=NTLM\r\na OK\r\n", false, offered, "", "nobody was heard"},

		"imap, whole":                        {143, "a CAPABILITY\r\n", "* OK x\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\na OK done\r\n", true, absent, "no", "the server asks for no logon"},
		"imap, whole, a logon by LOGIN":      {143, "a CAPABILITY\r\n", "* OK x\r\n* CAPABILITY IMAP4rev1\r\na OK done\r\n", true, absent, "no", "the server does not list NTLM"},
		"imap, cut":                          {143, "a CAPABILITY\r\n", "* OK x\r\n* CAPABILITY IMAP4rev1 LOGINDIS", true, unknown, "", "not heard whole"},
		"imap, behind a logon":               {143, "a LOGIN u p\r\nb CAPABILITY\r\n", "* OK x\r\na OK hello\r\n* CAPABILITY IMAP4rev1\r\nb OK\r\n", true, unknown, "", "behind a logon alone"},
		"imap, behind it, the server's half": {143, "", "* OK x\r\na OK hello\r\n* CAPABILITY IMAP4rev1\r\nb OK\r\n", true, unknown, "", "behind a logon alone"},
		"imap, in the logon's own answer":    {143, "a LOGIN u p\r\n", "* OK x\r\na OK [CAPABILITY IMAP4rev1] hello\r\n", true, unknown, "", "behind a logon alone"},
		"imap, logged in from the start":     {143, "a CAPABILITY\r\n", "* PREAUTH [CAPABILITY IMAP4rev1] x\r\n", true, unknown, "", ""},
		"imap, from the middle":              {143, "", "* OK IMAP x\r\n* CAPABILITY IMAP4rev1\r\n", false, unknown, "", "not heard whole"},
		"imap, before and behind":            {143, "a CAPABILITY\r\nb LOGIN u p\r\nc CAPABILITY\r\n", "* OK x\r\n* CAPABILITY IMAP4rev1 STARTTLS AUTH=NTLM\r\na OK\r\nb OK\r\n* CAPABILITY IMAP4rev1\r\nc OK\r\n", true, offered, "yes", "nobody was heard"},

		"pop3, whole":                    {110, "CAPA\r\n", "+OK x\r\n+OK list\r\nUSER\r\n.\r\n", true, absent, "no", "the server does not list NTLM"},
		"pop3, whole, the server's half": {110, "", "+OK x\r\n+OK list\r\nTOP\r\n.\r\n", true, absent, "no", "the server asks for no logon"},
		"pop3, cut":                      {110, "CAPA\r\n", "+OK x\r\n+OK list\r\nTOP\r\nUS", true, unknown, "", "not heard whole"},
		"pop3, cut behind STLS":          {110, "CAPA\r\n", "+OK x\r\n+OK list\r\nSTLS\r\n", true, unknown, "yes", "not heard whole"},
		"pop3, cut, the server's half":   {110, "", "+OK x\r\n+OK list\r\nTOP\r\nUS", true, unknown, "", "not heard whole"},
		"pop3, the answer is lost":       {110, "CAPA\r\n", "+OK x\r\n", true, unknown, "", "not heard whole"},
		"pop3, behind a logon":           {110, "USER u\r\nPASS p\r\nCAPA\r\n", "+OK x\r\n+OK\r\n+OK\r\n+OK\r\nTOP\r\n.\r\n", true, unknown, "", "behind a logon alone"},
		"pop3, from the middle":          {110, "", "+OK POP x\r\n+OK\r\nTOP\r\n.\r\n", false, unknown, "", "not heard whole"},
	} {
		o := passive().Observe(signet.Endpoint{Port: c.port})
		o.Hear(&check.Overheard{FromClient: []byte(c.client), FromServer: []byte(c.server), ClientWhole: c.begins && c.client != "", ServerWhole: c.begins})
		f, ok := o.Result().Facts.(*Facts)
		if !ok {
			t.Errorf("%s: nothing was heard", name)
			continue
		}
		starttls := ""
		if f.StartTLS != nil {
			starttls = map[bool]string{false: "no", true: "yes"}[*f.StartTLS]
		}
		j := judge(f)
		if f.Ways[0].NTLM != c.ntlm || starttls != c.starttls || !strings.Contains(strings.Join(j.Because, "; "), c.says) {
			t.Errorf("%s: NTLM %q, starttls %q, because %q; want %q %q %q", name, f.Ways[0].NTLM, starttls, j.Because, c.ntlm, c.starttls, c.says)
		}
		if j.Verdict == signet.Guarded || j.Verdict == signet.Unseen && (c.ntlm != absent || c.starttls != "no") {
			t.Errorf("%s: %v because %q", name, j.Verdict, j.Because)
		}
	}
}

// A list that a capture begins with is known by its port, or by a word that no other protocol has.
func TestRecogniseLists(t *testing.T) {
	for _, c := range []struct {
		first string
		port  uint16
		want  check.Side
	}{
		{"250-mx\r\n250 SIZE\r\n", 25, check.ServerSide}, {"250-mx\r\n250 SIZE\r\n", 587, check.ServerSide}, {"250-Directory\r\n250 end\r\n", 21, check.NeitherSide},
		{"* CAPABILITY IMAP4rev1\r\n", 14300, check.ServerSide}, {"* CAPABILITY of things\r\n", 143, check.NeitherSide},
		{"EHLO a\r\n", 50000, check.ClientSide}, {"EHLO ", 50000, check.NeitherSide},
	} {
		if got := recognise([]byte(c.first), c.port); got != c.want {
			t.Errorf("%q from %d: side %d, want %d", c.first, c.port, got, c.want)
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
