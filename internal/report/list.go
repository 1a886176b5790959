package report

import (
	"bufio"
	"io"

	"signet"
)

// List writes the endpoints to fix as TARGETs, one a line, for -f after the fix.
type List struct {
	Ignore
	w *bufio.Writer
}

// NewList writes to w.
func NewList(w io.Writer) *List { return &List{w: bufio.NewWriter(w)} }

// Begin writes nothing: a list is only targets.
func (l *List) Begin(*Header) error { return nil }

// Endpoint writes the endpoint once if it is exposed or breaks a rule above information.
func (l *List) Endpoint(line *Line) error {
	fix := line.Verdict == signet.Exposed
	for i := range line.Judgement.Findings {
		fix = fix || line.Judgement.Findings[i].Severity > signet.Info
	}
	if !fix {
		return nil
	}
	_, err := l.w.WriteString(line.AddrPort().String() + "\n")
	return err
}

// End flushes.
func (l *List) End(*Summary) error { return l.w.Flush() }
