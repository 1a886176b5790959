package report

import (
	"bufio"
	"io"

	"signet"
	"signet/internal/compare"
)

// List is -o list: the endpoints to fix as TARGETs, one a line, for -f after the fix.
func List() Format {
	return Format{Name: "list",
		Run:  func(w io.Writer, _ *Options) Handler { return &listRun{targets: newTargets(w)} },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return &listDiff{newTargets(w)} }}
}

// targets writes TARGETs.
type targets struct{ w *bufio.Writer }

func newTargets(w io.Writer) targets { return targets{bufio.NewWriter(w)} }

func (t *targets) write(at signet.Endpoint) error {
	_, err := t.w.WriteString(at.AddrPort().String() + "\n")
	return err
}

// listRun writes the endpoints to fix.
type listRun struct {
	Ignore
	targets
}

// Endpoint writes the endpoint once if it is exposed or breaks a rule above information.
func (l *listRun) Endpoint(line *Line) error {
	fix := line.Verdict == signet.Exposed
	for i := range line.Judgement.Findings {
		fix = fix || Counted(&line.Judgement.Findings[i])
	}
	if !fix {
		return nil
	}
	return l.write(line.Endpoint)
}

// End flushes.
func (l *listRun) End(*Summary) error { return l.w.Flush() }

// listDiff writes the endpoints that got worse, came with a weakness or were newly asked and have one.
type listDiff struct{ targets }

// Begin writes nothing: a list is only targets.
func (d *listDiff) Begin(*DiffHeader) error { return nil }

// Change writes the endpoint if there is something new to fix at it.
func (d *listDiff) Change(c *compare.Change) error {
	if c.Broke() || c.Kind == compare.NewlyAsked && c.Opens() {
		return d.write(c.Endpoint())
	}
	return nil
}

// End flushes.
func (d *listDiff) End(*compare.Summary) error { return d.w.Flush() }
