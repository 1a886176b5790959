package imports

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"time"

	"signet"
)

// mostLine bounds a line of JSON: a line with its transcript.
const mostLine = 16 << 20

// line is an endpoint line of Signet's own.
type line struct {
	Kind    string          `json:"kind"`
	Tool    string          `json:"tool"`
	At      time.Time       `json:"at"`
	Address netip.Addr      `json:"address"`
	Port    uint16          `json:"port"`
	Proto   string          `json:"transport"`
	Name    string          `json:"name"`
	Check   string          `json:"check"`
	Version int             `json:"check_version"`
	Outcome signet.Outcome  `json:"outcome"`
	Open    bool            `json:"open"`
	Source  string          `json:"source"`
	Facts   json.RawMessage `json:"facts"`
	Unasked []string        `json:"unasked"`
	Err     *signet.Failure `json:"error"`
	Took    float64         `json:"took_ms"`
	Trace   []struct {
		Note, Sent, Received string
	} `json:"trace"`
}

// Lines reads Signet's own JSON lines. Judgements in them are not looked at: they are made anew.
func Lines(r io.Reader, put Sink) (Stats, error) {
	var st Stats
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), mostLine)
	for n := 1; in.Scan(); n++ {
		b := bytes.TrimSpace(bytes.TrimPrefix(in.Bytes(), []byte("\xef\xbb\xbf")))
		if len(b) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(b, &l); err != nil {
			return st, fmt.Errorf("line %d: %w", n, err)
		}
		switch l.Kind {
		case "run":
			st.Source = l.Tool
			continue
		case "endpoint":
		default:
			continue
		}
		o, err := l.observation()
		if err != nil {
			return st, fmt.Errorf("line %d: %w", n, err)
		}
		st.Endpoints++
		if err := put(o); err != nil {
			return st, err
		}
	}
	return st, in.Err()
}

func (l *line) observation() (*signet.Observation, error) {
	if !l.Address.IsValid() || l.Check == "" {
		return nil, fmt.Errorf("an endpoint line without an address or a check")
	}
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: l.Address.Unmap().WithZone(""), Name: l.Name}, Port: l.Port},
		Check:    l.Check, CheckVersion: max(l.Version, 1), At: l.At.UTC(), Took: time.Duration(min(max(l.Took, 0), 1e9) * 1e6),
		Outcome: l.Outcome, Err: l.Err, Unasked: l.Unasked, Source: l.Source,
	}
	o.Open = l.Open || o.Outcome == signet.Answered
	switch l.Proto {
	case "udp":
		o.Transport = signet.UDP
	case "tcp", "":
	default:
		return nil, fmt.Errorf("%q is no transport", l.Proto)
	}
	if len(l.Facts) > 2 { // {} are no facts
		if l.Facts[0] != '{' {
			return nil, fmt.Errorf("facts that are no object")
		}
		o.Facts = signet.RawFacts(l.Facts)
	}
	for _, x := range l.Trace {
		sent, err1 := hex.DecodeString(x.Sent)
		received, err2 := hex.DecodeString(x.Received)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("a transcript that is no hex")
		}
		o.Trace = append(o.Trace, signet.Exchange{Note: x.Note, Sent: sent, Received: received})
	}
	return o, nil
}
