package ldap

import (
	"errors"
	"fmt"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/ldap"
	"signet/internal/wire/ntlmssp"
)

// conversation is one connection: StartTLS where wanted, the rootDSE where wanted, then one bind.
type conversation struct {
	tls       *check.TLS // to be taken by StartTLS first; nil: not asked
	root      bool       // search the rootDSE
	question  string     // which bind
	mechanism string     // SASL mechanism for NTLM
	listed    []string   // supportedSASLMechanisms, as far as known
	logon     *logon     // what a decoy needs; nil for other questions

	phase phase
	id    int32 // of the request under way
	seen  learned
	skip  int // messages passed over
	send  []byte
	type1 []byte
	form  form // in which it was put last
}

type phase uint8

const (
	phaseStart phase = iota
	phaseStartTLS
	phaseHandshake
	phaseRoot
	phaseFirstBind
	phaseSecondBind
	phaseOver
)

// maxSkipped bounds the messages of one connection that are passed over: references, notices without meaning.
const maxSkipped = 16

// learned is what one connection told.
type learned struct {
	spoke     bool             // at least one LDAPMessage came
	startTLS  *wire.ResultCode // the answer to StartTLS
	session   *signet.TLS
	root      *wire.Entry // values are copies
	challenge bool        // a whole type 2 came
	spnego    string      // what came in its place, as Bind.Negotiation has it
	ntlm      *signet.NTLM
	result    *wire.Result // the answer to the bind
	mechanism string       // under which SASL mechanism it was given
	failed    error        // why the bind was not carried through by us
}

// Secured notes what the handshake showed.
func (d *conversation) Secured(s check.TLSState) {
	facts := s.Facts
	d.seen.session = &facts
}

// Next reads whole messages until one calls for a request, the end, or more bytes.
func (d *conversation) Next(in []byte, eof bool) (check.Step, error) {
	switch d.phase {
	case phaseStart:
		return d.request(), nil
	case phaseHandshake:
		d.phase = phaseStartTLS
		return d.request(), nil
	}
	for used := 0; ; {
		n, err := wire.FrameSize(in[used:])
		if errors.Is(err, wire.ErrShort) {
			return check.Step{Consumed: used}, nil
		}
		if err != nil {
			return check.Step{}, d.notLDAP(in[used:], err)
		}
		if len(in)-used < n {
			return check.Step{Consumed: used, Need: n}, nil
		}
		m, _, err := wire.ParseMessage(in[used:])
		if err != nil {
			return check.Step{}, err
		}
		used += n
		d.seen.spoke = true
		step, wait, err := d.message(m)
		if err != nil || !wait {
			step.Consumed = used
			return step, err
		}
	}
}

// notLDAP words bytes that are no LDAPMessage: foreign when they are the first ones.
func (d *conversation) notLDAP(in []byte, err error) error {
	if d.seen.spoke {
		return err
	}
	if foreign := check.SniffForeign(in); foreign != nil {
		return foreign
	}
	if in[0] != 0x30 {
		return check.Foreign(fmt.Sprintf("something that starts with 0x%02x", in[0]))
	}
	return err
}

// request writes the next request after the phase that is over; with nothing left to ask it takes its leave.
func (d *conversation) request() check.Step {
	var step check.Step
	if d.id++; d.id == 1 && d.tls != nil {
		d.phase, step.Send = phaseStartTLS, wire.AppendExtended(d.send[:0], d.id, wire.StartTLS)
		return step
	}
	if d.phase < phaseRoot && d.root {
		d.phase, step.Send = phaseRoot, wire.AppendSearchRoot(d.send[:0], d.id, wire.RootAttributes()...)
		return step
	}
	if d.phase < phaseFirstBind && d.question != askRoot {
		d.phase = phaseFirstBind
		if d.question == askSimple {
			step.Send = wire.AppendSimpleBind(d.send[:0], d.id, d.logon.dn, d.logon.password)
			return step
		}
		d.type1 = ntlmssp.Negotiate()
		step.Send = wire.AppendSASLBind(d.send[:0], d.id, d.mechanism, d.form.wrap(d.type1))
		return step
	}
	d.phase, step.Done = phaseOver, true
	step.Send = wire.AppendUnbind(d.send[:0], d.id)
	return step
}

// message takes one message. wait says that the request under way is not yet answered in full.
func (d *conversation) message(m wire.Message) (step check.Step, wait bool, err error) {
	if m.ID != d.id {
		return d.stray(m)
	}
	switch {
	case m.Op == wire.OpSearchResultReference, m.Op == wire.OpIntermediateResponse, m.Op == wire.OpSearchResultEntry && d.seen.root != nil:
		return check.Step{}, true, d.passOver()
	case d.phase == phaseStartTLS:
		r, err := wire.ParseExtendedResponse(m)
		if err != nil {
			return check.Step{}, false, err
		}
		d.seen.startTLS = &r.Code
		if r.Code != wire.Success {
			d.phase = phaseOver
			return d.request(), false, nil
		}
		d.phase = phaseHandshake
		return check.Step{StartTLS: d.tls}, false, nil
	case d.phase == phaseRoot && m.Op == wire.OpSearchResultEntry:
		e, err := wire.ParseEntry(m)
		if err != nil {
			return check.Step{}, false, err
		}
		d.seen.root = clone(e)
		d.listed = d.seen.root.Values("supportedSASLMechanisms")
		return check.Step{}, true, nil
	case d.phase == phaseRoot:
		if _, err := wire.ParseSearchDone(m); err != nil {
			return check.Step{}, false, err
		}
		return d.request(), false, nil
	}
	return d.bound(m)
}

// stray takes a message that answers nothing we asked: a Notice of Disconnection ends the session and says why.
func (d *conversation) stray(m wire.Message) (check.Step, bool, error) {
	if m.ID != 0 {
		return check.Step{}, false, fmt.Errorf("an answer to message %d, want %d", m.ID, d.id)
	}
	r, err := wire.ParseExtendedResponse(m)
	if err != nil {
		return check.Step{}, false, err
	}
	if r.Name == wire.Disconnection || r.Name == "" && r.Code != wire.Success { // AD puts the name where it is not read
		return check.Step{}, false, &noticeError{r.Code}
	}
	return check.Step{}, true, d.passOver()
}

// noticeError is a Notice of Disconnection: the server hangs up, as with a reset, and says why.
type noticeError struct{ code wire.ResultCode }

func (e *noticeError) Error() string {
	return fmt.Sprintf("notice of disconnection: result %d %v", e.code, e.code)
}

func (d *conversation) passOver() error {
	if d.skip++; d.skip > maxSkipped {
		return fmt.Errorf("over %d messages that answer nothing", maxSkipped)
	}
	return nil
}

// clone keeps an entry beyond the call that read it.
func clone(e wire.Entry) *wire.Entry {
	out := wire.Entry{DN: e.DN}
	for _, a := range e.Attributes {
		c := wire.Attribute{Name: a.Name}
		for _, v := range a.Values {
			c.Values = append(c.Values, append([]byte(nil), v...))
		}
		out.Attributes = append(out.Attributes, c)
	}
	return &out
}
