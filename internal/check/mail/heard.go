package mail

import (
	"errors"
	"slices"
	"strings"

	wire "signet/internal/wire/mail"
)

// heardLists is what lists of mechanisms said that were overheard, before TLS. What one names is there; what it does not
// name is absent only where it was heard whole, and before a logon.
type heardLists struct {
	capabilities
	whole bool // at least one was
	part  bool // one was heard in part
	late  bool // one was heard behind a logon
}

// merge takes over what another connection told.
func (l *heardLists) merge(o heardLists) {
	l.whole, l.part, l.late = l.whole || o.whole, l.part || o.part, l.late || o.late
	l.note(o.capabilities)
}

// note takes over what a list names.
func (l *heardLists) note(c capabilities) {
	l.startTLS, l.logon = l.startTLS || c.startTLS, l.logon || c.logon
	for _, m := range c.mechanisms {
		l.mechanisms = add(l.mechanisms, m)
	}
	for _, m := range c.exchange {
		l.exchange = add(l.exchange, m)
	}
}

// file takes over one list. sure says that it was heard whole and before any logon.
func (l *heardLists) file(c capabilities, sure, late bool) {
	l.note(c)
	l.whole, l.late, l.part = l.whole || sure, l.late || late && !sure, l.part || !sure && !late
}

// listsOf reads the lists of a server's stream up to TLS, or up to what may be somebody's mail. from is set where the
// stream is there from its first byte.
func listsOf(protocol string, stream []byte, from bool, c commands) heardLists {
	switch protocol {
	case "smtp":
		return smtpLists(stream, from, c)
	case "imap":
		return imapLists(stream, from, c)
	}
	return pop3Lists(stream, from, c)
}

// smtpLists pairs replies with the client's lines, one for one (RFC 5321 §4.2, RFC 4954 §4): the greeting answers none.
// Where no client is heard, the first reply behind the greeting is a list if it is one of several lines.
func smtpLists(stream []byte, from bool, c commands) heardLists {
	var l heardLists
	loggedIn := false
	for n := 0; len(stream) > 0; n++ {
		r, rest, err := wire.ReadSMTPReply(stream)
		if errors.Is(err, wire.ErrShort) && len(stream) > 4 && string(stream[:3]) == "250" {
			l.part = true // its end is missing; what it named so far is there
			if r, _, err = wire.ReadSMTPReply(endLine(stream)); err == nil {
				l.note(smtpList(r))
			}
			return l
		}
		if err != nil {
			return l
		}
		stream = rest
		if n == 0 && !from { // its first line may be any
			r.Lines = append([]string{""}, r.Lines...)
		}
		verb, known := c.verb(n - 1)
		switch {
		case r.Code == 235, from && n == 0 && r.Code != 220:
			loggedIn = true
		case r.Code == 354, known && verb == "DATA", known && verb == "STARTTLS" && r.Code == 220:
			return l // somebody's mail, or TLS
		case r.Code != 250:
		case known && verb == "EHLO", !known && n == 1 && len(r.Lines) > 1:
			l.file(smtpList(r), from && !loggedIn, loggedIn)
		case !known && len(r.Lines) > 1:
			l.file(smtpList(r), false, loggedIn)
		}
	}
	if verb, known := c.verb(0); (known && verb == "EHLO" || !from) && !l.whole && !l.late {
		l.part = true // asked for, and not heard
	}
	return l
}

// endLine ends a reply of several lines where it was cut: behind its last whole line, as if that were its last.
func endLine(b []byte) []byte {
	at := strings.LastIndexByte(string(b), '\n')
	if at < 0 {
		return nil
	}
	out := slices.Clone(b[:at+1])
	start := strings.LastIndexByte(string(out[:at]), '\n') + 1
	if len(out) > start+3 && out[start+3] == '-' {
		out[start+3] = ' '
	}
	return out
}

func smtpList(r wire.SMTPReply) capabilities {
	x := r.Extensions()
	return capabilities{startTLS: x.StartTLS, logon: len(x.Mechanisms) > 0, mechanisms: x.Mechanisms, exchange: x.Exchange}
}

// imapLists reads untagged lists and those of response codes, up to the first literal. A tagged OK to anything but a
// CAPABILITY, or to what was not heard, may be that of a logon.
func imapLists(stream []byte, from bool, c commands) heardLists {
	var l heardLists
	loggedIn := !from
	for len(stream) > 0 {
		r, rest, err := wire.ReadIMAPResponse(stream)
		if err != nil {
			l.part = l.part || strings.HasPrefix(strings.ToUpper(string(stream)), "* CAPABILITY")
			return l
		}
		stream = rest
		if strings.HasSuffix(r.Text, "}") || r.Kind == wire.IMAPUntagged && strings.HasPrefix(strings.ToUpper(r.Text), "FETCH") {
			return l // a literal comes (RFC 9051 §4.3)
		}
		verb, known := c.tags[r.Tag]
		harmless := known && verb != "LOGIN" && verb != "AUTHENTICATE" || !known && strings.Contains(strings.ToUpper(r.Text), "CAPABILITY") && !strings.HasPrefix(r.Text, "[")
		switch {
		case r.Kind == wire.IMAPTagged && r.Word == "OK" && verb == "STARTTLS":
			return l
		case r.Kind == wire.IMAPTagged && r.Word == "OK" && !harmless, r.Kind == wire.IMAPUntagged && r.Word == "PREAUTH":
			loggedIn = true
		}
		if list, ok := r.Capabilities(); ok {
			l.file(capabilities{startTLS: list.StartTLS, logon: !list.LoginDisabled, mechanisms: list.Mechanisms}, !loggedIn, loggedIn && from)
		}
	}
	return l
}

