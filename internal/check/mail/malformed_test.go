package mail

import (
	"net/netip"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
)

// peer is one connection's server: what it says first, and what to each line that starts with a key.
type peer struct {
	greeting string
	answers  map[string]string
	cause    check.Cause       // how the connection ends where it says no more; Start: Stalled
	tls      bool              // TLS succeeds, at once or after STARTTLS
	secured  map[string]string // what it answers from then on; nil: as before
}

// drive holds an interview against one peer an attempt and returns what it learned and the lines that were sent.
func drive(t *testing.T, port uint16, o *check.Options, peers ...peer) (check.Result, []string) {
	t.Helper()
	at := signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1")}, Port: port}
	iv := begin(check.Subject{Endpoint: at, Options: o})
	var end check.End
	var lines []string
	for i := 0; ; i++ {
		a, ok := iv.Next(end)
		if !ok {
			if i != len(peers) {
				t.Errorf("%d attempts, want %d", i, len(peers))
			}
			return iv.Result(), lines
		}
		if i >= len(peers) {
			t.Fatalf("attempt %d, %q, was not expected", i+1, a.Note)
		}
		var said []string
		end, said = hold(t, a, peers[i])
		lines = append(lines, said...)
	}
}

// hold plays a peer for one attempt, and returns the lines that it was sent.
func hold(t *testing.T, a check.Attempt, p peer) (end check.End, lines []string) {
	t.Helper()
	c := checktest.Peer{Says: []byte(p.greeting), End: p.cause, Answer: func(sent []byte) (answer []byte, end check.Cause) {
		lines = append(lines, strings.TrimSpace(string(sent)))
		for prefix, reply := range p.answers {
			if strings.HasPrefix(string(sent), prefix) {
				answer = []byte(reply)
			}
		}
		return answer, check.Start
	}}
	if p.cause == check.Rejected || p.cause == check.NoAnswer {
		c.Connect = p.cause
	}
	if p.tls {
		c.TLS = func(*check.TLS) (check.TLSState, error) {
			if p.secured != nil {
				p.answers = p.secured
			}
			return check.TLSState{Facts: signet.TLS{Version: "1.3"}}, nil
		}
	}
	end = c.Hold(t, a)
	return end, lines
}

const type2 = "TlRMTVNTUAACAAAAAAAAAAAoAAABggAA5ncUq4jP51oAAAAAAAAAAAAAAAAAAAAA"

func smtpPeer(ehlo string, more map[string]string) peer {
	p := peer{greeting: "220 mail ESMTP\r\n", answers: map[string]string{"EHLO": ehlo, "AUTH": "503 AUTH command used when not advertised\r\n", "QUIT": "221 bye\r\n", "*": "501 aborted\r\n"}}
	for k, v := range more {
		p.answers[k] = v
	}
	return p
}

