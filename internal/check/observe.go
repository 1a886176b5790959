package check

import (
	"net/netip"
	"time"

	"signet"
)

// Passive is how a check learns from a conversation that somebody else held. A check without one cannot be read out
// of a capture.
type Passive struct {
	// Recognise tells from the first bytes of one direction of a connection, or from the bytes at a segment's start,
	// who speaks there. It must be strict: it decides alone, on any port.
	Recognise func(first []byte, port uint16) Side
	// Observe begins to listen to one endpoint. An observer belongs to one goroutine.
	Observe func(signet.Endpoint) Observer
	// Clients reads what a connection shows of its client; nil: nothing.
	Clients func(*Overheard) []Client
}

// Side is who sent bytes. The zero value does not know.
type Side uint8

const (
	NeitherSide Side = iota
	ClientSide
	ServerSide
)

// Observer collects what overheard connections to one endpoint show. What it says must not depend on the order in
// which they are heard: captures are cut, merged and sorted.
type Observer interface {
	Hear(*Overheard)
	// Result says what was learned. Facts are nil while that is nothing.
	Result() Result
}

// Overheard is what a capture holds of one connection, as two streams. Either may be empty, and each ends where the
// capture has a hole or where as much was kept as is kept. The bytes are valid only during the call.
type Overheard struct {
	Client, Server netip.AddrPort
	At             time.Time // of the first packet
	FromClient     []byte
	FromServer     []byte
	// ClientWhole and ServerWhole say that the stream was seen from its first byte, or both that the server's starts
	// with the answer to what starts the client's. A stream without it starts wherever the capture did.
	ClientWhole, ServerWhole bool
	// ServerDone says that the server closed or reset the connection behind FromServer, which is all that it sent.
	ServerDone bool
}

// Disagreement words two answers of one endpoint that differ where one server says one thing: a setting that was
// changed, or more than one machine behind an address.
func Disagreement(phase, what, one, other string) *signet.Failure {
	return &signet.Failure{Phase: phase, Text: "answers of this endpoint disagree on " + what + ": " + one + " and " + other + "; the weaker one counts"}
}
