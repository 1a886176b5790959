package imports

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"time"

	"signet"
)

// Run is a run line of Signet's own, or a summary: what either holds.
type Run struct {
	Schema      string            `json:"schema"`
	Run         string            `json:"run"`
	Tool        string            `json:"tool"`
	Started     time.Time         `json:"started"`
	Ended       time.Time         `json:"ended"`
	Targets     []string          `json:"targets"`
	Checks      []string          `json:"checks"`
	Depth       signet.Depth      `json:"depth"`
	Policy      string            `json:"policy"`
	Interrupted bool              `json:"interrupted"`
	Warnings    []string          `json:"warnings"`
	Coverage    map[string]uint64 `json:"coverage"`
	Progress    struct {          // of an export, on its run line
		Addresses uint64    `json:"addresses"`
		Alive     uint64    `json:"alive"`
		Asked     uint64    `json:"endpoints_asked"`
		Outcomes  [8]uint64 `json:"outcomes"`
	} `json:"progress"`
}

// check refuses what no run line holds: an id is a name in a store and on command lines.
func (r *Run) check() error {
	if r.Run != "" && !runID(r.Run) {
		return &misread{fmt.Errorf("%.80q is no id of a run: 1 to 64 letters, digits, -, _ or ., the first a letter or digit, and not latest or previous", r.Run)}
	}
	return nil
}

func runID(id string) bool {
	if len(id) > 64 || id == "latest" || id == "previous" {
		return false
	}
	for i, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return id != ""
}

// Counts is how much a run asked and was answered, as its summary has it.
func (r *Run) Counts() (addresses, alive, asked uint64, outcomes [8]uint64) {
	if r.Coverage == nil {
		return r.Progress.Addresses, r.Progress.Alive, r.Progress.Asked, r.Progress.Outcomes
	}
	for _, o := range signet.Outcomes() {
		outcomes[o] = r.Coverage[o.String()]
	}
	return r.Coverage["addresses"], r.Coverage["alive"], r.Coverage["endpoints_asked"], outcomes
}

// Handler takes Signet's own lines, one at a time. A function that is nil takes nothing; judgements, hosts and paths are
// not handed over: they follow from the observations.
type Handler struct {
	Run         func(*Run) error
	Observation Sink
	Client      func(*signet.Client) error
	Summary     func(*Run) error
	// Odd makes lines that are not understood no error: it is told at the end how many there were, which was the first, and why.
	Odd func(n uint64, line int, why string)
}

// line is an endpoint line, of `-o jsonl` or of an export.
type line struct {
	At          time.Time       `json:"at"`
	Address     netip.Addr      `json:"address"`
	Port        uint16          `json:"port"`
	Transport   string          `json:"transport"`
	Name        string          `json:"name"`
	Check       string          `json:"check"`
	Version     int             `json:"check_version"`
	Outcome     signet.Outcome  `json:"outcome"`
	Open        *bool           `json:"open"`
	Source      string          `json:"source"`
	Facts       json.RawMessage `json:"facts"`
	Unasked     []string        `json:"unasked"`
	Err         *signet.Failure `json:"error"`
	Connections int             `json:"connections"`
	Took        float64         `json:"took_ms"`
	Trace       []struct {
		Note, Sent, Received string
	} `json:"trace"`
}

// Lines reads Signet's own JSON lines, however they are spaced or laid out. An error names its line. What is not understood ends it,
// or is counted where the handler has Odd.
func Lines(r io.Reader, to Handler) error {
	in := newJSONReader(r)
	for b, err := range in.all() {
		if err != nil {
			return err
		}
		if err := to.stop(in); err != nil {
			return err
		}
		err := to.take(b)
		var wrong *misread
		if errors.As(err, &wrong) {
			in.odd.add(in.line, wrong.Error())
			err = to.stop(in)
		} else if err != nil {
			err = fmt.Errorf("line %d: %w", in.line, err)
		}
		if err != nil {
			return err
		}
	}
	if err := to.stop(in); err != nil {
		return err
	}
	if to.Odd != nil && in.odd.N > 0 {
		to.Odd(in.odd.N, in.odd.Line, in.odd.Why)
	}
	return nil
}

