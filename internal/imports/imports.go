package imports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"time"

	"signet"
)

// Kind is what a text file turned out to be.
type Kind uint8

const (
	Unknown Kind = iota
	NmapXML
	SignetLines
	ZgrabLines
	MasscanJSON
	NmapPrint
	Database // of NetExec, if of anybody that is read
)

// Detect looks at the first bytes of a text file; a few kilobytes are enough.
func Detect(head []byte) Kind {
	if bytes.HasPrefix(head, []byte(sqliteMagic)) {
		return Database
	}
	head = beginning(head)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte("<nmaprun")):
		return NmapXML
	case bytes.HasPrefix(head, []byte("# Nmap ")), bytes.HasPrefix(head, []byte("Starting Nmap ")), bytes.HasPrefix(head, []byte("Nmap scan report for ")):
		return NmapPrint
	case bytes.HasPrefix(head, []byte(`{"kind":`)):
		return SignetLines
	case bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"data"`)) && bytes.Contains(line, []byte(`"ip"`)):
		return ZgrabLines
	case bytes.HasPrefix(head, []byte("[")) && bytes.Contains(head, []byte(`"ports"`)),
		bytes.HasPrefix(head, []byte("{")) && bytes.Contains(line, []byte(`"ports"`)) && bytes.Contains(line, []byte(`"ip"`)):
		return MasscanJSON
	}
	return Unknown
}

// beginning is the first text of a file, as UTF-8.
func beginning(head []byte) []byte {
	if text, err := io.ReadAll(plain(bytes.NewReader(head))); err == nil {
		head = text
	}
	return bytes.TrimLeft(head, " \t\r\n")
}

// DepthOf is how deep the run asked that a file of Signet's own lines begins with.
func DepthOf(head []byte) signet.Depth {
	head, _, _ = bytes.Cut(beginning(head), []byte("\n"))
	var run Run
	if kindOf(head) != "run" || json.Unmarshal(head, &run) != nil {
		return signet.Handshake
	}
	return run.Depth
}

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
}

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
