package reporttest

import (
	"bytes"
	"testing"
	"time"

	"signet/internal/compare"
	"signet/internal/report"
)

// Options are the stub checks and a page of 120 columns.
func Options() *report.Options { return &report.Options{Checks: Checks(), Width: 120} }

// Render writes the sample run.
func Render(t testing.TB, f report.Format) []byte {
	t.Helper()
	return RenderLines(t, f, Header(), Lines())
}

// RenderEmpty writes a run in which nothing was there.
func RenderEmpty(t testing.TB, f report.Format) []byte {
	t.Helper()
	return RenderLines(t, f, Header(), nil)
}

// RenderLines writes a run of these lines, without hosts and paths.
func RenderLines(t testing.TB, f report.Format, h *report.Header, lines []*report.Line) []byte {
	t.Helper()
	var b bytes.Buffer
	Write(t, f.Run(&b, Options()), h, lines, Summary(lines))
	return b.Bytes()
}

// Write sends a run of lines to w.
func Write(t testing.TB, w report.Handler, h *report.Header, lines []*report.Line, s *report.Summary) {
	t.Helper()
	if err := w.Begin(h); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(s); err != nil {
		t.Fatal(err)
	}
}

// RenderDiff writes what changed between two runs of a week's distance.
func RenderDiff(t testing.TB, f report.Format, changes []*compare.Change) []byte {
	t.Helper()
	var b bytes.Buffer
	w := f.Diff(&b, &report.Options{Checks: Checks(), Width: 100})
	begun := Begun()
	if err := w.Begin(&report.DiffHeader{Old: "old " + Hostile(), New: "20260308-093000-bbbbbb", OldStarted: begun.AddDate(0, 0, -7), NewStarted: begun, NewEnded: begun.Add(time.Minute),
		Tool: "signet/test", Policy: "baseline/1", Warnings: []string{Hostile()}}); err != nil {
		t.Fatal(err)
	}
	sum := &compare.Summary{OldHosts: 7, NewHosts: 5, Moved: 1, Alike: 2, Replaced: 1}
	sum.Changes[compare.Same] = 12
	for _, c := range changes {
		sum.Changes[c.Kind]++
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(sum); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
