package mail

import (
	"errors"
	"fmt"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"

	wire "signet/internal/wire/mail"
)

// learned is what a conversation was told.
type learned struct {
	protocol string
	greeting string
	startTLS *bool
	exchange []string
	session  *signet.TLS
	ntlm     *signet.NTLM
	ways     []Way
}

// conversation is one connection: greeting, lists, STARTTLS, one AUTH up to its challenge, the
// cancellation, and goodbye.
type conversation struct {
	self     string     // what SMTP is told of us
	over     string     // how the connection stands now
	startTLS *check.TLS // how to go on over STARTTLS; nil: not to be asked for
	auth     bool       // one AUTH may be begun
	quick    bool       // lists only

	speak  tongue
	await  ask
	listed bool
	bare   bool // EHLO is not known: a server without extensions
	list   capabilities
	seen   learned
}

// Secured notes what a handshake showed.
func (d *conversation) Secured(s check.TLSState) {
	facts := s.Facts
	d.seen.session = &facts
	if d.over == overPlain {
		d.over = overStartTLS
		d.listed, d.list = false, capabilities{}
	}
}

// Next takes one answer and says what comes after it.
func (d *conversation) Next(in []byte, eof bool) (check.Step, error) {
	if d.await == askStartTLS && d.over == overStartTLS { // the handshake is over
		return d.say(askList, ""), nil
	}
	if d.speak == nil {
		t, err := tongueOf(in, d.self)
		if err != nil || t == nil {
			return check.Step{}, err
		}
		d.speak, d.seen.protocol = t, t.name()
	}
	a, n, err := d.speak.read(in, d.await)
	if errors.Is(err, wire.ErrShort) {
		return check.Step{}, nil
	}
	if err != nil {
		return check.Step{}, err
	}
	if a.status == gone && d.await != askCancel {
		return check.Step{}, fmt.Errorf("the server hangs up: %q", clip(a.text))
	}
	// Read as the answer to what is asked next, more than was asked for would say that nothing is listed.
	if _, untagged := d.speak.(imap); !untagged && n < len(in) && d.await != askCancel && d.await != askStartTLS {
		return check.Step{}, fmt.Errorf("%d bytes that nothing asked for", len(in)-n)
	}
	step := d.answered(a)
	step.Consumed = n
	return step, nil
}

// say makes the step that asks.
func (d *conversation) say(a ask, arg string) check.Step {
	d.await = a
	return check.Step{Send: d.speak.say(nil, a, arg)}
}

// leave ends the session politely.
func (d *conversation) leave() check.Step {
	return check.Step{Send: d.speak.bye(nil), Done: true}
}

func (d *conversation) answered(a answer) check.Step {
	if a.listed {
		d.listed = true
		d.list.startTLS, d.list.logon = d.list.startTLS || a.list.startTLS, d.list.logon || a.list.logon
		for _, m := range a.list.mechanisms {
			d.list.mechanisms = add(d.list.mechanisms, m)
		}
		d.list.exchange = append(d.list.exchange, a.list.exchange...)
	}
	switch d.await {
	case askGreeting:
		d.seen.greeting = clip(a.text)
		// A list in the greeting is short for many servers: the command tells all of it.
		return d.say(askList, "")
	case askList:
		_, capa := d.speak.(pop3)
		_, ehlo := d.speak.(smtp)
		d.bare = ehlo && a.refusal == refusedCommand
		if a.status != good && (capa || ehlo) || capa && len(d.list.mechanisms) == 0 {
			return d.say(askAgain, "")
		}
	case askStartTLS:
		return d.secure(a)
	case askAuth:
		return d.token(a)
	case askToken:
		return d.challenged(a)
	case askCancel:
		return d.leave()
	}
	return d.known()
}

