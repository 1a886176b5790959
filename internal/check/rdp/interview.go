package rdp

import (
	"fmt"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/rdp"
)

// Notes of the attempts, in the order in which they can come.
const (
	noteAll   = "rdp negotiate all"
	noteTLS   = "rdp negotiate tls only"
	noteNLA   = "rdp negotiate nla only"
	notePlain = "rdp negotiate plain"
)

// Questions that can be left out.
const (
	unaskedRequired = "nla-required"
	unaskedNames    = "names"
)

// interview asks for everything first. What comes next depends on what was selected:
//
//	NLA    → TLS alone: refused means NLA is required; then plain RDP, unless that says it all
//	TLS    → NLA alone: a server may prefer TLS to the NLA it has; then plain RDP
//	plain  → NLA alone, unless the server knows no negotiation
//	refusal→ plain RDP
type interview struct {
	subject check.Subject
	note    string
	talk    *conversation
	facts   Facts
	asked   int  // attempts made
	held    bool // the last of them is not collected yet

	all, tls, nla, plain *rdp.Confirm // the answers, nil where there was none

	outcome signet.Outcome
	err     *signet.Failure
}

func begin(s check.Subject) check.Interview { return &interview{subject: s} }

// Next decides on the next connection.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	if iv.talk == nil {
		return iv.ask(noteAll, rdp.TLS|rdp.NLA|rdp.NLAEx)
	}
	iv.collect(end)
	if iv.all == nil || iv.subject.Options.Quick || !iv.all.Negotiated && !iv.all.Refused {
		return check.Attempt{}, false
	}
	switch iv.note {
	case noteAll:
		switch {
		case isNLA(*iv.all):
			return iv.ask(noteTLS, rdp.TLS)
		case iv.all.Negotiated:
			return iv.ask(noteNLA, rdp.NLA|rdp.NLAEx)
		case iv.all.Failure == rdp.SSLNotAllowed || iv.all.Failure == rdp.SSLCertNotOnServer:
			return iv.ask(notePlain, rdp.PlainRDP)
		}
	case noteTLS:
		// A refusal for want of NLA covers plain RDP too; silence will not end by asking again.
		if iv.tls != nil && !(iv.tls.Refused && iv.tls.Failure == rdp.HybridRequired) && !selectedPlain(iv.tls) {
			return iv.ask(notePlain, rdp.PlainRDP)
		}
	case noteNLA:
		if iv.nla != nil && !selectedPlain(iv.all) && !selectedPlain(iv.nla) {
			return iv.ask(notePlain, rdp.PlainRDP)
		}
	}
	return check.Attempt{}, false
}

// ask makes the attempt. Names are asked for wherever NLA turns out to be spoken first.
func (iv *interview) ask(note string, p rdp.Protocol) (check.Attempt, bool) {
	iv.note, iv.asked, iv.held = note, iv.asked+1, true
	iv.facts.Asked = append(iv.facts.Asked, asks(note))
	names := p&(rdp.NLA|rdp.NLAEx) != 0 && !iv.subject.Options.Quick
	iv.talk = &conversation{ask: p, names: names, sni: iv.subject.Endpoint.ServerName()}
	return check.Attempt{Note: note, Talk: iv.talk}, true
}

// collect takes over what the last attempt learned, however it ended.
func (iv *interview) collect(end check.End) {
	t := iv.talk
	iv.held = false
	if t.tls != nil {
		iv.facts.TLS = t.tls
	}
	if t.ntlm != nil {
		iv.facts.NTLM = t.ntlm
	}
	if iv.asked == 1 {
		iv.outcome = end.Outcome()
	}
	if f := end.Failure(iv.note); f != nil {
		iv.err = f
	} else if t.failure != nil {
		iv.err = &signet.Failure{Phase: "credssp", Text: fmt.Sprintf("the server gave no challenge: status 0x%08x", *t.failure)}
	}
	if t.answer == nil {
		iv.facts.Unanswered = append(iv.facts.Unanswered, asks(iv.note))
		return
	}
	switch iv.note {
	case noteAll:
		iv.all, iv.outcome = t.answer, signet.Answered
	case noteTLS:
		iv.tls = t.answer
	case noteNLA:
		iv.nla = t.answer
	case notePlain:
		iv.plain = t.answer
	}
	iv.file(t.answer)
}

