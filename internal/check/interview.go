package check

import (
	"errors"
	"slices"
	"strings"
	"time"

	"signet"
)

// Interview asks one endpoint. It belongs to one goroutine.
type Interview interface {
	// Next says what to ask next, given how the last attempt ended (the zero End at first). ok is false when nothing
	// is left to ask.
	Next(End) (a Attempt, ok bool)
	// Result says what was learned so far. It may be called at any time: a host that takes too long is interrupted,
	// and what it said until then is kept.
	Result() Result
}

// Reusable is an Interview that can be held again. What its Result gave is gone then: only who knows that nobody keeps
// that may call Again.
type Reusable interface {
	Interview
	Again(Subject)
}

// Attempt is one conversation on one new connection.
type Attempt struct {
	Note   string        // what it asks, for transcripts and errors: "smb2 negotiate"
	Talk   Conversation  // belongs to this attempt alone
	Port   uint16        // 0: the endpoint's own port
	UDP    bool          // one socket, each Send one datagram
	TLS    *TLS          // TLS before the first byte; nil: none
	Logons int           // how many logons of an unknown user this attempt may cause, for the host's budget
	Wait   time.Duration // how long to wait for each answer; 0: the run's time-out for an exchange
}

// Cause says why an attempt ended.
type Cause uint8

const (
	Start       Cause = iota // no attempt was made yet
	Done                     // the conversation said so
	NoAnswer                 // no connection within the time-out
	Rejected                 // the connection was refused (RST to a SYN, ICMP port unreachable)
	Unroutable               // network or host unreachable, as told by a router
	Closed                   // the peer closed before the conversation was done
	Reset                    // the peer reset before the conversation was done
	Stalled                  // connected, but the next bytes did not come in time
	Malformed                // the conversation returned an error: see End.Err
	TLSFailed                // no TLS handshake: see End.Err
	OverBudget               // the endpoint sent more bytes than it may
	Denied                   // not attempted: excluded from the scope, or a budget of logons is used up
	Interrupted              // the run or the host's time is over
	Unable                   // this machine could not make the connection: descriptors, memory, local ports, rights; see End.Err
	Unrouted                 // this machine has no route to the address
)

// String names the cause in words that fit after "smb2 negotiate: ".
func (c Cause) String() string {
	switch c {
	case Start:
		return "not attempted"
	case Done:
		return "done"
	case NoAnswer:
		return "no connection in time"
	case Rejected:
		return "connection refused"
	case Unroutable:
		return "no route to the host"
	case Closed:
		return "the peer closed the connection"
	case Reset:
		return "the peer reset the connection"
	case Stalled:
		return "no answer in time"
	case Malformed:
		return "malformed answer"
	case TLSFailed:
		return "no TLS handshake"
	case OverBudget:
		return "more bytes than an endpoint may send"
	case Denied:
		return "not allowed by the scope or a budget"
	case Interrupted:
		return "interrupted"
	case Unable:
		return "this machine could not open a connection"
	case Unrouted:
		return "this machine has no route to the address"
	}
	return "unknown cause"
}

// ErrTLSClosed is in the Err of a TLSFailed end when the peer closed or reset the connection during the handshake and
// gave no reason, as a server without a certificate does.
var ErrTLSClosed = errors.New("the peer closed the connection during it")

// End is how an attempt ended.
type End struct {
	Cause     Cause
	Err       error     // what exactly, where Cause alone does not say it
	Connected bool      // the transport was up, whatever came later
	Received  int       // bytes that came from the peer (inside TLS: plain text)
	TLS       *TLSState // set when a handshake was completed
}

// Result is what an interview learned.
type Result struct {
	Facts   signet.Facts // nil when nothing was learned
	Outcome signet.Outcome
	Err     *signet.Failure
	Unasked []string
	Found   []Found // further endpoints of the same host that this one pointed to
}

// Found is an endpoint that an answer pointed to. It is asked if the scope allows it.
type Found struct {
	Check string // empty: whichever check asks the port
	Port  uint16
	Name  string // host name to use; empty: the endpoint's own

	// Called is what the answer called it: its interview is told, since the endpoint itself may not say.
	Called string
}

// Outcome is what an end means for an endpoint of which nothing is known yet.
func (e End) Outcome() signet.Outcome {
	switch e.Cause {
	case Done:
		return signet.Answered
	case NoAnswer, Unroutable:
		return signet.Silent
	case Rejected:
		return signet.Refused
	case Malformed:
		if IsForeign(e.Err) {
			return signet.Foreign
		}
		return signet.Broken
	case Denied:
		return signet.Withheld
	case Start, Unrouted:
		return signet.Skipped
	case Unable:
		return signet.Fault
	case Stalled, TLSFailed:
		if late, ok := errors.AsType[interface {
			error
			Timeout() bool
		}](e.Err); e.Received == 0 && (e.Cause == Stalled || ok && late.Timeout()) {
			return signet.Silent
		}
	}
	return signet.Broken
}

// Failure words an end as an error of the given phase; nil when it is none.
func (e End) Failure(phase string) *signet.Failure {
	if e.Cause == Done || e.Cause == Start {
		return nil
	}
	switch e.Cause {
	case NoAnswer, Rejected, Unroutable, Unable, Unrouted:
		phase = "connect"
	case TLSFailed:
		phase = "tls handshake"
	}
	text := e.Cause.String()
	if e.Err != nil {
		if e.Cause == Malformed {
			text = e.Err.Error()
		} else {
			text += ": " + e.Err.Error()
		}
	}
	return &signet.Failure{Phase: phase, Text: text}
}

// LeftOut is what was left out of an endpoint now and was not before. Words that begin with "port-" do not count: they speak of another port,
// which has findings of its own, and stand only where this one is guarded, so that nothing would ever be seen to get better.
func LeftOut(before, now []string) []string {
	return slices.DeleteFunc(slices.Clone(now), func(s string) bool { return strings.HasPrefix(s, "port-") || slices.Contains(before, s) })
}