// pop3Lists reads answers to CAPA. Where no client is heard, the one behind the greeting is taken for it if all of its
// lines are of CAPA; any later one may be behind a logon, or somebody's mail.
func pop3Lists(stream []byte, from bool, c commands) heardLists {
	var l heardLists
	loggedIn := !from
	for n := 0; len(stream) > 0; n++ {
		verb, known := c.verb(n - 1)
		r, lines, rest, err := wire.ReadPOP3List(stream)
		list := known && verb == "CAPA" || !known && n > 0 && ofCAPA(lines)
		switch {
		case known && verb == "CAPA" && errors.Is(err, wire.ErrShort), !known && n > 0 && errors.Is(err, wire.ErrShort) && capaBegins(stream):
			l.part = true // its end is missing; what it named so far is there
			if _, lines, _, err = wire.ReadPOP3List(append(slices.Clone(upToLine(stream)), ".\r\n"...)); err == nil {
				l.note(pop3List(lines))
			}
			return l
		case err == nil && r.Status == wire.POP3OK && list:
			l.file(pop3List(lines), !loggedIn && (known || n == 1), loggedIn && from)
			stream = rest
			continue
		}
		if r, rest, err = wire.ReadPOP3Reply(stream); err != nil {
			return l
		}
		stream = rest
		switch {
		case r.Status != wire.POP3OK || n == 0:
		case known && verb == "STLS":
			return l
		case known && (verb == "USER" || verb == "NOOP"):
		case known && (verb == "PASS" || verb == "APOP"), !known:
			loggedIn = true
		default: // mail, or an authentication's end
			return l
		}
	}
	if verb, known := c.verb(0); known && verb == "CAPA" && !l.whole {
		l.part = true // asked for, and not heard
	}
	return l
}

func pop3List(lines []string) capabilities {
	c := wire.ReadCAPA(lines)
	return capabilities{startTLS: c.StartTLS, logon: c.User || len(c.Mechanisms) > 0, mechanisms: c.Mechanisms}
}

// pop3Words start the lines of an answer to CAPA (RFC 2449 §6, and the registry that it opens).
const pop3Words = " TOP USER APOP SASL RESP-CODES LOGIN-DELAY PIPELINING EXPIRE UIDL IMPLEMENTATION AUTH-RESP-CODE STLS UTF8 LANG CAPA XOIP XLIST "

// ofCAPA tells lines that are all of an answer to CAPA.
func ofCAPA(lines []string) bool {
	for _, line := range lines {
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if word == "" || !strings.Contains(pop3Words, " "+word+" ") {
			return false
		}
	}
	return len(lines) > 0
}

// capaBegins tells a stream that begins with a status and a line of CAPA.
func capaBegins(stream []byte) bool {
	lines := strings.Split(string(upToLine(stream)), "\r\n")
	return len(lines) > 2 && ofCAPA(lines[1:2])
}

// upToLine cuts a stream behind its last whole line.
func upToLine(b []byte) []byte { return b[:strings.LastIndexByte(string(b), '\n')+1] }

// commands are the lines of a client as far as they tell what a server's replies are to.
type commands struct {
	known bool              // the stream is there from its first byte
	verbs []string          // of each line in turn; "" for one that is part of an authentication
	tags  map[string]string // of IMAP: what each tag stands for
	asked []string          // the mechanisms by which NTLM was asked for
}

// verb is what line n says. known is false where that was not heard.
func (c commands) verb(n int) (verb string, known bool) {
	if !c.known || n < 0 || n >= len(c.verbs) {
		return "", false
	}
	return c.verbs[n], true
}

// maxCommands bounds what is kept of a client's lines: an authentication stands at the start.
const maxCommands = 64

// commandsOf reads a client's whole lines, up to somebody's mail.
func commandsOf(protocol string, stream []byte, from bool) commands {
	c := commands{known: from && len(stream) > 0, tags: map[string]string{}}
	for line := range strings.Lines(string(stream)) {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole || len(c.verbs) == maxCommands {
			return c
		}
		words := strings.Fields(strings.ToUpper(line))
		if protocol == "imap" && len(words) > 1 {
			c.tags[strings.Fields(line)[0]] = words[1]
			words = words[1:]
		}
		verb := ""
		if len(words) > 0 {
			verb = words[0]
		}
		c.verbs = append(c.verbs, verb)
		if len(words) > 1 && (verb == "AUTH" || verb == "AUTHENTICATE") && carrier(words[1:2]) != "" {
			c.asked = append(c.asked, words[1])
		}
		if verb == "DATA" || verb == "BDAT" || verb == "STARTTLS" || verb == "STLS" {
			return c
		}
	}
	return c
}
