package mail

import (
	"bytes"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/tls"

	wire "signet/internal/wire/mail"
)

// passive reads the check's facts out of a capture: of mail without TLS, and what a handshake shows where there is TLS.
func passive() *check.Passive {
	return &check.Passive{Recognise: recognise, Clients: clients, Observe: func(e signet.Endpoint) check.Observer { return &observer{inside: insideTLS(e.Port)} }}
}

// insideTLS is the protocol that a port speaks inside TLS, "" for any other port.
func insideTLS(port uint16) string {
	switch port {
	case 465:
		return "smtp"
	case 993:
		return "imap"
	case 995:
		return "pop3"
	}
	return ""
}

// recognise knows a greeting by its port or its words: FTP greets with 220 too. A TLS server's hello it knows by the port alone.
func recognise(b []byte, port uint16) check.Side {
	if len(b) < 5 {
		return check.NeitherSide
	}
	if tls.Starts(b) && insideTLS(port) != "" {
		return check.ServerSide
	}
	says := func(word string) bool {
		return bytes.Contains(bytes.ToUpper(b[:min(len(b), 512)]), []byte(word))
	}
	switch {
	case string(b[:3]) == "220" && (b[3] == ' ' || b[3] == '-') && (port == 25 || port == 587 || says("SMTP")),
		string(b[:4]) == "250-" && (port == 25 || port == 587) && says("\r\n"),
		string(b[:4]) == "* OK" && (port == 143 || says("IMAP")),
		bytes.HasPrefix(b, []byte("* CAPABILITY IMAP4")),
		string(b[:3]) == "+OK" && (port == 110 || says("POP")):
		return check.ServerSide
	case strings.EqualFold(string(b[:5]), "EHLO ") && says("\r\n"):
		return check.ClientSide
	}
	return check.NeitherSide
}

type observer struct {
	inside   string // the protocol of a port that is TLS from the first byte
	secure   *signet.TLS
	behind   *signet.TLS // behind STARTTLS
	protocol string
	heard    heardLists
	asked    bool   // a client was heard to ask for NTLM
	via      string // by which mechanism
	ntlm     *signet.NTLM
}

// Hear implements check.Observer.
func (o *observer) Hear(h *check.Overheard) {
	in := h.FromServer
	if seen, ok := check.HeardTLS(in); ok {
		if o.inside != "" && check.Plainer(seen, o.secure) {
			o.secure = seen
		}
		return
	}
	if at := bytes.Index(in, []byte("\r\n\x16\x03")); at >= 0 {
		if seen, ok := check.HeardTLS(in[at+2:]); ok && check.Plainer(seen, o.behind) {
			o.behind = seen
		}
		in = in[:at+2]
	}
	protocol := protocolOf(in, h.FromClient)
	if protocol == "" {
		return
	}
	if o.protocol == "" || protocol < o.protocol { // whatever the order in which they were heard
		o.protocol = protocol
	}
	commands := commandsOf(protocol, h.FromClient, h.ClientWhole)
	o.heard.merge(listsOf(protocol, in, h.ServerWhole, commands))
	for _, m := range commands.asked {
		o.asked = true
		if o.via == "" || m < o.via {
			o.via = m
		}
	}
	for line := range strings.SplitSeq(string(in), "\r\n") {
		if token, ok := challengeLine(protocol, line); ok {
			o.token(token)
		}
	}
}

// protocolOf tells what a server speaks: by its greeting, by the list that a capture begins with, or by the EHLO of a client,
// who says it to a server that has greeted. "" is none.
func protocolOf(server, client []byte) string {
	switch speak, err := tongueOf(server, ""); {
	case bytes.HasPrefix(server, []byte("250-")):
		return "smtp"
	case err == nil && speak != nil:
		return speak.name()
	case len(server) == 0 && recognise(client, 0) == check.ClientSide:
		return "smtp"
	}
	return ""
}

// challengeLine is the text of a line by which a server goes on with an authentication.
func challengeLine(protocol, line string) (string, bool) {
	if protocol == "smtp" {
		return strings.CutPrefix(line, "334 ")
	}
	return strings.CutPrefix(line, "+ ")
}

// token takes what may be a challenge: a whole one, which nothing but an authentication sends.
func (o *observer) token(text string) {
	raw, err := wire.Token(text)
	if err != nil {
		return
	}
	if n, ok := check.Challenged(raw); ok && (o.ntlm == nil || n.Time > o.ntlm.Time) {
		o.ntlm = n
	}
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	switch {
	case o.protocol == "" && o.secure != nil:
		return check.Result{Outcome: signet.Answered, Unasked: []string{"mechanisms"}, Facts: &Facts{
			Protocol: o.inside, TLS: overTLS, Mechanisms: []string{}, Session: o.secure,
			Ways: []Way{{Over: overTLS, Mechanisms: []string{}, NTLM: unknown, Error: "what is said inside TLS is not heard"}},
		}}
	case o.protocol == "":
		return check.Result{}
	}
	l := &o.heard
	slices.Sort(l.mechanisms)
	f := &Facts{Protocol: o.protocol, TLS: overPlain, Mechanisms: append([]string{}, l.mechanisms...), NTLM: o.ntlm, Exchange: l.exchange, Session: o.behind}
	if o.behind != nil {
		f.TLS = overStartTLS
	}
	if l.startTLS || o.behind != nil || l.whole { // that it is not offered, a whole list tells alone
		offered := l.startTLS || o.behind != nil
		f.StartTLS = &offered
	}
	f.Ways = []Way{o.way()}
	res := check.Result{Facts: f, Outcome: signet.Answered}
	if f.StartTLS == nil || *f.StartTLS {
		res.Unasked = []string{"starttls"}
	}
	return res
}

// way is what was heard of the way in without TLS.
func (o *observer) way() Way {
	l := &o.heard
	w := Way{Over: overPlain, Mechanisms: append([]string{}, l.mechanisms...), Logon: l.logon, NTLM: unknown}
	switch {
	case o.ntlm != nil:
		w.NTLM, w.Via = proven, o.via
	case carrier(l.mechanisms) != "" && o.asked:
		w.NTLM, w.Error = offered, "the answer to a client's AUTH was not heard to hold a challenge"
	case carrier(l.mechanisms) != "":
		w.NTLM, w.Error = offered, "nobody was heard to ask for a challenge"
	case l.whole:
		w.NTLM = absent
	case l.late:
		w.Error = "a list of mechanisms was heard behind a logon alone, where servers leave out what leads to one"
	case l.part:
		w.Error = "the list of mechanisms was not heard whole"
	default:
		w.Error = "no list of mechanisms was heard"
	}
	return w
}
