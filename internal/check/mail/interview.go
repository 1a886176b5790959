package mail

import (
	"signet"
	"signet/internal/check"
)

// interview asks one endpoint: an opening that does all it can on one connection, the opening again the other way
// round where the first way met no mail server, and a look behind STARTTLS where the AUTH was spent before it.
type interview struct {
	options *check.Options
	self    string // what SMTP is told of us
	port    uint16
	name    string
	facts   Facts

	talk   *conversation
	note   string
	step   int // how many attempts were made
	last   check.End
	failed *signet.Failure
	told   bool // some way in is known
	heard  bool // something mail-like answered
}

func begin(s check.Subject) check.Interview {
	return &interview{
		options: s.Options, self: selfTowards(s.Endpoint.Addr), port: s.Endpoint.Port, name: s.Endpoint.Name,
		facts: Facts{TLS: overPlain, Mechanisms: []string{}, Ways: []Way{}},
	}
}

// tlsFirst tells whether the port is one where TLS is spoken from the first byte (RFC 8314 §3).
func tlsFirst(port uint16) bool { return port == 465 || port == 993 || port == 995 }

// plainFirst tells whether the port is one where it never is.
func plainFirst(port uint16) bool { return port == 25 || port == 587 || port == 143 || port == 110 }

// Next files how the last attempt ended and says what to ask next.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	if iv.talk != nil {
		iv.file(end)
		iv.talk = nil
	}
	switch {
	case iv.step == 0:
		return iv.open(tlsFirst(iv.port)), true
	case iv.step == 1 && iv.otherWay():
		return iv.open(!tlsFirst(iv.port)), true
	case iv.behind():
		iv.step++
		iv.talk = &conversation{self: iv.self, over: overPlain, startTLS: &check.TLS{ServerName: iv.name}}
		iv.note = "starttls"
		return check.Attempt{Note: iv.note, Talk: iv.talk}, true
	}
	return check.Attempt{}, false
}

// open is the opening exchange, with TLS from the first byte or without.
func (iv *interview) open(secured bool) check.Attempt {
	iv.step++
	tls := &check.TLS{ServerName: iv.name}
	iv.talk = &conversation{self: iv.self, over: overPlain, startTLS: tls, auth: true, quick: iv.options.Quick}
	iv.note = "greeting"
	if !secured {
		return check.Attempt{Note: iv.note, Talk: iv.talk}
	}
	iv.talk.over, iv.note = overTLS, "greeting over tls"
	return check.Attempt{Note: iv.note, Talk: iv.talk, TLS: tls}
}

// otherWay tells whether the opening failed in a way that fits a server which wants, or does not want, TLS first.
func (iv *interview) otherWay() bool {
	if iv.heard || iv.options.Quick {
		return false
	}
	if tlsFirst(iv.port) {
		return iv.last.Cause == check.TLSFailed
	}
	// A server that waits for a ClientHello is mute, or complains in TLS.
	return !plainFirst(iv.port) && iv.last.Connected && (iv.last.Received == 0 || check.IsForeign(iv.last.Err))
}

// behind tells whether what lies behind STARTTLS is still to be looked at.
func (iv *interview) behind() bool {
	f := &iv.facts
	return !iv.options.Quick && f.StartTLS != nil && *f.StartTLS && f.way(overStartTLS) == nil && iv.note != "starttls"
}

// file takes over what the attempt that has just ended told.
func (iv *interview) file(end check.End) {
	f, seen := &iv.facts, iv.talk.seen
	iv.last = end
	if !iv.heard && seen.protocol != "" {
		iv.heard, iv.failed = true, nil // the first way in was simply not the server's
	}
	if failure := end.Failure(iv.phase()); failure != nil {
		iv.failed = failure
	}
	if seen.protocol != "" {
		f.Protocol = seen.protocol
	}
	if f.Greeting == "" {
		f.Greeting = seen.greeting
	}
	if seen.startTLS != nil {
		f.StartTLS = seen.startTLS
	}
	if seen.session != nil {
		f.Session, f.TLS = seen.session, iv.talk.over
	}
	if seen.ntlm != nil && f.NTLM == nil {
		f.NTLM = seen.ntlm
	}
	for _, m := range seen.exchange {
		f.Exchange = add(f.Exchange, m)
	}
	ways := seen.ways
	if cut, ok := iv.talk.cutShort(); ok && end.Cause != check.Done {
		ways = append(ways, cut)
	}
	for _, w := range ways {
		f.put(w)
		iv.told = iv.told || w.NTLM != unknown
	}
	iv.fileFailure(end, seen)
}

// fileFailure notes a way in that is there and could not be looked at.
func (iv *interview) fileFailure(end check.End, seen learned) {
	f := &iv.facts
	if f.StartTLS == nil || !*f.StartTLS || f.way(overStartTLS) != nil || end.Cause == check.Done {
		return
	}
	if iv.talk.await == askStartTLS || iv.talk.over == overStartTLS || iv.note == "starttls" {
		f.put(Way{Over: overStartTLS, Mechanisms: []string{}, NTLM: unknown, Error: end.Failure(iv.phase()).Text})
	}
}

// phase says where in the conversation an attempt ended.
func (iv *interview) phase() string {
	protocol := iv.talk.seen.protocol
	if protocol == "" {
		return "mail " + iv.note
	}
	word := "greeting"
	switch iv.talk.await {
	case askList, askAgain:
		word = "capabilities"
	case askStartTLS:
		word = "starttls"
	case askAuth, askToken, askCancel:
		word = "auth"
	}
	return protocol + " " + word
}

// Result says what was learned so far.
func (iv *interview) Result() check.Result {
	if iv.step == 0 {
		return check.Result{Outcome: signet.Skipped}
	}
	r := check.Result{Err: iv.failed}
	if iv.heard {
		facts := iv.facts
		r.Facts = &facts
	}
	switch {
	case iv.told:
		r.Outcome, r.Unasked = signet.Answered, iv.unasked()
	case iv.last.Cause == check.Done:
		r.Outcome = signet.Answered // every question was put, and none decided
	default:
		r.Outcome = iv.last.Outcome()
	}
	return r
}

// unasked lists what --quick left out.
func (iv *interview) unasked() []string {
	if !iv.options.Quick {
		return nil
	}
	var out []string
	if iv.facts.Protocol != "" {
		out = append(out, "ntlm-proof")
	}
	if s := iv.facts.StartTLS; s != nil && *s {
		out = append(out, "starttls")
	}
	return out
}
