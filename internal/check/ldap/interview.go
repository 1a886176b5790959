package ldap

import (
	"errors"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
	wire "signet/internal/wire/ldap"
)

// interview asks one endpoint, one connection after the other.
type interview struct {
	options *check.Options
	port    uint16
	name    string
	facts   Facts
	spoke   bool // LDAP came from the endpoint

	knocked check.Cause // what came of the knock on the LDAPS port

	talk   *conversation
	last   ask
	asked  []ask
	ends   map[ask]check.End
	opened check.End       // how the opening ended, the last one where there were two
	failed *signet.Failure // of the last attempt that did not end well
	cause  check.End       // of that attempt
}

func begin(s check.Subject) check.Interview {
	return &interview{
		options: s.Options, port: s.Endpoint.Port, name: s.Endpoint.Name,
		facts: newFacts(), ends: map[ask]check.End{},
	}
}

// Next files what the last attempt told and says what to ask next.
func (iv *interview) Next(end check.End) (check.Attempt, bool) {
	switch {
	case iv.talk != nil:
		iv.file(end)
		iv.talk = nil
	case iv.last.question == askKnock:
		iv.knocked, iv.ends[iv.last] = end.Cause, end
		iv.facts.Spared = end.Cause == check.Rejected
	}
	a, ok := iv.following()
	if !ok {
		return check.Attempt{}, false
	}
	return iv.attempt(a), true
}

// attempt turns an ask into a conversation on a new connection.
func (iv *interview) attempt(a ask) check.Attempt {
	if a.question == askKnock {
		iv.last, iv.asked = a, append(iv.asked, a)
		return check.Attempt{Note: a.note(), Talk: knock{}, Port: securePort(iv.port)}
	}
	tls := &check.TLS{ServerName: iv.name}
	// A directory that shows its rootDSE only over TLS is asked again there.
	d := &conversation{question: a.question, root: a.opening || iv.facts.Role == roleUnknown && !a.decoy(), mechanism: wire.GSSSPNEGO, listed: iv.facts.Mechanisms}
	out := check.Attempt{Note: a.note(), Talk: d}
	switch a.over {
	case overStartTLS:
		d.tls = tls
	case overLDAPS:
		out.TLS = tls
	}
	if a.decoy() {
		out.Logons = 1
		d.logon = newLogon(iv.options, a.question, iv.facts.Root.DefaultNamingContext)
	}
	iv.talk, iv.last = d, a
	iv.asked = append(iv.asked, a)
	return out
}

// file takes over what the attempt that has just ended told.
func (iv *interview) file(end check.End) {
	f, seen, a := &iv.facts, iv.talk.seen, iv.last
	iv.ends[a] = end
	iv.spoke = iv.spoke || seen.spoke
	failure := end.Failure(a.note())
	if failure == nil && seen.failed != nil {
		failure = &signet.Failure{Phase: a.note(), Text: seen.failed.Error()}
	}
	switch {
	case failure != nil:
		iv.failed, iv.cause = failure, end
	case a.opening || a.again: // what failed before was asked another time, and well
		iv.failed = nil
	}
	if a.opening {
		iv.opened = end
		f.TLS = a.over
	}
	if seen.root != nil {
		f.readRoot(*seen.root)
	}
	if seen.ntlm != nil && f.NTLM == nil {
		f.NTLM = seen.ntlm
	}
	if a.over == overStartTLS && seen.startTLS == nil && failure != nil {
		f.put(Bind{Over: overStartTLS, Question: askStartTLS, Error: failure.Text})
	}
	iv.fileTLS(end, seen)
	if a.question != askRoot && (a.over != overStartTLS || seen.session != nil) {
		b := Bind{Over: a.over, Question: a.question, Challenge: seen.challenge, Negotiation: seen.spnego}
		if r := seen.result; r != nil {
			b.Mechanism = seen.mechanism
			b.Code, b.Result, b.Text = &r.Code, r.Code.String(), text.Clip(strings.TrimRight(r.Diagnostic, "\x00"), maxText)
		}
		if failure != nil {
			b.Code, b.Result, b.Text = nil, "", ""
			b.Error = failure.Text
		}
		f.put(b)
	}
	f.readLevels()
}

// fileTLS notes what became of StartTLS and the handshake.
func (iv *interview) fileTLS(end check.End, seen learned) {
	f := &iv.facts
	if seen.session != nil {
		f.Session, f.Certificate = seen.session, certOK
	}
	if code := seen.startTLS; code != nil {
		f.StartTLS = offersStartTLS(*code)
		if *code != wire.Success || f.bind(overStartTLS, askStartTLS) != nil {
			f.put(Bind{Over: overStartTLS, Question: askStartTLS, Code: code, Result: code.String()})
		}
		if *code == wire.Success && seen.session != nil {
			f.TLS = overStartTLS
		}
		if *code == wire.Unavailable || *code == wire.OperationsError {
			f.Certificate = certMissing // what AD answers where it has none
		}
	}
	if end.Cause == check.TLSFailed && f.Certificate != certOK {
		f.Certificate = certFailed
		if errors.Is(end.Err, check.ErrTLSClosed) {
			f.Certificate = certMissing
		}
	}
}

// offersStartTLS reads the answer to StartTLS (RFC 4511 §4.14.2): nil where it says nothing that lasts.
func offersStartTLS(code wire.ResultCode) *bool {
	offered := code == wire.Success
	switch code {
	case wire.Success, wire.ProtocolError, wire.AuthMethodNotSupported, wire.UnwillingToPerform, wire.Unavailable, wire.OperationsError:
		return &offered
	}
	return nil
}

// Result says what was learned so far.
func (iv *interview) Result() check.Result {
	if len(iv.asked) == 0 {
		return check.Result{Outcome: signet.Skipped}
	}
	if !iv.spoke {
		r := check.Result{Outcome: iv.opened.Outcome(), Err: iv.failed}
		if iv.opened.Cause == check.Done { // cannot be: a conversation that is done has heard LDAP
			r.Outcome = signet.Broken
		}
		if iv.facts.Certificate != certUnknown {
			facts := iv.facts
			r.Facts = &facts
		}
		return r
	}
	facts := iv.facts
	r := check.Result{Facts: &facts, Err: iv.failed, Unasked: iv.unasked()}
	r.Outcome = iv.outcome()
	return r
}

// outcome: withheld where only a greater depth can tell the verdict; answered where it is told, or one way into the
// endpoint is; and otherwise what became of the attempt that failed.
func (iv *interview) outcome() signet.Outcome {
	told, exposed, deeper := false, false, false
	for _, w := range ways(&iv.facts) {
		told = told || w.verdict != signet.Undetermined && !w.absent
		exposed = exposed || w.verdict == signet.Exposed
		deeper = deeper || w.deeper != ""
	}
	switch {
	case deeper && !exposed:
		return signet.Withheld
	case told:
		return signet.Answered
	case iv.failed != nil:
		return iv.cause.Outcome()
	}
	return signet.Answered
}

// unasked lists the questions that flags or budgets left out.
func (iv *interview) unasked() []string {
	var out []string
	for _, w := range ways(&iv.facts) {
		if w.unasked != "" {
			out = append(out, w.unasked)
		}
	}
	return out
}
