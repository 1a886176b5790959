package line

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"signet"
)

// endpoint is an endpoint line as it is written, of a report or of an export. What a report judged is not read: it follows
// from the observation.
type endpoint struct {
	Run         string          `json:"run"`
	At          time.Time       `json:"at"`
	Address     netip.Addr      `json:"address"`
	Port        uint16          `json:"port"`
	Transport   string          `json:"transport"`
	Name        string          `json:"name"`
	Check       string          `json:"check"`
	Version     int             `json:"check_version"`
	Outcome     signet.Outcome  `json:"outcome"`
	Open        *bool           `json:"open"`
	Facts       json.RawMessage `json:"facts"`
	Unasked     []string        `json:"unasked"`
	Source      string          `json:"source"`
	Err         *signet.Failure `json:"error"`
	Connections uint16          `json:"connections"`
	Took        float64         `json:"took_ms"`
	Trace       []exchange      `json:"trace"`
	Verdict     json.RawMessage `json:"verdict"` // of a report; that it is there is all that is read of it
}

type exchange struct {
	Note     string   `json:"note"`
	Sent     hexBytes `json:"sent"`
	Received hexBytes `json:"received"`
}

type hexBytes []byte

// UnmarshalText reads hexadecimal digits.
func (h *hexBytes) UnmarshalText(digits []byte) (err error) {
	if *h, err = hex.AppendDecode(nil, digits); err != nil {
		return errors.New("a transcript that is not hex")
	}
	return nil
}

// observation is what the line says, without opinion on its times and on what an old or foreign line leaves out.
func (l *endpoint) observation() (*signet.Observation, error) {
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: l.Address, Name: l.Name}, Port: l.Port},
		Check:    l.Check, CheckVersion: l.Version, At: l.At, Outcome: l.Outcome, Err: l.Err, Unasked: l.Unasked, Source: l.Source,
		Connections: int(l.Connections),
	}
	switch l.Transport {
	case "udp":
		o.Transport = signet.UDP
	case "tcp", "":
	default:
		return nil, fmt.Errorf("%q is not a transport (tcp or udp)", l.Transport)
	}
	if l.Open != nil {
		o.Open = *l.Open
	}
	if len(l.Facts) > 0 {
		if l.Facts[0] != '{' {
			return nil, errors.New("facts are not an object")
		}
		o.Facts = signet.RawFacts(l.Facts)
	}
	for _, x := range l.Trace {
		o.Trace = append(o.Trace, signet.Exchange{Note: x.Note, Sent: x.Sent, Received: x.Received})
	}
	return o, nil
}

// tolerant reads a line of a file. What is missing is made up for, and what is out of range is cut.
func (l *endpoint) tolerant() (*signet.Observation, error) {
	if !l.Address.IsValid() || l.Check == "" || math.IsNaN(l.Took) {
		return nil, errors.New("an endpoint line without an address or a check")
	}
	o, err := l.reported()
	if err != nil {
		return nil, err
	}
	o.Addr, o.At = l.Address.Unmap().WithZone(""), l.At.UTC()
	o.Took = time.Duration(min(max(l.Took, 0), mostTook) * 1e6)
	return o, nil
}

// reported is the observation of a line that may be a report's: it leaves out whether a connection was made and the version of
// the check, and writes empty facts where there are none.
func (l *endpoint) reported() (*signet.Observation, error) {
	if len(l.Facts) <= len("{}") {
		l.Facts = nil
	}
	o, err := l.observation()
	if err != nil {
		return nil, err
	}
	o.CheckVersion = max(l.Version, 1)
	if l.Open == nil { // what was silent, refused or skipped had no connection
		o.Open = o.Reached()
	}
	return o, nil
}

// exact reads a line for a store, of a run that began at started, and holds it to what an export writes. Nothing of an export is
// made up for; a line with a verdict is a report's.
func (l *endpoint) exact(started time.Time) (*signet.Observation, error) {
	if !l.Address.IsValid() || l.Address.Zone() != "" || l.Address.Is4In6() {
		return nil, fmt.Errorf("%q is not the address of an endpoint", l.Address)
	}
	if l.At.IsZero() || l.At.Year() > 9999 || math.IsNaN(l.Took) || math.Abs(l.Took) > mostTransferTook {
		return nil, errors.New("the times of the endpoint are missing or out of range")
	}
	if d := l.At.Sub(started); d > mostApart || d < -mostApart {
		return nil, errors.New("the time of the endpoint lies centuries from that of its run")
	}
	if n := len(l.Check); n == 0 || n > mostCheck {
		return nil, fmt.Errorf("%.80q is not the name of a check", l.Check)
	}
	if !utf8.ValidString(l.Check) || strings.ContainsFunc(l.Check, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("%q is not the name of a check", l.Check)
	}
	read := l.observation
	if l.Verdict != nil {
		read = l.reported
	}
	o, err := read()
	if err != nil {
		return nil, err
	}
	o.Took = time.Duration(math.Round(l.Took*1000)) * time.Microsecond
	return o, nil
}
