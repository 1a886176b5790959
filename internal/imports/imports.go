package imports

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"signet"
	"signet/internal/bounds"
)

// Sink takes observations, one at a time. Facts are signet.RawFacts.
type Sink func(*signet.Observation) error

// Hosts takes the address of each host that a file speaks of, as often as it does, whether or not it says anything that is judged.
// answered: the file shows that something was there. nil takes nothing.
type Hosts func(addr netip.Addr, answered bool)

func (h Hosts) see(addr netip.Addr, answered bool) {
	if h != nil {
		h(addr, answered)
	}
}

// Stats says how much a file held.
type Stats struct {
	Endpoints uint64   // ports that it speaks of
	Source    string   // tool and version
	Notes     []string // what is said and not believed
	Odd       uint64   // lines that are not understood
	OddLine   int      // the first of them
	OddWhy    string   // of the first
	Nmap      bool     // printed output: nmap spoke in it

	nowhere int // hosts without an address
}

// homeless says of how many hosts the file gives no address.
func (s *Stats) homeless() {
	if s.nowhere > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("left out are %d of its hosts that have no address which can be read", s.nowhere))
	}
}

// missed takes over what a reader did not understand.
func (s *Stats) missed(o *bounds.Odd) { s.Odd, s.OddLine, s.OddWhy = o.N, o.Line, o.Why }

// observation makes one that was answered.
func observation(addr netip.Addr, name string, port uint16, checkName, source string, at time.Time, facts any, unasked ...string) (*signet.Observation, error) {
	raw, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("%s facts: %w", checkName, err)
	}
	return &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: addr.Unmap().WithZone(""), Name: name}, Port: port},
		Check:    checkName, CheckVersion: 1, At: at, Outcome: signet.Answered, Open: true, Source: source,
		Facts: signet.RawFacts(raw), Unasked: unasked,
	}, nil
}
