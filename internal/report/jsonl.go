package report

import (
	"io"

	"signet"
	"signet/internal/line"
)

// JSONL writes the stream as JSON lines of the schema signet/1, which package line owns.
type JSONL struct {
	Ignore
	w   io.Writer
	h   Header
	buf []byte
}

// NewJSONL writes to w, one Write a line.
func NewJSONL(w io.Writer) *JSONL { return &JSONL{w: w} }

// Wants hosts and paths, which have lines of their own.
func (j *JSONL) Wants() Wants { return Wants{Hosts: true, Paths: true} }

// Begin writes the run line.
func (j *JSONL) Begin(h *Header) error {
	j.h = *h
	return j.line(line.AppendRun(j.buf[:0], &line.Run{
		ID: h.Run, Tool: h.Tool, Started: h.Started, Targets: h.Targets, Checks: h.Checks, Depth: h.Depth, Policy: h.Policy, Warnings: h.Warnings,
	}))
}

// Client writes a client line.
func (j *JSONL) Client(c *signet.Client) error {
	return j.line(line.AppendClient(j.buf[:0], j.h.Run, c))
}

// Endpoint writes an endpoint line.
func (j *JSONL) Endpoint(l *Line) error {
	judged := line.Judged{Judgement: &l.Judgement, Disagreements: l.Disagreements, Trace: j.h.Trace}
	return j.line(line.AppendEndpoint(j.buf[:0], j.h.Run, l.Observation, &judged))
}

// Host writes a host line.
func (j *JSONL) Host(h *signet.Host) error {
	return j.line(line.AppendHost(j.buf[:0], j.h.Run, h))
}

// Path writes a path line.
func (j *JSONL) Path(p *signet.Path) error {
	return j.line(line.AppendPath(j.buf[:0], j.h.Run, p))
}

// End writes the summary line.
func (j *JSONL) End(s *Summary) error {
	coverage := line.Coverage(s.Coverage)
	sum := line.Summary{Run: j.h.Run, Ended: s.Ended, Interrupted: s.Interrupted, Coverage: &coverage,
		Verdicts: line.Verdicts(s.Verdicts), Findings: s.Findings, Unasked: s.Unasked}
	for i := range s.Lost.Hosts {
		h := &s.Lost.Hosts[i]
		sum.Lost = append(sum.Lost, line.LostHost{Address: h.Address, Name: h.Name, Endpoints: h.N, Whole: h.Whole, Fault: h.Fault, Because: h.Because})
	}
	return j.line(line.AppendSummary(j.buf[:0], &sum))
}

// line ends a line and writes it.
func (j *JSONL) line(b []byte) error {
	j.buf = append(b, '\n')
	_, err := j.w.Write(j.buf)
	return err
}
