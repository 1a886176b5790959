package run

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"signet"
	"signet/internal/judge"
	"signet/internal/report"
)

// sink judges each observation and hands it to a report.
type sink struct {
	judge    *judge.Judge
	out      report.Handler
	tally    report.Tally
	hosts    *hosts  // nil: hosts are not looked at
	record   *record // nil: the run is not stored
	findings atomic.Uint64
	mu       sync.Mutex // the report against flushing
}

// Deliver is called by the engine, one observation at a time.
func (s *sink) Deliver(o *signet.Observation) error {
	l := s.judged(o)
	if err := s.record.keep(l); err != nil {
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
	if s.hosts == nil {
		return s.emit(l)
	}
	return s.hosts.pass(l)
}

// emit counts a line whose judgement is final and hands it to the report.
func (s *sink) emit(l *report.Line) error {
	s.tally.Count(l)
	if err := s.out.Endpoint(l); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// client hands a client to the report.
func (s *sink) client(c *signet.Client) error {
	if err := s.out.Client(c); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	s.hosts.client(c)
	return nil
}

// Left is called by the engine when nothing more comes of an address.
func (s *sink) Left(addr netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tally.Left(addr) // after the lines that waited for its host
	if s.hosts != nil {
		return s.hosts.left(addr)
	}
	if err := s.out.Left(addr); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// flushing calls flush every second until done is closed, never while a line is written.
func (s *sink) flushing(flush func(), done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			s.mu.Lock()
			flush()
			s.mu.Unlock()
		}
	}
}
