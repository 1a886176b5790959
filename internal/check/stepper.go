package check

import "fmt"

// MaxPending is how many bytes a conversation may leave unconsumed while it waits for more, and so the longest message
// that it may wait for.
const MaxPending = 64 << 10

// Stepper holds a conversation for a driver, which is whoever moves its bytes: the event loop, a blocking connection,
// the replay of a recording. The driver hands over what it received and does what the Action says; what is kept of the
// bytes, when the conversation is asked, and what ends it is decided here for all of them.
//
// The zero Stepper has no conversation. One that has held a conversation can hold another, and keeps its buffer.
type Stepper struct {
	talk Conversation
	rest []byte // received and not consumed
	need int    // how many bytes the conversation waits for
}

// Action is what a driver has to do, in the order of its fields. The zero Action waits for more bytes.
type Action struct {
	Send     []byte // to be written; valid until the next call
	StartTLS *TLS   // to be made of the connection; how that went is told with Secured
	End      Cause  // unless Start: the conversation is over, and this is why
	Err      error  // what exactly, where End alone does not say it
}

// Hold makes the Stepper ready for a conversation whose connection has just been made.
func (s *Stepper) Hold(c Conversation) { *s = Stepper{talk: c, rest: s.rest[:0]} }

// Step hands over what has come. It is first called with no bytes when the connection is up, then each time bytes have
// come. With eof the peer has closed its side: whatever the conversation makes of that, it is over, unless it asks for
// TLS. got is valid only during the call: what is not consumed is copied, and nothing else is.
func (s *Stepper) Step(got []byte, eof bool) Action {
	in := got
	if len(s.rest) > 0 {
		s.rest = append(s.rest, got...)
		in = s.rest
	}
	if len(in) < s.need && !eof {
		if len(s.rest) == 0 {
			s.rest = append(s.rest, got...)
		}
		return Action{}
	}
	step, err := s.talk.Next(in, eof)
	if err != nil {
		return Action{End: Malformed, Err: err}
	}
	rest := in[min(step.Consumed, len(in)):]
	a := Action{Send: step.Send}
	switch {
	case step.Done:
		a.End = Done
	case step.StartTLS != nil && len(rest) > 0:
		// Plain bytes between the agreement on TLS and its handshake may come from somebody in between.
		a.End, a.Err = Malformed, fmt.Errorf("%d bytes before the TLS handshake", len(rest))
	case step.StartTLS != nil:
		a.StartTLS = step.StartTLS
		s.rest, s.need = s.rest[:0], 0
	case eof:
		a.End = Closed
	case step.Need > MaxPending:
		a.End, a.Err = OverBudget, fmt.Errorf("a message of %d bytes", step.Need)
	case len(rest) > MaxPending:
		a.End = OverBudget
	default:
		s.need = step.Need
		if len(rest) > 0 || len(s.rest) > 0 {
			s.rest = append(s.rest[:0], rest...)
		}
	}
	return a
}

// Secured says that the connection is a TLS one now, from its beginning or after an Action that asked for it, and what
// the handshake showed. The conversation goes on inside it.
func (s *Stepper) Secured(st TLSState) Action {
	if w, ok := s.talk.(Securable); ok {
		w.Secured(st)
	}
	return s.Step(nil, false)
}
