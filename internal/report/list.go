package report

import (
	"bufio"
	"io"
	"strings"

	"signet"
	"signet/internal/compare"
	"signet/internal/text"
)

// List is -o list: the endpoints to fix as TARGETs, one a line, for -f after the fix.
func List() Format {
	return Format{Name: "list",
		Run:  func(w io.Writer, _ *Options) Handler { return &listRun{targets: newTargets(w)} },
		Diff: func(w io.Writer, _ *Options) DiffWriter { return &listDiff{targets: newTargets(w)} }}
}

// targets writes TARGETs.
type targets struct{ w *bufio.Writer }

func newTargets(w io.Writer) targets { return targets{bufio.NewWriter(w)} }

func (t *targets) write(at signet.Endpoint) error {
	_, err := t.w.WriteString(at.AddrPort().String() + "\n")
	return err
}

// listRun writes the endpoints to fix. With --all it writes every endpoint that breaks a rule above information.
type listRun struct {
	Ignore
	targets
	all               bool
	accepted, guarded uint64 // left out
}

// Begin writes nothing: a list is only targets.
func (l *listRun) Begin(h *Header) error { l.all = h.All; return nil }

// Endpoint writes the endpoint once if it is exposed or breaks a rule above information; what is accepted and what is guarded
// only with --all.
func (l *listRun) Endpoint(line *Line) error {
	weak := line.Verdict == signet.Exposed
	for i := range line.Judgement.Findings {
		weak = weak || Counted(&line.Judgement.Findings[i])
	}
	for i := range line.Excepted {
		weak = weak || Counted(&line.Excepted[i].Finding)
	}
	switch {
	case !weak:
		return nil
	case l.all:
	case line.Accepted:
		l.accepted++
		return nil
	case line.Verdict == signet.Guarded:
		l.guarded++
		return nil
	}
	return l.write(line.Endpoint)
}

// End flushes.
func (l *listRun) End(*Summary) error { return l.w.Flush() }

// Aside says what the list does not name: not in it, since a script reads it.
func (l *listRun) Aside() string { return leftOut(l.accepted, l.guarded, "--all lists them too") }

// leftOut says what a list does not name, and where it is; empty where it names all.
func leftOut(accepted, guarded uint64, where string) string {
	var parts []string
	if accepted > 0 {
		parts = append(parts, text.Count(accepted, "endpoint whose risk is accepted", "endpoints whose risk is accepted"))
	}
	if guarded > 0 {
		parts = append(parts, text.Count(guarded, "guarded endpoint that breaks a rule", "guarded endpoints that break a rule"))
	}
	if parts == nil {
		return ""
	}
	return "-o list leaves out " + strings.Join(parts, " and ") + "; " + where
}

// listDiff writes the endpoints that got worse, came with a weakness or were newly asked and have one, as long as a list of the
// new run would name them.
type listDiff struct {
	targets
	accepted, guarded uint64 // left out
}

// Begin writes nothing: a list is only targets.
func (d *listDiff) Begin(*DiffHeader) error { return nil }

// Change writes the endpoint if there is something new to fix at it.
func (d *listDiff) Change(c *compare.Change) error {
	switch {
	case !c.Broke() && (c.Kind != compare.NewlyAsked || !c.Opens()):
		return nil
	case c.Accepted:
		d.accepted++
		return nil
	case c.NewVerdict == signet.Guarded:
		d.guarded++
		return nil
	}
	return d.write(c.Endpoint())
}

// End flushes.
func (d *listDiff) End(*compare.Summary) error { return d.w.Flush() }

// Aside says what the list does not name.
func (d *listDiff) Aside() string { return leftOut(d.accepted, d.guarded, "-o text tells of them") }
