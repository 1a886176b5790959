package report_test

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"signet"
	"signet/internal/report"
)

// Scripts depend on every letter: what is empty is left out where the contract says so, and nowhere else.
func TestJSONLinesToTheLetter(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	bare := signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("2001:db8::5")}, Port: 80}, Check: "http", At: at}
	full := bare
	full.Name, full.Took, full.Connections, full.Unasked = "web.corp.example", 3100*time.Microsecond, 2, []string{"ntlm-proof", "adcs-paths"}
	full.Outcome, full.Facts = signet.Answered, signet.RawFacts(`{"server":"x"}`)
	full.Err = &signet.Failure{Phase: "http", Text: "closed"}
	full.Trace = []signet.Exchange{{Note: "get", Sent: []byte{0, 0xab}}}
	other := full
	other.Unasked = []string{"adcs-paths"}
	lines := []*report.Line{
		{Observation: &bare, Judgement: signet.Judgement{}},
		{Observation: &full, Judgement: signet.Judgement{Verdict: signet.Exposed, Because: []string{"why"},
			Findings: []signet.Finding{{Rule: "r", Severity: signet.High, Title: "t", Because: []string{"b"}, Where: "/x"}}}},
		{Observation: &other, Judgement: signet.Judgement{Verdict: signet.Guarded}},
	}
	for _, traced := range []bool{true, false} {
		var b bytes.Buffer
		var tally report.Tally
		w := report.JSONL().Run(&b, nil)
		h := &report.Header{Run: "1", Tool: "signet/9", Started: at, Targets: []string{"2001:db8::5"}, Checks: []string{"http"}, Depth: signet.Anonymous, Policy: "baseline/1",
			Warnings: []string{"not asked: gone.example"}, Trace: traced}
		if err := w.Begin(h); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			tally.Count(l)
			if err := w.Endpoint(l); err != nil {
				t.Fatal(err)
			}
		}
		s := &report.Summary{Ended: at.Add(time.Second), Interrupted: true, Verdicts: tally.Verdicts, Findings: tally.Findings, Unasked: tally.Unasked()}
		if err := w.End(s); err != nil {
			t.Fatal(err)
		}
		trace := ""
		if traced {
			trace = `,"trace":[{"note":"get","sent":"00ab","received":""}]`
		}
		want := `{"kind":"run","schema":"signet/1","run":"1","tool":"signet/9","started":"2026-03-01T09:30:00.000Z","targets":["2001:db8::5"],"checks":["http"],"depth":"anonymous","policy":"baseline/1","warnings":["not asked: gone.example"]}
{"kind":"endpoint","run":"1","at":"2026-03-01T09:30:00.000Z","address":"2001:db8::5","port":80,"transport":"tcp","check":"http","outcome":"skipped","verdict":"undetermined","because":[],"facts":{},"findings":[],"took_ms":0}
{"kind":"endpoint","run":"1","at":"2026-03-01T09:30:00.000Z","address":"2001:db8::5","port":80,"transport":"tcp","name":"web.corp.example","check":"http","outcome":"answered","verdict":"exposed","because":["why"],"facts":{"server":"x"},"findings":[{"rule":"r","severity":"high","title":"t","because":["b"],"where":"/x"}],"unasked":["ntlm-proof","adcs-paths"],"error":{"phase":"http","text":"closed"},"connections":2,"took_ms":3.1` + trace + `}
{"kind":"endpoint","run":"1","at":"2026-03-01T09:30:00.000Z","address":"2001:db8::5","port":80,"transport":"tcp","name":"web.corp.example","check":"http","outcome":"answered","verdict":"guarded","because":[],"facts":{"server":"x"},"findings":[],"unasked":["adcs-paths"],"error":{"phase":"http","text":"closed"},"connections":2,"took_ms":3.1` + trace + `}
{"kind":"summary","run":"1","ended":"2026-03-01T09:30:01.000Z","interrupted":true,"coverage":{"addresses":0,"alive":0,"endpoints_asked":0,"undetermined":0,"skipped":0,"answered":0,"refused":0,"silent":0,"foreign":0,"broken":0,"withheld":0,"fault":0},"verdicts":{"exposed":1,"guarded":1,"unseen":0,"undetermined":0},"findings":{"r":1},"unasked":["adcs-paths","ntlm-proof"]}
`
		if got := b.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	var b bytes.Buffer
	w := report.JSONL().Run(&b, nil)
	if w.Begin(&report.Header{Started: at}) != nil || w.End(&report.Summary{Ended: at}) != nil || bytes.Contains(b.Bytes(), []byte("unasked")) || bytes.Contains(b.Bytes(), []byte("warnings")) {
		t.Errorf("%s", b.Bytes())
	}
}