// file puts one answer under what the server accepts or refuses.
func (iv *interview) file(c *rdp.Confirm) {
	if c.Refused {
		iv.facts.Refusals = append(iv.facts.Refusals, Refusal{Asked: asks(iv.note), Code: c.Failure.String()})
		return
	}
	word := c.Selected.String()
	if isNLA(*c) {
		word = rdp.NLA.String()
	}
	iv.facts.Protocols = append(iv.facts.Protocols, word) // inOrder drops what is named twice
}

// asks is what an attempt asks for, in the words of Facts.Asked.
func asks(note string) string {
	switch note {
	case noteTLS:
		return askedTLS
	case noteNLA:
		return askedNLA
	case notePlain:
		return askedPlain
	}
	return askedAll
}

func selectedPlain(c *rdp.Confirm) bool {
	return c != nil && !c.Refused && c.Selected == rdp.PlainRDP
}

// Result says what was learned so far, of an attempt that was cut short too.
func (iv *interview) Result() check.Result {
	if iv.held && iv.talk.answer != nil {
		iv.collect(check.End{Cause: check.Interrupted})
	}
	r := check.Result{Outcome: iv.outcome, Err: iv.err}
	if iv.all == nil {
		return r
	}
	f := iv.facts
	f.NLA = iv.level()
	f.Protocols = inOrder(f.Protocols)
	r.Facts = &f
	if f.NLA == signet.Unknown && iv.subject.Options.Quick {
		r.Unasked = append(r.Unasked, unaskedRequired)
	}
	if isNLA(*iv.all) && iv.subject.Options.Quick {
		r.Unasked = append(r.Unasked, unaskedNames)
	}
	return r
}

// level deduces NLA from the answers; where they do not suffice it stays unknown.
func (iv *interview) level() signet.Level {
	spoken := isNLA(*iv.all) || iv.nla != nil && isNLA(*iv.nla)
	if spoken {
		for _, other := range []*rdp.Confirm{iv.all, iv.tls, iv.nla, iv.plain} {
			if other != nil && !other.Refused && !isNLA(*other) {
				return signet.Optional
			}
		}
		if iv.required() {
			return signet.Required
		}
		return signet.Unknown
	}
	switch {
	case !iv.all.Negotiated && !iv.all.Refused: // no negotiation at all: plain RDP is all there is
		return signet.Off
	case iv.all.Negotiated && iv.nla != nil && lacksNLA(iv.nla): // something else was selected, and NLA alone was not taken either
		return signet.Off
	case iv.all.Refused && iv.plain != nil && selectedPlain(iv.plain): // refused TLS and NLA together, takes plain RDP
		return signet.Off
	}
	return signet.Unknown
}

// required tells whether every request without NLA was refused, and for want of it.
func (iv *interview) required() bool {
	if iv.tls == nil || !iv.tls.Refused {
		return false
	}
	plain := iv.plain != nil && iv.plain.Refused
	return iv.tls.Failure == rdp.HybridRequired || plain && (iv.plain.Failure == rdp.HybridRequired || iv.tls.Failure == rdp.SSLNotAllowed)
}

// lacksNLA tells whether the answer to a request for NLA alone says that there is none: another layer was selected, or
// the refusal names one that the server wants or cannot have.
func lacksNLA(c *rdp.Confirm) bool {
	return !c.Refused || c.Failure == rdp.SSLRequired || c.Failure == rdp.SSLNotAllowed || c.Failure == rdp.SSLCertNotOnServer
}

// inOrder lists each protocol once, the weakest first.
func inOrder(seen []string) []string {
	out := []string{}
	for _, p := range []rdp.Protocol{rdp.PlainRDP, rdp.TLS, rdp.NLA} {
		if slices.Contains(seen, p.String()) {
			out = append(out, p.String())
		}
	}
	return out
}
