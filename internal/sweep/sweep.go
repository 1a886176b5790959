package sweep

import (
	"net/netip"
	"sync/atomic"
	"time"

	"signet/internal/dial"
)

// MostPorts is how many ports of an address can be swept.
const MostPorts = 31

// Config is what a sweep works on.
type Config struct {
	Work Work
	Gate *dial.Gate
	Size uint64 // of the scope: positions are below it, unless it grows
	From uint64 // where it begins: every position below is finished

	// Grows: the scope may get longer than Size. Work says when it is over.
	Grows bool

	Connect time.Duration // the longest wait for an answer to a SYN
	Retries int           // further SYNs to a port that is silent

	Clock   time.Time      // what Found.Sent counts from
	Packets *atomic.Uint64 // counts them
	Tell    func(string)   // takes lines about how the scope is swept, from the sweep's goroutine; nil: nobody listens
}

// Work hands out positions of a scope and takes what was found out about them. But for At, which New calls as well, only
// the goroutine of Run calls it.
type Work interface {
	// At is what stands at a position, the same whenever it is called.
	At(position uint64) Target

	// Next takes the next position that is to be swept, in ascending order; not ok: there is none now, and over: nor will
	// there be one.
	Next() (position uint64, ok, over bool)

	// Draining tells whether nothing new is to be begun.
	Draining() bool

	// Found takes what was found out about a position that was begun: for each exactly once, unless Run's context ends.
	Found(Target, Found)

	// Flush says that no further call of Found will follow for a while.
	Flush()
}

// Target is an address and the ports of it that are swept, at most MostPorts.
type Target struct {
	Addr  netip.Addr
	Ports []uint16
	Rest  bool // Work's own: there is more to ask than Ports
}

// Found is what is known of a position.
type Found struct {
	Position     uint64
	Sent         int64  // when the first SYN was, in nanoseconds since Config.Clock
	Open, Closed uint32 // a bit for each of Target.Ports; a port with neither is silent
	Unswept      bool   // nothing is known: it could not be swept, or is better asked slowly
}
