package report

import (
	"bufio"
	"io"

	"signet"
	"signet/internal/compare"
)

// targets writes endpoints as TARGETs, one a line, for -f after the fix.
type targets struct{ w *bufio.Writer }

func newTargets(w io.Writer) targets { return targets{bufio.NewWriter(w)} }

func (t *targets) write(at signet.Endpoint) error {
	_, err := t.w.WriteString(at.AddrPort().String() + "\n")
	return err
}

// List writes the endpoints to fix.
type List struct {
	Ignore
	targets
}

// NewList writes to w.
func NewList(w io.Writer) *List { return &List{targets: newTargets(w)} }

// Endpoint writes the endpoint once if it is exposed or breaks a rule above information.
func (l *List) Endpoint(line *Line) error {
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
func (l *List) End(*Summary) error { return l.w.Flush() }

// DiffList writes the endpoints that got worse, came with a weakness or were newly asked and have one.
type DiffList struct{ targets }

// NewDiffList writes to w.
func NewDiffList(w io.Writer) *DiffList { return &DiffList{newTargets(w)} }

// Begin writes nothing: a list is only targets.
func (d *DiffList) Begin(*DiffHeader) error { return nil }

// Change writes the endpoint if there is something new to fix at it.
func (d *DiffList) Change(c *compare.Change) error {
	if c.Broke() || c.Kind == compare.NewlyAsked && c.Opens() {
		return d.write(c.Endpoint())
	}
	return nil
}

// End flushes.
func (d *DiffList) End(*compare.Summary) error { return d.w.Flush() }
