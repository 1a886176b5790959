package cli

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"signet"
	"signet/internal/engine"
	"signet/internal/judge"
	"signet/internal/report"
)

// sink judges each observation and hands it to every output.
type sink struct {
	judge    *judge.Judge
	out      *outputs
	tally    report.Tally
	census   *census // nil: hosts are not looked at
	keep     *keeper // nil: the run is not stored
	findings atomic.Uint64
	mu       sync.Mutex // outputs against the flushing of files
}

// Deliver is called by the engine, one observation at a time.
func (s *sink) Deliver(o *signet.Observation) error {
	l := s.judged(o)
	if err := s.keep.put(l); err != nil {
		return err
	}
	return s.write(l)
}

// show judges and writes what is stored already.
func (s *sink) show(o *signet.Observation) error { return s.write(s.judged(o)) }

func (s *sink) judged(o *signet.Observation) *report.Line {
	return &report.Line{Observation: o, Judgement: s.judge.Observation(o)}
}

func (s *sink) write(l *report.Line) error {
	s.findings.Add(uint64(len(l.Findings)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.census == nil {
		return s.emit(l)
	}
	return s.census.put(l)
}

// emit counts a line whose judgement is final and hands it to every output.
func (s *sink) emit(l *report.Line) error {
	s.tally.Count(l)
	if err := s.out.tee.Endpoint(l); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// client hands a client to every output.
func (s *sink) client(c *signet.Client) error {
	if err := s.out.tee.Client(c); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	s.census.client(c)
	return nil
}

// Left is called by the engine when nothing more comes of an address.
func (s *sink) Left(addr netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tally.Left(addr) // after the lines that waited for its host
	if s.census != nil {
		return s.census.left(addr)
	}
	if err := s.out.tee.Left(addr); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// flushing lets a reader of a file follow the run: lines are on disk within a second.
func (s *sink) flushing(done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			s.mu.Lock()
			s.out.flush() // an error shows again at the next write
			s.mu.Unlock()
		}
	}
}

func (s *sink) summary(run *engine.Run) *report.Summary {
	sum := &report.Summary{Ended: time.Now().UTC(), Verdicts: s.tally.Verdicts, Findings: s.tally.Findings, Unasked: s.tally.Unasked(), Lost: s.tally.Lost()}
	sum.Coverage = report.Coverage{
		Addresses: run.Stats.Addresses.Load(), Alive: run.Stats.Alive.Load(), Asked: run.Stats.Asked.Load(),
		Undetermined: s.tally.Verdicts[signet.Undetermined],
	}
	for i := range sum.Coverage.Outcomes {
		sum.Coverage.Outcomes[i] = run.Stats.Outcomes[i].Load()
	}
	return sum
}