func TestOddServers(t *testing.T) {
	ntlm := "250-x\r\n250 AUTH NTLM\r\n"
	for _, c := range []struct {
		name    string
		port    uint16
		peers   []peer
		outcome signet.Outcome
		verdict string // "-": no facts
		said    string // a part of the lines sent
		text    string // a part of the failure
	}{
		{"closed port", 25, []peer{{cause: check.Rejected}}, signet.Refused, "-", "", "refused"},
		{"mute on a plain port", 25, []peer{{}}, signet.Silent, "-", "", "no answer in time"},
		{"mute on an odd port, then tls", 2525, []peer{{}, {greeting: "220 x\r\n", tls: true, answers: map[string]string{"EHLO": "250 x\r\n", "AUTH": "503 no\r\n"}}}, signet.Answered, "unseen", "EHLO", ""},
		{"mute on an odd port, no tls either", 2525, []peer{{}, {}}, signet.Broken, "-", "", "no TLS handshake"},
		{"no tls on 993 but imap", 993, []peer{{}, {greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n", answers: map[string]string{"s1": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\ns1 OK\r\n", "s4": "s4 NO [ALERT] Unsupported authentication mechanism.\r\n"}}}, signet.Answered, "guarded", "s1 CAPABILITY|s4 AUTHENTICATE NTLM", ""},
		{"tls where none is spoken", 25, []peer{{greeting: "\x15\x03\x01\x00\x02\x02\x46"}}, signet.Foreign, "-", "", "TLS"},
		{"http", 110, []peer{{greeting: "HTTP/1.1 400 Bad Request\r\n"}}, signet.Foreign, "-", "", "HTTP"},
		{"ssh", 143, []peer{{greeting: "SSH-2.0-OpenSSH_9.2p1\r\n"}}, signet.Foreign, "-", "", "SSH"},
		{"binary", 143, []peer{{greeting: "\x00\x01\x02\x03\x04\x05\x06\x07\x08"}}, signet.Foreign, "-", "", "no mail protocol"},
		{"three letters and then nothing", 25, []peer{{greeting: "22"}}, signet.Broken, "-", "", "no answer in time"},
		{"ftp", 25, []peer{smtpPeer("500 what\r\n", map[string]string{"HELO": "500 what\r\n"})}, signet.Foreign, "undetermined", "HELO", "FTP"},
		{"ftp that wants a user first", 25, []peer{smtpPeer("530 login first\r\n", map[string]string{"HELO": "530 login first\r\n"})}, signet.Foreign, "undetermined", "HELO", "FTP"},
		{"smtp that does not take our name", 25, []peer{smtpPeer("550 who\r\n", map[string]string{"HELO": "550 who\r\n"})}, signet.Broken, "undetermined", "HELO", "550"},
		{"smtp that puts EHLO off", 25, []peer{smtpPeer("450 later\r\n", map[string]string{"HELO": "250 x\r\n"})}, signet.Broken, "undetermined", "EHLO", "later"},
		{"smtp that answers before it is asked", 25, []peer{{greeting: "220 x\r\n250 y\r\n", answers: map[string]string{"EHLO": ntlm}}}, signet.Broken, "undetermined", "", "7 bytes that nothing asked for"},
		{"pop3 that answers before it is asked", 110, []peer{{greeting: "+OK x\r\n+OK\r\n.\r\n", answers: map[string]string{"CAPA": "+OK\r\nSASL NTLM\r\n.\r\n"}}}, signet.Broken, "undetermined", "", "that nothing asked for"},
		{"imap that speaks out of turn", 143, []peer{{greeting: "* OK x\r\n* OK still here\r\n", answers: map[string]string{"s1 CAPABILITY": "* CAPABILITY IMAP4rev1\r\ns1 OK\r\n", "s4": "s4 NO no\r\n"}}}, signet.Answered, "guarded", "s1 CAPABILITY|s4 AUTHENTICATE NTLM|s9 LOGOUT", ""},
		{"smtp without extensions", 25, []peer{smtpPeer("502 no\r\n", map[string]string{"HELO": "250 x\r\n"})}, signet.Answered, "unseen", "HELO [127.0.0.1]|AUTH NTLM", ""},
		{"smtp that refuses service", 25, []peer{{greeting: "554 no service\r\n"}}, signet.Broken, "undetermined", "", "no service"},
		{"smtp that hangs up later", 25, []peer{smtpPeer("421 busy\r\n", nil)}, signet.Broken, "undetermined", "", "busy"},
		{"imap that hangs up", 143, []peer{{greeting: "* BYE broken\r\n"}}, signet.Broken, "undetermined", "", "broken"},
		{"pop3 that hangs up", 110, []peer{{greeting: "-ERR broken\r\n"}}, signet.Broken, "undetermined", "", "broken"},
		{"closed after the greeting", 25, []peer{{greeting: "220 x\r\n", cause: check.Closed}}, signet.Broken, "undetermined", "EHLO", "closed"},
		{"endless greeting", 25, []peer{{greeting: strings.Repeat("220-x\r\n", 6000)}}, signet.Broken, "undetermined", "", "more than"},

		{"exposed", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334 ok\r\n", "TlRM": "334 " + type2 + "\r\n"})}, signet.Answered, "exposed", "AUTH NTLM|TlRMTVNTUAABAAAABYKIogAAAAAoAAAAAAAAACgAAAAKAGFKAAAADw==|*|QUIT", ""},
		{"server lost after the challenge", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n", "TlRM": "334 " + type2 + "\r\n", "*": ""})}, signet.Answered, "exposed", "*", "no answer"},
		{"a blank behind the challenge", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n", "TlRM": "334 " + type2 + " \r\n"})}, signet.Answered, "exposed", "*|QUIT", ""},
		{"mechanism refused", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "538 encryption required\r\n"})}, signet.Answered, "undetermined", "AUTH NTLM|QUIT", ""},
		{"token refused", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n", "TlRM": "535 no\r\n"})}, signet.Answered, "undetermined", "|QUIT", ""},
		{"challenge is not base64", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n", "TlRM": "334 hello there\r\n"})}, signet.Answered, "undetermined", "*|QUIT", ""},
		{"challenge is no ntlm", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n", "TlRM": "334 AAAA\r\n"})}, signet.Answered, "undetermined", "*|QUIT", ""},
		{"type 2 cut short", 25, []peer{smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n", "TlRM": "334 TlRMTVNTUAACAAAA\r\n"})}, signet.Answered, "undetermined", "*|QUIT", ""},
		{"closed inside the auth", 25, []peer{func() peer {
			p := smtpPeer(ntlm, map[string]string{"AUTH": "334\r\n"})
			p.cause = check.Closed
			return p
		}()}, signet.Answered, "undetermined", "TlRM", "smtp auth"},
		{"spnego is wrapped", 25, []peer{smtpPeer("250-x\r\n250 AUTH GSSAPI\r\n", map[string]string{"AUTH": "334\r\n", "YEgG": "334 oYGi" + "\r\n"})}, signet.Answered, "undetermined", "AUTH GSSAPI|YEgGBisGAQUFAqA+MDygDjAMBgorBgEEAYI3AgIKoioEKE5UTE1TU1AA", ""},

		// Lists are not the last word: NTLM is asked for by name where no list holds it (public reports of servers and of
		// firewalls in front that hide AUTH, or refuse an EHLO for its name).
		{"EHLO refused for its name, AUTH taken", 25, []peer{smtpPeer("550 name rejected\r\n", map[string]string{"HELO": "250 x\r\n", "AUTH": "334 ok\r\n", "TlRM": "334 " + type2 + "\r\n"})}, signet.Answered, "exposed", "HELO [127.0.0.1]|AUTH NTLM|TlRM", ""},
		{"EHLO refused for its name, AUTH wants it", 25, []peer{smtpPeer("550 name rejected\r\n", map[string]string{"HELO": "250 x\r\n", "AUTH": "503 EHLO first\r\n"})}, signet.Answered, "undetermined", "AUTH NTLM|QUIT", ""},
		{"EHLO refused for its name, NTLM not known", 25, []peer{smtpPeer("550 name rejected\r\n", map[string]string{"HELO": "250 x\r\n", "AUTH": "504 what\r\n"})}, signet.Answered, "guarded", "AUTH NTLM|QUIT", ""},
		{"AUTH hidden by a firewall", 25, []peer{smtpPeer("250-x\r\n250 XXXXXXXA\r\n", map[string]string{"AUTH": "334 ok\r\n", "TlRM": "334 " + type2 + "\r\n"})}, signet.Answered, "exposed", "AUTH NTLM|TlRM", ""},
		{"NTLM taken and not listed", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "334 ok\r\n", "TlRM": "334 " + type2 + "\r\n"})}, signet.Answered, "exposed", "AUTH NTLM|TlRM", ""},
		{"NTLM not listed, and refused (Exim)", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "504 NTLM authentication mechanism not supported\r\n"})}, signet.Answered, "guarded", "AUTH NTLM|QUIT", ""},
		{"NTLM not listed, and refused (Postfix)", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "535 5.7.8 Error: authentication failed: Invalid authentication mechanism\r\n"})}, signet.Answered, "guarded", "AUTH NTLM|QUIT", ""},
		{"NTLM not listed, its type 1 refused", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "334\r\n", "TlRM": "535 no\r\n"})}, signet.Answered, "guarded", "TlRM", ""},
		{"NTLM not listed, AUTH put off", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "454 later\r\n"})}, signet.Answered, "undetermined", "AUTH NTLM|QUIT", ""},
		{"NTLM not listed, TLS wanted first", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "538 encryption required\r\n"})}, signet.Answered, "undetermined", "AUTH NTLM|QUIT", ""},
		{"NTLM not listed, another challenge", 25, []peer{smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": "334\r\n", "TlRM": "334 AAAA\r\n"})}, signet.Answered, "undetermined", "*|QUIT", ""},
		{"NTLM not listed, hangs up at AUTH", 25, []peer{func() peer {
			p := smtpPeer("250-x\r\n250 AUTH PLAIN\r\n", map[string]string{"AUTH": ""})
			p.cause = check.Closed
			return p
		}()}, signet.Broken, "undetermined", "AUTH NTLM", "smtp auth"},
		{"no AUTH at all", 25, []peer{smtpPeer("250-x\r\n250 PIPELINING\r\n", nil)}, signet.Answered, "unseen", "AUTH NTLM|QUIT", ""},
		{"the greeting's list is short", 143, []peer{{greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n", answers: map[string]string{"s1": "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=NTLM\r\ns1 OK\r\n", "s4": "+ \r\n", "TlRM": "+ " + type2 + "\r\n", "*": "s4 BAD\r\n"}}}, signet.Answered, "exposed", "s1 CAPABILITY|s4 AUTHENTICATE NTLM", ""},
		{"the greeting's list alone is heard", 143, []peer{{greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n", cause: check.Closed}}, signet.Broken, "undetermined", "s1 CAPABILITY", "closed"},
		{"imap that is busy", 143, []peer{{greeting: "* OK x\r\n", answers: map[string]string{"s1": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\ns1 OK\r\n", "s4": "s4 NO [UNAVAILABLE] later\r\n"}}}, signet.Answered, "undetermined", "s4 AUTHENTICATE NTLM|s9 LOGOUT", ""},
		{"imap without a logon", 143, []peer{{greeting: "* OK x\r\n", answers: map[string]string{"s1": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\ns1 OK\r\n", "s4": "s4 NO no\r\n"}}}, signet.Answered, "unseen", "s4 AUTHENTICATE NTLM|s9 LOGOUT", ""},
		{"pop3 of passwords alone", 110, []peer{{greeting: "+OK hi\r\n", answers: map[string]string{"CAPA": "+OK\r\nUSER\r\n.\r\n", "AUTH\r": "-ERR\r\n", "AUTH NTLM": "-ERR what\r\n"}}}, signet.Answered, "guarded", "AUTH NTLM|QUIT", ""},
		{"pop3 that is busy", 110, []peer{{greeting: "+OK hi\r\n", answers: map[string]string{"CAPA": "+OK\r\nUSER\r\n.\r\n", "AUTH\r": "-ERR\r\n", "AUTH NTLM": "-ERR [SYS/TEMP] later\r\n"}}}, signet.Answered, "undetermined", "AUTH NTLM|QUIT", ""},

		{"starttls refused", 25, []peer{smtpPeer("250-x\r\n250 STARTTLS\r\n", map[string]string{"STARTTLS": "454 no certificate\r\n"})}, signet.Answered, "undetermined", "STARTTLS|QUIT", ""},
		{"starttls fails", 25, []peer{smtpPeer("250-x\r\n250 STARTTLS\r\n", map[string]string{"STARTTLS": "220 go\r\n"})}, signet.Answered, "undetermined", "STARTTLS", "no TLS handshake"},
		{"starttls after an auth", 25, []peer{
			smtpPeer("250-x\r\n250-STARTTLS\r\n250 AUTH NTLM\r\n", map[string]string{"AUTH": "334\r\n", "TlRM": "334 " + type2 + "\r\n"}),
			func() peer {
				p := smtpPeer("250-x\r\n250-STARTTLS\r\n250 AUTH NTLM\r\n", map[string]string{"STARTTLS": "220 go\r\n"})
				p.tls = true
				return p
			}(),
		}, signet.Answered, "exposed", "QUIT|EHLO [127.0.0.1]|STARTTLS|EHLO [127.0.0.1]|QUIT", ""},

		{"pop3 without capa", 110, []peer{{greeting: "+OK hi\r\n", answers: map[string]string{"CAPA": "-ERR what\r\n", "AUTH\r": "+OK\r\nNTLM\r\n.\r\n", "AUTH NTLM": "+OK\r\n", "TlRM": "+ " + type2 + "\r\n", "*": "-ERR\r\n"}}}, signet.Answered, "exposed", "CAPA|AUTH|AUTH NTLM|", ""},
		{"pop3 that lists nothing and takes ntlm", 110, []peer{{greeting: "+OK hi\r\n", answers: map[string]string{"CAPA": "-ERR what\r\n", "AUTH\r": "-ERR what\r\n", "AUTH NTLM": "+ \r\n", "TlRM": "+ " + type2 + "\r\n", "*": "-ERR\r\n"}}}, signet.Answered, "exposed", "AUTH NTLM|", ""},
		{"pop3 that lists nothing", 110, []peer{{greeting: "+OK hi\r\n", answers: map[string]string{"CAPA": "-ERR what\r\n", "AUTH": "-ERR what\r\n"}}}, signet.Answered, "undetermined", "AUTH NTLM|QUIT", ""},
		{"imap that asks for capability", 143, []peer{{greeting: "* OK ready\r\n", answers: map[string]string{"s1 CAPABILITY": "* CAPABILITY IMAP4rev1\r\ns1 OK\r\n", "s4": "s4 BAD no\r\n"}}}, signet.Answered, "guarded", "s1 CAPABILITY|s4 AUTHENTICATE NTLM|s9 LOGOUT", ""},
		{"imap that refuses capability", 143, []peer{{greeting: "* OK ready\r\n", answers: map[string]string{"s1 CAPABILITY": "s1 BAD what\r\n", "s4": "s4 NO x\r\n"}}}, signet.Answered, "undetermined", "s4 AUTHENTICATE NTLM|s9 LOGOUT", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, lines := drive(t, c.port, checktest.Options(), c.peers...)
			if res.Outcome != c.outcome {
				t.Errorf("outcome %v, want %v (%v)", res.Outcome, c.outcome, res.Err)
			}
			verdict := "-"
			if res.Facts != nil {
				verdict = judge(res.Facts.(*Facts)).Verdict.String()
			}
			if verdict != c.verdict {
				t.Errorf("verdict %s, want %s: %+v", verdict, c.verdict, res.Facts)
			}
			if said := strings.Join(lines, "|"); !strings.Contains(said, c.said) {
				t.Errorf("said %q, want %q in it", said, c.said)
			}
			switch {
			case c.text == "" && res.Err != nil:
				t.Errorf("failure %+v", res.Err)
			case c.text != "" && (res.Err == nil || !strings.Contains(res.Err.Phase+": "+res.Err.Text, c.text)):
				t.Errorf("failure %+v, want %q in it", res.Err, c.text)
			}
		})
	}
}

// What is listed before STARTTLS is forgotten behind it (RFC 3207 §4.2).
func TestListBehindStartTLS(t *testing.T) {
	p := smtpPeer("250-x\r\n250-STARTTLS\r\n250 AUTH CRAM-MD5\r\n", map[string]string{"STARTTLS": "220 go\r\n"})
	p.tls, p.secured = true, map[string]string{"EHLO": "250-x\r\n250 AUTH PLAIN NTLM\r\n", "AUTH": "334\r\n", "TlRM": "334 " + type2 + "\r\n", "*": "501\r\n"}
	res, _ := drive(t, 587, checktest.Options(), p)
	f := res.Facts.(*Facts)
	if w := f.way(overStartTLS); w == nil || w.NTLM != proven || strings.Join(w.Mechanisms, " ") != "PLAIN NTLM" {
		t.Errorf("%+v", f.Ways)
	}
	if w := f.way(overPlain); w == nil || w.NTLM != absent || strings.Join(w.Mechanisms, " ") != "CRAM-MD5" {
		t.Errorf("%+v", f.Ways)
	}
	if f.TLS != overStartTLS || strings.Join(f.Mechanisms, " ") != "CRAM-MD5 PLAIN NTLM" {
		t.Errorf("tls %s, mechanisms %q", f.TLS, f.Mechanisms)
	}
}

func TestQuick(t *testing.T) {
	o := checktest.Options()
	o.Quick = true
	res, lines := drive(t, 25, o, smtpPeer("250-x\r\n250-STARTTLS\r\n250 AUTH NTLM\r\n", nil))
	if got := strings.Join(lines, "|"); got != "EHLO [127.0.0.1]|QUIT" {
		t.Errorf("said %q", got)
	}
	if got := strings.Join(res.Unasked, " "); got != "ntlm-proof starttls" {
		t.Errorf("unasked %q", got)
	}
	if j := judge(res.Facts.(*Facts)); j.Verdict != signet.Undetermined {
		t.Errorf("verdict %v", j.Verdict)
	}
}

// A result taken before anything was asked, or part-way, claims nothing.
func TestInterrupted(t *testing.T) {
	iv := begin(check.Subject{Endpoint: signet.Endpoint{Port: 25}, Options: checktest.Options()})
	if res := iv.Result(); res.Outcome != signet.Skipped || res.Facts != nil {
		t.Errorf("%+v", res)
	}
	a, _ := iv.Next(check.End{})
	if _, err := a.Talk.Next([]byte("220 x\r\n"), false); err != nil {
		t.Fatal(err)
	}
	if res := iv.Result(); res.Outcome == signet.Answered || res.Facts != nil {
		t.Errorf("%+v", res)
	}
}

// Of a connection that ends behind the greeting, the greeting's list is kept, and what it lacks is not known to be absent.
func TestGreetingAlone(t *testing.T) {
	for list, want := range map[string]string{"AUTH=NTLM": offered, "AUTH=PLAIN": unknown, "LOGINDISABLED": unknown} {
		res, _ := drive(t, 143, checktest.Options(), peer{greeting: "* OK [CAPABILITY IMAP4rev1 " + list + "] x\r\n", cause: check.Closed})
		if w := res.Facts.(*Facts).way(overPlain); w == nil || w.NTLM != want {
			t.Errorf("%s: %+v", list, w)
		}
	}
}

// SMTP is told an address literal of the peer's own family (RFC 5321 §4.1.4), never a name that nobody can look up.
func TestSelf(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.1": "[127.0.0.1]", "2001:db8::1": "[IPv6:::1]", "::ffff:192.0.2.1": "[127.0.0.1]"} {
		at := signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(address)}, Port: 25}
		a, _ := begin(check.Subject{Endpoint: at, Options: checktest.Options()}).Next(check.End{})
		step, err := a.Talk.Next([]byte("220 x\r\n"), false)
		if got := string(step.Send); err != nil || got != "EHLO "+want+"\r\n" {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
}
