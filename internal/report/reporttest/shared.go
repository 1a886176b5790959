package reporttest

import (
	"bytes"
	"io"
	"regexp"
	"testing"

	"signet"
	"signet/internal/report"
)

// TestFormat holds what a format of text makes of the samples against testdata/golden/sample.EXT and diff.EXT, and has it
// write an empty run and no change too.
func TestFormat(t *testing.T, f report.Format, ext string) {
	t.Helper()
	run, diff := Render(t, f), RenderDiff(t, f, Changes())
	Golden(t, "sample."+ext, run)
	Golden(t, "diff."+ext, diff)
	Fit(t, run)
	Fit(t, diff)
	RenderEmpty(t, f)
	RenderDiff(t, f, nil)
}

// TestKept fails a format that keeps more of a run than what it compresses for the end of its document.
func TestKept(t *testing.T, f report.Format) {
	t.Helper()
	if kept := Kept(t, f.Run(io.Discard, Options()), 20_000); kept > 6<<20 {
		t.Errorf("%s keeps %d KiB of 20,000 hosts, want at most 6 MiB", f.Name, kept>>10)
	}
}

// TestFindingID fails a format whose diff does not name a finding as the run's own report names it. key is the member of an
// object that holds the ID.
func TestFindingID(t *testing.T, f report.Format, key string) {
	t.Helper()
	c := Changes()[1]
	o := &signet.Observation{Endpoint: c.New, Check: c.Check, Outcome: signet.Answered, Open: true, At: Begun()}
	run := RenderLines(t, f, Header(), []*report.Line{{Observation: o, Judgement: signet.Judgement{Verdict: signet.Exposed, Findings: c.Gained}}})
	id := regexp.MustCompile(`"` + key + `":"([0-9a-f]{32})"`).FindSubmatch(run)
	if id == nil || !bytes.Contains(RenderDiff(t, f, Changes()), id[1]) {
		t.Errorf("the diff does not name the finding as the run does: %s", id)
	}
}