// stop is the error of a line that was not understood, where such lines are not counted.
func (to *Handler) stop(in *jsonReader) error {
	if to.Odd != nil || in.odd.N == 0 {
		return nil
	}
	return fmt.Errorf("line %d: %s", in.odd.Line, in.odd.Why)
}

// misread says what is wrong with a line, as opposed to an error of whoever takes what it says.
type misread struct{ err error }

func (m *misread) Error() string { return m.err.Error() }

// kindOf is the kind of a line; "" where it has none. It stands first where Signet wrote the line.
func kindOf(b []byte) string {
	if rest, ok := bytes.CutPrefix(b, []byte(`{"kind":"`)); ok {
		kind, _, _ := bytes.Cut(rest, []byte(`"`))
		return string(kind)
	}
	var l struct{ Kind string }
	if json.Unmarshal(b, &l) != nil {
		return ""
	}
	return l.Kind
}

func (to *Handler) take(b []byte) error {
	switch kind := kindOf(b); kind {
	case "run":
		return decode(b, func(r *Run) error {
			if err := r.check(); err != nil || to.Run == nil {
				return err
			}
			return to.Run(r)
		})
	case "summary":
		return decode(b, to.Summary)
	case "client":
		return decode(b, func(c *struct {
			At time.Time `json:"at"`
			signet.Client
		}) error {
			if !c.Address.IsValid() {
				return &misread{errors.New("a client line without an address")}
			}
			c.Client.At = c.At.UTC()
			return to.client(&c.Client)
		})
	case "endpoint":
		return decode(b, to.endpoint)
	case "":
		if !json.Valid(b) {
			return &misread{errors.New("this is no JSON")}
		}
		return &misread{errors.New("an object without a kind")}
	}
	return nil // what follows from the observations, or a kind of the future
}

// decode reads a line into what takes it; a nil function takes nothing.
func decode[T any](b []byte, take func(*T) error) error {
	if take == nil {
		return nil
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		return &misread{err}
	}
	return take(v)
}

func (to *Handler) client(c *signet.Client) error {
	if to.Client == nil {
		return nil
	}
	return to.Client(c)
}

func (to *Handler) endpoint(l *line) error {
	o, err := l.observation()
	if err != nil {
		return &misread{err}
	}
	if c, ok, err := signet.ClientOf(o); ok { // an export keeps clients so
		if err != nil {
			return &misread{err}
		}
		return to.client(c)
	}
	if to.Observation == nil {
		return nil
	}
	return to.Observation(o)
}

func (l *line) observation() (*signet.Observation, error) {
	if !l.Address.IsValid() || l.Check == "" || math.IsNaN(l.Took) {
		return nil, errors.New("an endpoint line without an address or a check")
	}
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: l.Address.Unmap().WithZone(""), Name: l.Name}, Port: l.Port},
		Check:    l.Check, CheckVersion: max(l.Version, 1), At: l.At.UTC(), Took: time.Duration(min(max(l.Took, 0), 1e9) * 1e6),
		Outcome: l.Outcome, Err: l.Err, Unasked: l.Unasked, Source: l.Source, Connections: l.Connections,
	}
	switch l.Transport {
	case "udp":
		o.Transport = signet.UDP
	case "tcp", "":
	default:
		return nil, fmt.Errorf("%q is not a transport (tcp or udp)", l.Transport)
	}
	// `-o jsonl` leaves open out: what was silent, refused or skipped had no connection unless it says so.
	o.Open = o.Reached()
	if l.Open != nil {
		o.Open = *l.Open
	}
	if len(l.Facts) > 2 { // {} stands for none
		if l.Facts[0] != '{' {
			return nil, errors.New("facts are not an object")
		}
		o.Facts = signet.RawFacts(l.Facts)
	}
	for _, x := range l.Trace {
		sent, err1 := hex.DecodeString(x.Sent)
		received, err2 := hex.DecodeString(x.Received)
		if err1 != nil || err2 != nil {
			return nil, errors.New("a transcript that is not hex")
		}
		o.Trace = append(o.Trace, signet.Exchange{Note: x.Note, Sent: sent, Received: received})
	}
	return o, nil
}
