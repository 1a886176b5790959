package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
	"signet/internal/report/xlsx"
)

// What is accepted stands in a section of its own, with who answers for it, and the exposed endpoints are counted with it.
func TestAcceptedRisksAreTold(t *testing.T) {
	want := map[string][]string{
		"text": {"Findings   1 high, 1 medium; 3 more excepted\nVerdicts ", "2 exposed (1 of them excepted), 0 undetermined, 1 guarded", "ACCEPTED RISKS  3 findings at 2 endpoints",
			"(smb-signing-not-required), 2 endpoints\n          until 2026-06-30, Mara: the copier cannot sign\n            10.0.0.7:80 copier  10.0.0.8:80\n"},
		"markdown": {"**Findings:** 1 high, 1 medium; 3 more excepted.\n\n", "**2 exposed** (1 of them excepted), 0", "## Accepted risks: 3 findings at 2 endpoints",
			"| high | `smb-signing-not-required` | `10.0.0.7:80` copier, `10.0.0.8:80` | Mara | the copier cannot sign | 2026-06-30 |"},
		"html": {"2 endpoints (1 of them excepted)", `<a href="#accepted">`, "Exceptions of the policy cover 3 findings at 2 endpoints until the day named",
			`<span class="w">10.0.0.7:80</span> copier, <span class="w">10.0.0.8:80</span></div></td><td class="t long" data-h="owner">Mara</td><td class="t long">the copier cannot sign</td><td class="n" data-h="until">2026-06-30</td>`},
	}
	for _, f := range formats() {
		out := reporttest.RenderLines(t, f, reporttest.Header(), reporttest.Excepted())
		for _, w := range want[f.Name] {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s lacks %q:\n%.6000s", f.Name, w, out)
			}
		}
		if want[f.Name] == nil {
			continue
		}
		reporttest.Fit(t, out)
		if none := string(reporttest.RenderLines(t, f, reporttest.Header(), reporttest.Verdicts())); strings.Contains(strings.ToLower(none), "accepted risk") || strings.Contains(none, "excepted") {
			t.Errorf("%s tells of exceptions where there are none", f.Name)
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("no format is one of %v", want)
	}
}

func TestAcceptedRisksHaveASheet(t *testing.T) {
	book, err := excelize.OpenReader(bytes.NewReader(reporttest.RenderLines(t, xlsx.Format(), reporttest.Header(), reporttest.Excepted())))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Accepted risks")
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, want a header and three findings: %v", len(rows), err)
	}
	if got := strings.Join(rows[1], "|"); got != "10.0.0.7|80|copier|http|high|smb-signing-not-required|SMB 1 or no signing|||Mara|the copier cannot sign|2026-06-30|exposed" {
		t.Error(got)
	}
	if owner := rows[3][9]; owner != "'=Mara" {
		t.Errorf("the owner of the last, the mildest, is %q", owner)
	}
	book, err = excelize.OpenReader(bytes.NewReader(reporttest.Render(t, xlsx.Format())))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if n, err := book.GetSheetIndex("Accepted risks"); n >= 0 || err != nil {
		t.Errorf("a run without exceptions has the sheet at %d, %v", n, err)
	}
}

// However many exceptions and endpoints there are, all are counted and few are kept: the first by address.
func TestRisksAreBounded(t *testing.T) {
	var r report.Risks
	for i := range 3000 {
		l := reporttest.Verdict(fmt.Sprintf("10.0.%d.%d", 255-i/200, 200-i%200), signet.Exposed)
		page := signet.Excepted{Finding: signet.Finding{Rule: "http-ntlm-plain", Severity: signet.High}, Owner: "Mara", Until: "2026-06-30"}
		l.Excepted = []signet.Excepted{page, page, {Finding: signet.Finding{Rule: "smb1-enabled"}, Owner: fmt.Sprint("owner ", i), Until: "2026-06-30"}}
		if kept := r.Note(l); i == 0 && !kept {
			t.Error("the first endpoint is not kept")
		}
	}
	list, left := r.Worst(10)
	if len(list) != 10 || list[0].Total != 3000 || len(list[0].First) != 12 || list[0].First[0].At.Addr.String() != "10.0.241.1" || list[0].First[11].At.Addr.String() != "10.0.241.12" {
		t.Errorf("%d risks, the first %+v", len(list), list[0])
	}
	if r.Findings != 9000 || r.Endpoints != 3000 || left != 2991 {
		t.Errorf("%s; %d left", r.Sum(), left)
	}
	if all, left := r.Worst(5000); len(all) != 1000 || left != 2001 || r.Left(left) != "… and 2001 accepted findings more: -o xlsx has them all" {
		t.Errorf("%d are kept, %s", len(all), r.Left(left))
	}
}
