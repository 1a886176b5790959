package line

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"signet"
)

// Transfer reads what a store exported or a report wrote, one object a line, and holds each line to what an export writes.
type Transfer struct {
	in *bufio.Scanner
	n  int // of the line that was read last, from 1
}

// NewTransfer reads from r.
func NewTransfer(r io.Reader) *Transfer {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), mostLine)
	return &Transfer{in: in}
}

// Lines gives each line that is not empty, and stops behind the first error. A Stored holds until the next one.
func (t *Transfer) Lines() iter.Seq2[*Stored, error] {
	return func(yield func(*Stored, error) bool) {
		for t.in.Scan() {
			t.n++
			b := bytes.TrimSpace(bytes.TrimPrefix(t.in.Bytes(), []byte("\ufeff")))
			if len(b) == 0 {
				continue
			}
			l, err := parseStored(b)
			if err != nil {
				err = t.At(err)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
		err := t.in.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("line %d: it is longer than %d MiB", t.n+1, mostLine>>20)
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// At says of an error at which line it was met.
func (t *Transfer) At(err error) error { return fmt.Errorf("line %d: %w", t.n, err) }

// Stored is a line of an export or of a report. What only a run line or a summary says is read apart.
type Stored struct {
	Kind   string `json:"kind"`
	Schema string `json:"schema"` // of a run line
	endpoint

	raw []byte
}

func parseStored(b []byte) (*Stored, error) {
	if tooDeep(b) {
		return nil, fmt.Errorf("values lie more than %d deep in one another", mostDepth)
	}
	s := &Stored{raw: b}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Begin reads a run line.
func (s *Stored) Begin() (*Run, error) {
	if err := CheckSchema(s.Schema); err != nil {
		return nil, err
	}
	if len(s.raw) > mostHead {
		return nil, fmt.Errorf("the run's line is longer than %d MiB", mostHead>>20)
	}
	if !wellFormed(s.Run) {
		return nil, fmt.Errorf("%.80q is no run ID: want 1 to 64 letters, digits, - _ or ., the first a letter or digit", s.Run)
	}
	if reserved(s.Run) {
		return nil, fmt.Errorf("%q is no run ID: it is the word for another run", s.Run)
	}
	run := &Run{}
	if err := json.Unmarshal(s.raw, run); err != nil {
		return nil, err
	}
	switch {
	case run.Started.Year() < 1970 || !run.Ended.IsZero() && run.Ended.Year() < 1970:
		return nil, errors.New("the run has no time of its start, or times before 1970")
	case len(run.Verdicts) > mostCounts:
		return nil, errors.New("the run counts more verdicts than there are")
	}
	return run, nil
}

// Summary reads a summary line: one with Coverage is a report's, any other an export's.
func (s *Stored) Summary() (*Summary, error) {
	sum := &Summary{}
	if err := json.Unmarshal(s.raw, sum); err != nil {
		return nil, err
	}
	if sum.Coverage != nil && (sum.Ended.Year() < 1970 || sum.Ended.Year() > 9999) {
		return nil, errors.New("the summary has no time of the run's end, or one out of range")
	}
	return sum, nil
}

// Client reads a client line of a report whose run began at started, as the observation that an export keeps of a client.
func (s *Stored) Client(started time.Time) (*signet.Observation, error) {
	var c ownClient
	if err := json.Unmarshal(s.raw, &c); err != nil {
		return nil, err
	}
	c.Client.At = c.At
	o, err := c.Client.Observation()
	if err != nil {
		return nil, err
	}
	at := endpoint{Address: o.Addr, At: o.At, Check: o.Check}
	if _, err := at.exact(started); err != nil {
		return nil, err
	}
	return o, nil
}

// Observation reads an endpoint line of a run that began at started.
func (s *Stored) Observation(started time.Time) (*signet.Observation, error) {
	return s.exact(started)
}
