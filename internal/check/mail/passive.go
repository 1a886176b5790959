package mail

import (
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/mail"
	"signet/internal/wire/ntlmssp"
)

// passive reads the check's facts out of a capture of mail without TLS.
func passive() *check.Passive {
	return &check.Passive{Recognise: recognise, Clients: clients, Observe: func(signet.Endpoint) check.Observer { return &observer{} }}
}

// recognise knows a greeting by its port or its words: FTP greets with 220 too.
func recognise(b []byte, port uint16) check.Side {
	s := string(b[:min(len(b), 512)])
	upper := strings.ToUpper(s)
	switch {
	case strings.HasPrefix(s, "220") && len(s) > 3 && (s[3] == ' ' || s[3] == '-') && (port == 25 || port == 587 || strings.Contains(upper, "SMTP")),
		strings.HasPrefix(s, "* OK") && (port == 143 || strings.Contains(upper, "IMAP")),
		strings.HasPrefix(s, "+OK") && (port == 110 || strings.Contains(upper, "POP")):
		return check.ServerSide
	case strings.HasPrefix(upper, "EHLO ") && strings.Contains(s, "\r\n"):
		return check.ClientSide
	}
	return check.NeitherSide
}

type observer struct {
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
	speak, err := tongueOf(in)
	if err != nil || speak == nil {
		return
	}
	if o.protocol == "" {
		o.protocol = speak.name()
	}
	secured := false
	for line := range strings.SplitSeq(string(in), "\r\n") {
		if secured {
			break
		}
		o.line(speak.name(), line)
		lower := strings.ToLower(line)
		secured = strings.Contains(lower, "begin tls") || strings.Contains(lower, "ready to start tls") || strings.HasPrefix(line, "\x16\x03")
	}
}

// line takes one line of a server. Mechanisms of one list may stand on several lines.
func (o *observer) line(protocol, line string) {
	words := strings.Fields(strings.ToUpper(line))
	if len(words) == 0 {
		return
	}
	var token string
	switch protocol {
	case "smtp":
		if len(line) < 4 {
			return
		}
		code, rest := line[:3], strings.Fields(strings.ToUpper(line[4:]))
		switch {
		case code == "334":
			token = line[4:]
		case code != "250" || len(rest) == 0:
		case rest[0] == "AUTH" || strings.HasPrefix(rest[0], "AUTH="):
			o.listed = true
			for _, w := range rest {
				o.mechanism(strings.TrimPrefix(w, "AUTH="))
			}
		case rest[0] == "X-EXPS":
			for _, w := range rest[1:] {
				o.exchange = add(o.exchange, clip(w))
			}
		case rest[0] == "STARTTLS":
			o.starttls = true
		case slices.Contains([]string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE", "HELP"}, rest[0]):
			o.listed = true // an answer to EHLO: what it does not list is not there
		}
	case "imap":
		if words[0] == "+" {
			token = strings.TrimPrefix(line, "+ ")
		}
		if i := slices.Index(words, "CAPABILITY"); i >= 0 || slices.Contains(words, "[CAPABILITY") {
			o.listed = true
			for _, w := range words {
				w = strings.TrimSuffix(w, "]")
				if m, ok := strings.CutPrefix(w, "AUTH="); ok {
					o.mechanism(m)
				}
				o.starttls = o.starttls || w == "STARTTLS"
			}
		}
	case "pop3":
		switch words[0] {
		case "+":
			token = strings.TrimPrefix(line, "+ ")
		case "SASL":
			o.listed = true
			for _, w := range words[1:] {
				o.mechanism(w)
			}
		case "STLS":
			o.starttls = true
		}
	}
	if token == "" {
		return
	}
	raw, err := wire.Token(token)
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
	if !o.listed && !o.proven {
		return check.Result{}
	}
	slices.Sort(o.list)
	f := &Facts{Protocol: o.protocol, TLS: overPlain, Mechanisms: append([]string{}, o.list...), NTLM: o.ntlm, Exchange: o.exchange}
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

// clients reads who authenticates by NTLM. A name that comes with a password in the clear is kept without it.
func clients(h *check.Overheard) []check.Client {
	var out []check.Client
	for line := range strings.SplitSeq(string(h.FromClient), "\r\n") {
		if len(out) == 16 {
			break
		}
		words := strings.Fields(line)
		switch {
		case len(words) == 1 && len(line) > 32:
			if c, ok := check.AuthenticationOf(line); ok {
				out = append(out, c)
			}
		case len(words) == 3 && strings.EqualFold(words[0], "AUTH") && strings.EqualFold(words[1], "NTLM"):
			if c, ok := check.AuthenticationOf(words[2]); ok {
				out = append(out, c)
			}
		}
	}
	return out
}
