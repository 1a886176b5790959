package store

import (
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/s2"
)

// AppendHead gives what a database keeps of a run: head without Progress and Observations, which change with every
// transaction, and progress packed.
func AppendHead(run *Run) (head, progress []byte, err error) {
	plain, err := json.Marshal(&run.Progress)
	if err != nil {
		return nil, nil, err
	}
	h := *run
	h.Progress, h.Observations = Progress{}, 0
	head, err = json.Marshal(&h)
	return head, s2.Encode(nil, plain), err
}

// ParseHead is the way back.
func ParseHead(head, progress []byte, observations uint64) (run Run, err error) {
	bad := func(err error) (Run, error) { return Run{}, fmt.Errorf("a stored run cannot be read: %w", err) }
	if err := json.Unmarshal(head, &run); err != nil {
		return bad(err)
	}
	if n, err := s2.DecodedLen(progress); err != nil || n > mostPlain {
		return bad(ErrDamaged)
	}
	plain, err := s2.Decode(nil, progress)
	if err != nil {
		return bad(err)
	}
	if err := json.Unmarshal(plain, &run.Progress); err != nil {
		return bad(err)
	}
	run.Observations = observations
	return run, nil
}