// known files what the lists say of this way in, and goes on to what tells more. No list is the last word on NTLM: the one
// AUTH of an endpoint asks for it by name where nothing that carries it is listed, behind STARTTLS where there is one,
// since servers that offer a logon there alone are the rule.
func (d *conversation) known() check.Step {
	if d.over == overPlain && d.listed {
		offers := d.list.startTLS
		d.seen.startTLS = &offers
	}
	for _, m := range d.list.exchange {
		d.seen.exchange = add(d.seen.exchange, m)
	}
	w := Way{Over: d.over, Mechanisms: append([]string{}, d.list.mechanisms...), Logon: d.list.logon, NTLM: absent}
	via := carrier(d.list.mechanisms)
	listed := via != ""
	switch {
	case listed:
		w.NTLM = offered
	case !d.listed:
		w.NTLM, w.Error = unknown, "the server lists no mechanisms"
	}
	behind := d.over == overPlain && d.list.startTLS && d.startTLS != nil
	ask := !d.quick && d.auth && (listed || !behind)
	if ask {
		if d.auth = false; !listed {
			via = "NTLM"
			w.NTLM, w.Error = unknown, "AUTH NTLM got no answer"
		}
		w.Via = via
	}
	d.seen.ways = append(d.seen.ways, w)
	switch {
	case ask:
		return d.say(askAuth, via)
	case behind && !d.quick:
		return d.say(askStartTLS, "")
	}
	return d.leave()
}

// cutShort is a way in of which the greeting's list alone was heard, where the connection ends: ok is false where there
// is none, or where more is known. What that list lacks may stand in the whole one.
func (d *conversation) cutShort() (w Way, ok bool) {
	if d.await != askList || !d.listed {
		return Way{}, false
	}
	w = Way{Over: d.over, Mechanisms: append([]string{}, d.list.mechanisms...), Logon: d.list.logon, NTLM: unknown, Error: "the list of mechanisms was not heard whole"}
	if carrier(w.Mechanisms) != "" {
		w.NTLM = offered
	}
	return w, true
}

// way is the way in that is being asked.
func (d *conversation) way() *Way { return &d.seen.ways[len(d.seen.ways)-1] }

// secure goes on with the handshake where STARTTLS was accepted.
func (d *conversation) secure(a answer) check.Step {
	if a.status == good {
		return check.Step{StartTLS: d.startTLS}
	}
	d.seen.ways = append(d.seen.ways, Way{
		Over: overStartTLS, Mechanisms: []string{}, NTLM: unknown,
		Error: fmt.Sprintf("STARTTLS is offered and refused: %q", clip(a.text)),
	})
	return d.leave()
}

// token sends the type 1 where the mechanism was accepted.
func (d *conversation) token(a answer) check.Step {
	if a.status != more {
		return d.refused(a)
	}
	t := ntlmssp.Negotiate()
	if d.way().Via != "NTLM" {
		t = spnego.AppendInitNTLM(nil, t)
	}
	d.await = askToken
	return check.Step{Send: wire.AppendToken(nil, t)}
}

// challenged looks for the type 2, and cancels the exchange where the server waits for more.
func (d *conversation) challenged(a answer) check.Step {
	if a.status != more {
		return d.refused(a)
	}
	w := d.way()
	w.Answer, w.Error = "a challenge that is no whole one of NTLM", ""
	if t, err := wire.Token(a.text); err == nil {
		if n, ok := check.Challenged(t); ok {
			w.NTLM, w.Answer = proven, ""
			d.seen.ntlm = n
		}
	}
	d.await = askCancel
	return check.Step{Send: []byte(wire.Cancel)}
}

// refused files a no to AUTH or its type 1. What is listed stays offered. Else it is the guard where it speaks of the
// mechanism and a logon is taken; where none is taken, or the command is not known, nobody is asked for NTLM; and any
// other no says nothing.
func (d *conversation) refused(a answer) check.Step {
	w := d.way()
	w.Answer = a.said()
	if w.NTLM == offered {
		return d.leave()
	}
	_, coded := d.speak.(smtp) // of the three, SMTP alone says by a number what was refused
	w.Error = "AUTH NTLM was refused, which says nothing of NTLM"
	switch {
	case a.refusal == refusedMechanism && (coded || d.listed && w.Logon):
		w.NTLM, w.Error, w.Logon = refused, "", true
	case d.listed && !w.Logon && a.refusal != refusedForNow, d.bare && a.refusal == refusedCommand:
		w.NTLM, w.Error = absent, ""
	}
	return d.leave()
}
