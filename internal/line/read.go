package line

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"signet"
	"signet/internal/bounds"
)

// Handler takes the lines of a file, one at a time. A function that is nil takes nothing. Judgements, hosts and paths are not
// handed over: they follow from the observations.
type Handler struct {
	Run         func(*Run) error
	Observation func(*signet.Observation) error // Facts are signet.RawFacts
	Client      func(*signet.Client) error
	Summary     func(*Summary) error
	// Odd makes lines that are not understood no error: it is told at the end how many there were, which was the first, and why.
	Odd func(n uint64, line int, why string)
}

// Read reads the lines of a file, in whatever layout, as UTF-8 or UTF-16. An error names its line. A line that is not
// understood ends it, or is counted where the handler has Odd.
func Read(r io.Reader, to Handler) error {
	in := bounds.NewObjects(r)
	for b, err := range in.All() {
		if err != nil {
			return err
		}
		if err := to.stop(in); err != nil {
			return err
		}
		err := to.take(b)
		var wrong *misread
		if errors.As(err, &wrong) {
			in.Odd.Add(in.Line, wrong.Error())
			err = to.stop(in)
		} else if err != nil {
			err = fmt.Errorf("line %d: %w", in.Line, err)
		}
		if err != nil {
			return err
		}
	}
	if err := to.stop(in); err != nil {
		return err
	}
	if to.Odd != nil && in.Odd.N > 0 {
		to.Odd(in.Odd.N, in.Odd.Line, in.Odd.Why)
	}
	return nil
}

// stop is the error of a line that was not understood, where such lines are not counted.
func (to *Handler) stop(in *bounds.Objects) error {
	if to.Odd != nil || in.Odd.N == 0 {
		return nil
	}
	return fmt.Errorf("line %d: %s", in.Odd.Line, in.Odd.Why)
}

// misread says what is wrong with a line, as opposed to an error of whoever takes what it says.
type misread struct{ err error }

func (m *misread) Error() string { return m.err.Error() }

func (to *Handler) take(b []byte) error {
	switch KindOf(b) {
	case kindRun:
		return decode(b, to.run)
	case kindSummary:
		return decode(b, to.Summary)
	case kindClient:
		return decode(b, to.ownClient)
	case kindEndpoint:
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

// run takes a run line. Its id, where it has one, names a run in a store and on command lines.
func (to *Handler) run(r *Run) error {
	if r.ID != "" && (!wellFormed(r.ID) || reserved(r.ID)) {
		return &misread{fmt.Errorf("%.80q is no id of a run: 1 to 64 letters, digits, -, _ or ., the first a letter or digit, and not latest or previous", r.ID)}
	}
	if to.Run == nil {
		return nil
	}
	return to.Run(r)
}

// ownClient is a client line.
type ownClient struct {
	At time.Time `json:"at"`
	signet.Client
}

// ownClient takes a client line.
func (to *Handler) ownClient(c *ownClient) error {
	if !c.Address.IsValid() {
		return &misread{errors.New("a client line without an address")}
	}
	c.Client.At = c.At.UTC()
	return to.client(&c.Client)
}

func (to *Handler) client(c *signet.Client) error {
	if to.Client == nil {
		return nil
	}
	return to.Client(c)
}

func (to *Handler) endpoint(l *endpoint) error {
	o, err := l.tolerant()
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

// DepthOf returns how deep the run asked with which a file begins, of which head is the first part. It is the least depth where
// that is not known.
func DepthOf(head []byte) signet.Depth {
	for b, err := range bounds.NewObjects(bytes.NewReader(head)).All() {
		if err != nil {
			break
		}
		if KindOf(b) != kindRun {
			continue
		}
		var run Run
		if json.Unmarshal(b, &run) != nil {
			break
		}
		return run.Depth
	}
	return signet.Handshake
}
