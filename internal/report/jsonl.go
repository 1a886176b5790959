package report

import (
	"io"

	"signet"
	"signet/internal/compare"
	"signet/internal/line"
)

// JSONL is -o jsonl: the stream as JSON lines of the schema signet/1, which package line owns. Each line is one Write.
func JSONL() Format {
	return Format{Name: "jsonl", Lines: true,
		Run:  func(w io.Writer, _ *Options) Handler { return &jsonlRun{lines: lines{w: w}} },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return &jsonlDiff{lines{w: w}} }}
}

// lines writes lines that are appended to its buffer.
type lines struct {
	w   io.Writer
	buf []byte
}

// write ends a line and writes it.
func (l *lines) write(b []byte) error {
	l.buf = append(b, '\n')
	_, err := l.w.Write(l.buf)
	return err
}

// jsonlRun writes the lines of a run.
type jsonlRun struct {
	Ignore
	lines
	h Header
}

// Wants hosts and paths, which have lines of their own.
func (j *jsonlRun) Wants() Wants { return Wants{Hosts: true, Paths: true} }

// Begin writes the run line.
func (j *jsonlRun) Begin(h *Header) error {
	j.h = *h
	return j.write(line.AppendRun(j.buf[:0], &line.Run{
		ID: h.Run, Tool: h.Tool, Started: h.Started, Targets: h.Targets, Checks: h.Checks, Depth: h.Depth, Policy: h.Policy, Warnings: h.Warnings,
	}))
}

// Client writes a client line.
func (j *jsonlRun) Client(c *signet.Client) error {
	return j.write(line.AppendClient(j.buf[:0], j.h.Run, c))
}

// Endpoint writes an endpoint line.
func (j *jsonlRun) Endpoint(l *Line) error {
	judged := line.Judged{Judgement: &l.Judgement, Disagreements: l.Disagreements, Trace: j.h.Trace}
	return j.write(line.AppendEndpoint(j.buf[:0], j.h.Run, l.Observation, &judged))
}

// Host writes a host line.
func (j *jsonlRun) Host(h *signet.Host) error {
	return j.write(line.AppendHost(j.buf[:0], j.h.Run, h))
}

// Path writes a path line.
func (j *jsonlRun) Path(p *signet.Path) error {
	return j.write(line.AppendPath(j.buf[:0], j.h.Run, p))
}

// End writes the summary line.
func (j *jsonlRun) End(s *Summary) error {
	coverage := line.Coverage(s.Coverage)
	sum := line.Summary{Run: j.h.Run, Ended: s.Ended, Interrupted: s.Interrupted, Coverage: &coverage,
		Verdicts: line.Verdicts(s.Verdicts), Findings: s.Findings, Unasked: s.Unasked}
	for i := range s.Lost.Hosts {
		h := &s.Lost.Hosts[i]
		sum.Lost = append(sum.Lost, line.LostHost{Address: h.Address, Name: h.Name, Endpoints: h.N, Whole: h.Whole, Fault: h.Fault, Because: h.Because})
	}
	return j.write(line.AppendSummary(j.buf[:0], &sum))
}

// jsonlDiff writes a line of kind diff, one of kind change each, and a summary.
type jsonlDiff struct{ lines }

// Begin writes the diff line.
func (j *jsonlDiff) Begin(h *DiffHeader) error {
	return j.write(line.AppendDiff(j.buf[:0], &line.Diff{Old: h.Old, New: h.New, Policy: h.Policy, Warnings: h.Warnings}))
}

// Change writes a change line.
func (j *jsonlDiff) Change(c *compare.Change) error {
	l := line.Change{Kind: c.Kind.String(), Old: c.Old, New: c.New, OldVerdict: c.OldVerdict, NewVerdict: c.NewVerdict,
		Host: c.Host, Check: c.Check, Gained: c.Gained, Lost: c.Lost, Because: c.Because}
	for i := range c.Rated {
		l.Rated = append(l.Rated, line.Rated{Finding: &c.Rated[i].Finding, Was: c.Rated[i].Was})
	}
	return j.write(line.AppendChange(j.buf[:0], &l))
}

// End writes the summary line.
func (j *jsonlDiff) End(s *compare.Summary) error {
	l := line.DiffSummary{OldHosts: s.OldHosts, NewHosts: s.NewHosts, Moved: s.Moved, Alike: s.Alike, Replaced: s.Replaced,
		OldEndpoints: s.OldOpen, NewEndpoints: s.NewOpen}
	for _, k := range append(compare.Kinds(), compare.Same) {
		l.Changes = append(l.Changes, line.ChangeCount{Kind: k.String(), N: s.Changes[k]})
	}
	return j.write(line.AppendDiffSummary(j.buf[:0], &l))
}
