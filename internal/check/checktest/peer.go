package checktest

import (
	"errors"
	"testing"

	"signet/internal/check"
)

// Peer is a made-up server on one connection, for answers that no real server could be had for.
type Peer struct {
	Connect check.Cause // why there is no connection; Start: there is one
	Says    []byte      // what it says before it has heard anything
	// Answer is what it says to each thing that it is sent, and how the connection ends after that; Start: as End says.
	Answer func(sent []byte) (answer []byte, end check.Cause)
	End    check.Cause // how the connection ends once all is said; Start: it stays open, and the attempt is Stalled
	// TLS is what a handshake comes to; nil: it fails.
	TLS   func(*check.TLS) (check.TLSState, error)
	Piece int // how many bytes of a stream are handed over at a time; 0: all there are
}

// Hold drives the attempt's conversation against the peer, as the engine does, and says how it ended.
func (p *Peer) Hold(t testing.TB, a check.Attempt) check.End {
	t.Helper()
	if p.Connect != check.Start {
		return check.End{Cause: p.Connect}
	}
	end := check.End{Connected: !a.UDP}
	wire, last := append([]byte(nil), p.Says...), p.End
	var s check.Stepper
	s.Hold(&bounded{Conversation: a.Talk, t: t, note: a.Note})
	todo := check.Action{StartTLS: a.TLS}
	if a.TLS == nil {
		todo = s.Step(nil, false)
	}
	for {
		if len(todo.Send) > 0 && p.Answer != nil {
			answer, then := p.Answer(append([]byte(nil), todo.Send...))
			if wire = append(wire, answer...); then != check.Start {
				last = then
			}
		}
		switch {
		case todo.End != check.Start:
			end.Cause, end.Err = todo.End, todo.Err
			return end
		case todo.StartTLS != nil:
			st, err := check.TLSState{}, errors.New("no handshake")
			if p.TLS != nil {
				st, err = p.TLS(todo.StartTLS)
			}
			if err != nil {
				end.Cause, end.Err = check.TLSFailed, err
				return end
			}
			end.TLS = &st
			todo = s.Secured(st)
		case len(wire) > 0:
			n := len(wire)
			if p.Piece > 0 && !a.UDP { // a datagram comes whole
				n = min(n, p.Piece)
			}
			end.Received += n
			todo = s.Step(wire[:n:n], false)
			wire = wire[n:]
		case last == check.Closed:
			todo = s.Step(nil, true)
		case last == check.Start:
			end.Cause = check.Stalled
			return end
		default:
			end.Cause = last
			return end
		}
	}
}

// bounded fails the test where a conversation consumes more than there is, or waits for less than nothing.
type bounded struct {
	check.Conversation
	t    testing.TB
	note string
}

// Next implements check.Conversation.
func (b *bounded) Next(in []byte, eof bool) (check.Step, error) {
	b.t.Helper()
	step, err := b.Conversation.Next(in, eof)
	if step.Consumed < 0 || step.Consumed > len(in) || step.Need < 0 {
		b.t.Fatalf("%s: consumed %d of %d bytes, needs %d", b.note, step.Consumed, len(in), step.Need)
	}
	return step, err
}

// Secured implements check.Securable.
func (b *bounded) Secured(st check.TLSState) {
	if w, ok := b.Conversation.(check.Securable); ok {
		w.Secured(st)
	}
}
