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

// Standing is where the log of a run stands: what a database remembers of it between two batches.
type Standing struct {
	Run RunRow // as the last batch left it
	Seq uint64 // of the last row
}

// Next numbers the rows of a batch, and gives where the log stands once the batch is committed.
func (s Standing) Next(b *Batch) (Standing, error) {
	run := *b.Run
	run.Observations = s.Run.Count + uint64(len(b.Rows))
	head, progress, err := AppendHead(&run)
	if err != nil {
		return Standing{}, err
	}
	for i := range b.Rows {
		s.Seq++
		b.Rows[i].Seq = s.Seq
	}
	s.Run.Count, s.Run.Head, s.Run.Progress = run.Observations, head, progress
	return s, nil
}
