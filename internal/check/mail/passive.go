package mail

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/mail"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/tls"
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
		string(b[:4]) == "* OK" && (port == 143 || says("IMAP")),
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
	listed   bool
	starttls bool
	list     []string
	exchange []string
	ntlm     *signet.NTLM
	proven   bool
	via      string
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
	}
	speak, err := tongueOf(in, "")
	if err != nil || speak == nil {
		return
	}
	if o.protocol == "" {
		o.protocol = speak.name()
	}
	for line := range strings.SplitSeq(string(in), "\r\n") {
		lower := strings.ToLower(line)
		if !o.line(speak.name(), line) || strings.Contains(lower, "begin tls") || strings.Contains(lower, "ready to start tls") || strings.HasPrefix(line, "\x16\x03") {
			return
		}
	}
}

// line takes one line of a server; false: what follows may be somebody's mail, where anything can stand.
func (o *observer) line(protocol, line string) bool {
	switch protocol {
	case "smtp":
		if len(line) > 4 {
			o.smtp(line[:3], line[4:])
		}
		return true
	case "imap":
		return o.imap(line)
	}
	return o.pop3(line)
}

func (o *observer) smtp(code, text string) {
	switch code {
	case "334":
		o.token(text)
		return
	case "250":
	default:
		return
	}
	words := strings.Fields(strings.ToUpper(text))
	switch {
	case len(words) == 0:
	case words[0] == "AUTH" || strings.HasPrefix(words[0], "AUTH="):
		o.listed = true
		for _, w := range words {
			o.mechanism(strings.TrimPrefix(w, "AUTH="))
		}
	case words[0] == "X-EXPS":
		for _, w := range words[1:] {
			o.exchange = add(o.exchange, clip(w))
		}
	case words[0] == "STARTTLS":
		o.starttls = true
	case slices.Contains([]string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE", "HELP"}, words[0]):
		o.listed = true // an answer to EHLO: what it does not list is not there
	}
}

func (o *observer) imap(line string) bool {
	if token, ok := strings.CutPrefix(line, "+ "); ok {
		o.token(token)
		return true
	}
	words := strings.Fields(strings.ToUpper(line))
	switch {
	case len(words) < 3:
		return true
	case words[2] == "FETCH", strings.HasSuffix(line, "}"): // a literal comes (RFC 9051 §4.3)
		return false
	case words[0] == "*" && words[1] == "CAPABILITY", words[2] == "[CAPABILITY":
	default:
		return true
	}
	o.listed = true
	for _, w := range words {
		w = strings.TrimSuffix(w, "]")
		if m, ok := strings.CutPrefix(w, "AUTH="); ok {
			o.mechanism(m)
		}
		o.starttls = o.starttls || w == "STARTTLS"
	}
	return true
}

// pop3Words start the lines of an answer to CAPA (RFC 2449 §6, and the registry that it opens).
const pop3Words = " TOP USER APOP SASL RESP-CODES LOGIN-DELAY PIPELINING EXPIRE UIDL IMPLEMENTATION AUTH-RESP-CODE STLS UTF8 LANG CAPA XOIP XLIST "

func (o *observer) pop3(line string) bool {
	words := strings.Fields(strings.ToUpper(line))
	switch {
	case len(words) == 0, words[0] == ".", words[0] == "-ERR", words[0] == "+OK":
		return true
	case words[0] == "+":
		o.token(strings.TrimPrefix(line, "+ "))
		return true
	case !strings.Contains(pop3Words, " "+words[0]+" "):
		return false
	case words[0] == "SASL":
		o.listed = true
		for _, w := range words[1:] {
			o.mechanism(w)
		}
	case words[0] == "STLS":
		o.starttls = true
	}
	return true
}

// token takes what may be a challenge.
func (o *observer) token(text string) {
	raw, err := wire.Token(text)
	if err != nil {
		return
	}
	type2, ok := ntlmssp.Find(raw)
	if !ok {
		return
	}
	o.proven, o.via = true, "NTLM"
	n := &signet.NTLM{}
	if c, err := ntlmssp.ParseChallenge(type2); err == nil {
		n = check.NTLM(c)
	}
	if o.ntlm == nil || n.Time > o.ntlm.Time {
		o.ntlm = n
	}
}

func (o *observer) mechanism(w string) {
	if w != "" && w != "AUTH" && len(w) <= 20 && len(o.list) < 64 {
		o.list = add(o.list, w)
	}
}

// Result implements check.Observer.
func (o *observer) Result() check.Result {
	if !o.listed && !o.proven && o.secure != nil {
		return check.Result{Outcome: signet.Answered, Unasked: []string{"mechanisms"}, Facts: &Facts{
			Protocol: o.inside, TLS: overTLS, Mechanisms: []string{}, Session: o.secure,
			Ways: []Way{{Over: overTLS, Mechanisms: []string{}, NTLM: unknown, Error: "what is said inside TLS is not heard"}},
		}}
	}
	if !o.listed && !o.proven {
		return check.Result{}
	}
	slices.Sort(o.list)
	f := &Facts{Protocol: o.protocol, TLS: overPlain, Mechanisms: append([]string{}, o.list...), NTLM: o.ntlm, Exchange: o.exchange, Session: o.behind}
	if o.behind != nil {
		f.TLS = overStartTLS
	}
	if o.listed {
		offered := o.starttls
		f.StartTLS = &offered
	}
	w := Way{Over: overPlain, Mechanisms: append([]string{}, o.list...), NTLM: unknown, Error: "no list of mechanisms was heard"}
	switch {
	case o.proven:
		w.NTLM, w.Via, w.Error = proven, o.via, ""
	case carrier(o.list) != "":
		w.NTLM, w.Error = offered, "nobody was heard to ask for a challenge"
	case o.listed:
		w.NTLM, w.Error = absent, ""
	}
	f.Ways = []Way{w}
	res := check.Result{Facts: f, Outcome: signet.Answered}
	if o.starttls {
		res.Unasked = []string{"starttls"}
	}
	return res
}

// clients reads who authenticates by NTLM, and who sends a password in the clear: of that the name alone is kept.
func clients(h *check.Overheard) []check.Client {
	const most = 16
	var out []check.Client
	plain := func(user string) bool {
		ok := user != "" && utf8.ValidString(user) && !strings.ContainsFunc(user, check.Unseen)
		if ok {
			out = append(out, check.Client{Logon: "plain", User: clip(user)})
		}
		return ok
	}
	// What the next lines of an exchange under way are.
	const (
		command  = iota
		plainAll // a whole PLAIN
		loginUser
		secret // never looked at
	)
	next, user := command, "" // user: of a POP3 USER, until its PASS
	for line := range strings.SplitSeq(string(h.FromClient), "\r\n") {
		if len(out) == most {
			break
		}
		if next == secret {
			next = command
			continue
		}
		words := strings.Fields(line)
		if len(words) == 1 && len(line) > 32 {
			if c, ok := check.AuthenticationOf(line); ok {
				out, next = append(out, c), command
				continue
			}
		}
		switch next {
		case plainAll:
			if next = command; plain(plainUser(line)) {
				continue
			}
		case loginUser:
			if name, err := wire.Token(line); err == nil {
				plain(string(name))
				next = secret
				continue
			}
			next = command
		} // what was not taken so is another command
		if len(words) == 0 {
			continue
		}
		switch verb := strings.ToUpper(words[0]); {
		case verb == "DATA" || verb == "BDAT" || len(words) > 1 && strings.EqualFold(words[1], "APPEND"):
			return out // what follows is somebody's mail
		case verb == "PASS":
			plain(user)
			user = ""
			continue
		case len(words) < 2:
			continue
		case strings.EqualFold(words[1], "LOGIN") && len(words) == 4 || strings.EqualFold(words[1], "AUTHENTICATE") && len(words) > 2:
			words = words[1:] // IMAP: a tag comes first
		}
		initial := ""
		if len(words) > 2 {
			initial = words[2]
		}
		switch verb, what := strings.ToUpper(words[0]), strings.ToUpper(words[1]); {
		case verb == "LOGIN" && len(words) == 3 && words[1][0] != '{': // IMAP; a literal is the next line's
			plain(strings.Trim(words[1], `"`))
		case verb == "USER" && len(words) == 2:
			user = words[1]
		case verb != "AUTH" && verb != "AUTHENTICATE":
		case what == "NTLM" && initial != "":
			if c, ok := check.AuthenticationOf(initial); ok {
				out = append(out, c)
			}
		case what == "PLAIN" && initial != "":
			plain(plainUser(initial))
		case what == "PLAIN":
			next = plainAll
		case what == "LOGIN" && initial != "":
			if name, err := wire.Token(initial); err == nil {
				plain(string(name))
			}
			next = secret
		case what == "LOGIN":
			next = loginUser
		}
	}
	return out
}

// plainUser is the name in a message of SASL PLAIN: whom to act for, the name and the password, with a NUL between (RFC 4616).
func plainUser(encoded string) string {
	b, err := wire.Token(encoded)
	if err != nil {
		return ""
	}
	parts := strings.Split(string(b), "\x00")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
