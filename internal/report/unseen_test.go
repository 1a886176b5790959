package report_test

import (
	"bytes"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
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

// What is guarded and what is unseen is listed with its reasons where that is asked for, and else only counted.
func TestAllListsGuardedAndUnseen(t *testing.T) {
	for _, f := range []report.Format{report.TextFormat(), report.MarkdownFormat()} {
		for _, all := range []bool{false, true} {
			h := reporttest.Header()
			h.All = all
			out := string(reporttest.RenderLines(t, f, h, reporttest.Verdicts()))
			for _, addr := range []string{"10.0.0.3", "10.0.0.4"} {
				if listed := strings.Contains(out, "the reason of "+addr); listed != all {
					t.Errorf("%s, all %v: %s is listed: %v", f.Name, all, addr, listed)
				}
			}
		}
	}
}

// A controller whose directory was not asked, or answered without a guard, is none that is guarded.
func TestControllerWithoutGuard(t *testing.T) {
	var b bytes.Buffer
	text := report.NewText(&b, reporttest.Checks(), 120, false)
	h := reporttest.Header()
	if err := text.Begin(h); err != nil {
		t.Fatal(err)
	}
	host := &signet.Host{Address: reporttest.At("10.0.0.1", 445, "smb", "", signet.Answered).Addr, Name: "dc1", Domain: "corp.example",
		Roles: []signet.HostRole{{Role: "domain-controller", Certain: true}}, Endpoints: []signet.HostEndpoint{{Port: 445, Check: "smb", Verdict: signet.Guarded}}}
	if err := text.Host(host); err != nil {
		t.Fatal(err)
	}
	if err := text.End(reporttest.Summary(nil)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "corp.example: unseen (1 controller asked: 0 weak, 0 undetermined, 0 guarded, 1 unseen)") {
		t.Error(b.String())
	}
}
