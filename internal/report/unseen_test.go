package report_test

import (
	"strings"
	"testing"

	"signet/internal/report/reporttest"
)

// Every report tells what is unseen from what is guarded: no reader takes the lack of a guard for one.
func TestUnseenIsToldEverywhere(t *testing.T) {
	want := map[string][]string{
		"text":     {"1 exposed, 1 undetermined, 1 guarded, 1 unseen", "UNSEEN  1 endpoint: 1 http"},
		"markdown": {"**1 exposed**, 1 undetermined, 1 guarded, 1 unseen."},
		"html":     {`<li class="tile unseen"><b>1</b>host unseen, 1 endpoint`, `<rect class="unseen"`, "<b>Unseen</b>", "<option>unseen</option>"},
		"jsonl":    {`"verdict":"unseen"`, `"verdicts":{"exposed":1,"guarded":1,"unseen":1,"undetermined":1}`},
		"json":     {`"unseen":1`},
		"csv":      {",unseen,the reason of 10.0.0.4"},
		"sarif":    {`"unseen":1`},
		"junit":    {"unseen\nthe reason of 10.0.0.4"},
		"nmap":     {`<elem key="verdict">unseen</elem>`},
		"ocsf":     {`"title":"No NTLM and no guard was seen"`, `"status_id":0,"status":"Unknown"`},
	}
	for _, f := range formats() {
		out := string(reporttest.RenderLines(t, f, reporttest.Header(), reporttest.Verdicts()))
		for _, w := range want[f.Name] {
			if !strings.Contains(out, w) {
				t.Errorf("%s lacks %q:\n%.4000s", f.Name, w, out)
			}
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("no format is one of %v", want)
	}
}
