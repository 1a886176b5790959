package store

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
