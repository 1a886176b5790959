package engine

import "signet"

// Item is a target as a scope yields it. Ports, if there are any, are asked instead of the ports of the checks; with
// Default both are.
type Item struct {
	signet.Target
	Ports   []uint16
	Default bool
}

// Source yields targets by position, so that a run can go on where it stopped. It may grow while a run goes on, as a queue
// of work does; one that is all there from the beginning embeds Fixed. Its methods may be called from any goroutine.
type Source interface {
	// Len is how many positions there are. It never falls.
	Len() uint64

	// At is the target of a position below Len, the same whenever it is asked.
	At(position uint64) Item

	// Grown is closed once Len has grown, or will not any more; nil: Len is final. Whoever wants both asks Grown first, so
	// that no growth comes in between.
	Grown() <-chan struct{}

	// Done is told, once, that every observation of a position was delivered, or that there is none. It is not told of
	// positions that were finished before the run was resumed, nor of those that an end of the run left unfinished.
	Done(position uint64)
}

// Fixed is embedded by a Source that is all there from the beginning and does not want to know what is done.
type Fixed struct{}

// Grown is nil: there will be no more.
func (Fixed) Grown() <-chan struct{} { return nil }

// Done does nothing.
func (Fixed) Done(uint64) {}

// nextPosition takes the next position that is to be asked; over: there is none, nor will there be. Without either there is none
// now: the oldest host under way is too far behind, or grown, unless it is nil, is closed when there is more.
func (s *session) nextPosition() (position uint64, ok, over bool, grown <-chan struct{}) {
	more := s.Source.Grown()
	size := s.Source.Len()
	if position, ok = s.progress.begin(size); ok {
		return position, true, false, nil
	}
	if !s.progress.done(size) {
		return 0, false, false, nil
	}
	return 0, false, more == nil, more
}

// exhausted tells whether every position was begun, and no further one will come.
func (s *session) exhausted() bool {
	return s.Source.Grown() == nil && s.progress.done(s.Source.Len())
}

// finish marks a position whose every observation was delivered.
func (s *session) finish(position uint64) {
	s.progress.finish(position)
	s.Source.Done(position)
}

// heed calls wake whenever the source has grown, until it will not any more or done is closed.
func (s *session) heed(wake func(), done <-chan struct{}) {
	for grown := s.Source.Grown(); grown != nil; grown = s.Source.Grown() {
		select {
		case <-grown:
			wake()
		case <-done:
			return
		}
	}
	wake()
}
