package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"signet"
	"signet/internal/compare"
)

// diffWriters makes every format of a diff.
func diffWriters() map[string]func(io.Writer) DiffWriter {
	book := func() *Rulebook { return NewRulebook(stubChecks()) }
	return map[string]func(io.Writer) DiffWriter{
		"txt":            func(w io.Writer) DiffWriter { return NewDiffText(w, 100, false) },
		"md":             func(w io.Writer) DiffWriter { return NewDiffMarkdown(w) },
		"jsonl":          func(w io.Writer) DiffWriter { return NewDiffJSONL(w) },
		"json":           func(w io.Writer) DiffWriter { return NewDiffJSON(w) },
		"csv":            func(w io.Writer) DiffWriter { return NewDiffCSV(w) },
		"list":           func(w io.Writer) DiffWriter { return NewDiffList(w) },
		"xlsx":           func(w io.Writer) DiffWriter { return NewDiffXLSX(w) },
		"html":           func(w io.Writer) DiffWriter { return NewDiffHTML(w, book()) },
		"sarif":          func(w io.Writer) DiffWriter { return NewDiffSARIF(w, book()) },
		"ocsf.jsonl":     func(w io.Writer) DiffWriter { return NewDiffOCSF(w, book()) },
		"junit.xml":      func(w io.Writer) DiffWriter { return NewDiffJUnit(w, book()) },
		"nmap.xml":       func(w io.Writer) DiffWriter { return NewDiffNmap(w) },
		"opengraph.json": func(w io.Writer) DiffWriter { return NewDiffOpenGraph(w, book()) },
	}
}

// sampleChanges are one of each kind and more, with hostile names where the network gives them.
func sampleChanges() []*compare.Change {
	bad := hostile()
	at := func(s string) signet.Endpoint {
		return signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(s), Name: bad}, Port: 445}
	}
	f := func(rule string, s signet.Severity, where string) signet.Finding {
		return signet.Finding{Rule: rule, Severity: s, Title: "Title of " + rule, Where: where, Because: []string{"seen", bad}}
	}
	signing := f("smb-signing-not-required", signet.High, "")
	return []*compare.Change{
		{Kind: compare.Worsened, Old: at("10.0.0.1"), New: at("10.0.0.9"), Host: bad, Check: "smb", OldVerdict: signet.Guarded, NewVerdict: signet.Exposed,
			Gained: []signet.Finding{signing, f("http-ntlm-plain", signet.Medium, bad)}, Lost: []signet.Finding{f("smb1-enabled", signet.Medium, "")},
			Rated: []compare.Rated{{Finding: f("http-note", signet.Critical, "/a"), Was: signet.Low}}, Because: []string{bad, "signing is not required"}},
		{Kind: compare.Appeared, New: at("10.0.0.2"), Host: "fs2.corp.example", Check: "smb", NewVerdict: signet.Exposed, Gained: []signet.Finding{signing}},
		{Kind: compare.Appeared, New: at("10.0.0.3"), Check: "smb", NewVerdict: signet.Guarded},
		{Kind: compare.NewlyAsked, Old: at("10.0.0.5"), New: at("10.0.0.5"), Host: bad, Check: "http", OldVerdict: signet.Unseen, NewVerdict: signet.Exposed,
			Gained: []signet.Finding{f("http-ntlm-plain", signet.High, "/certsrv/")}, Because: []string{"the old run did not ask it", bad}},
		{Kind: compare.Vanished, Old: at("10.0.0.11"), New: at("10.0.0.11"), Check: "http", OldVerdict: signet.Guarded, NewVerdict: signet.Unseen},
		{Kind: compare.Undetermined, Old: at("10.0.0.4"), New: at("10.0.0.4"), Check: "smb", OldVerdict: signet.Exposed, Lost: []signet.Finding{signing}, Because: []string{"the conversation broke off"}},
		{Kind: compare.NotAsked, Old: at("2001:db8::1"), Host: bad, Check: "smb", OldVerdict: signet.Exposed, Lost: []signet.Finding{signing}, Because: []string{"the new run did not ask it"}},
		{Kind: compare.Vanished, Old: at("10.0.0.6"), Check: "smb", OldVerdict: signet.Exposed, Lost: []signet.Finding{signing}, Because: []string{"asked again: silent"}},
		{Kind: compare.Improved, Old: at("10.0.0.7"), New: at("10.0.0.7"), Host: "fs7", Check: "smb", OldVerdict: signet.Exposed, NewVerdict: signet.Guarded, Lost: []signet.Finding{signing}},
		{Kind: compare.Improved, Old: at("10.0.0.8"), New: at("10.0.0.8"), Check: "http", OldVerdict: signet.Undetermined, NewVerdict: signet.Guarded},
	}
}

func renderDiff(t testing.TB, make func(io.Writer) DiffWriter, changes []*compare.Change) []byte {
	t.Helper()
	var b bytes.Buffer
	w := make(&b)
	begun := sampleTime()
	if err := w.Begin(&DiffHeader{Old: "old " + hostile(), New: "20260308-093000-bbbbbb", OldStarted: begun.AddDate(0, 0, -7), NewStarted: begun, NewEnded: begun.Add(time.Minute),
		Tool: "signet/test", Policy: "baseline/1", Warnings: []string{hostile()}}); err != nil {
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

// Every format says what changed, keeps hostile text text, and is written for no change too.
func TestDiffFormats(t *testing.T) {
	for name, make := range diffWriters() {
		got := renderDiff(t, make, sampleChanges())
		if name != "xlsx" && name != "html" { // a workbook is a zip, and the page changes with its style
			golden(t, "diff."+name, got)
		}
		if name != "xlsx" {
			unfit(t, got)
		}
		renderDiff(t, make, nil)
	}
}

func TestDiffList(t *testing.T) {
	if got := string(renderDiff(t, diffWriters()["list"], sampleChanges())); got != "10.0.0.9:445\n10.0.0.2:445\n10.0.0.5:445\n" {
		t.Errorf("%q: want the endpoint that worsened, the one that came exposed, and the one that was newly asked", got)
	}
}

func TestDiffTables(t *testing.T) {
	formula := regexp.MustCompile(`(^|;)[ "]*[=+\-@＝＋－＠]`)
	rows, err := csv.NewReader(bytes.NewReader(renderDiff(t, diffWriters()["csv"], sampleChanges()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(renderDiff(t, diffWriters()["xlsx"], sampleChanges())))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet, err := book.GetRows("Changes")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := book.GetPanes("Changes"); err != nil || !p.Freeze {
		t.Errorf("the header is not frozen: %v", err)
	}
	if len(rows) != 1+4+9 || len(sheet) != len(rows) {
		t.Errorf("%d rows, %d in the sheet, want a header and 13", len(rows), len(sheet))
	}
	for _, list := range [][][]string{rows[1:], sheet[1:]} {
		for _, row := range list {
			for _, c := range row {
				if formula.MatchString(c) {
					t.Errorf("a formula: %q", c)
				}
			}
		}
	}
	for _, want := range [][]string{{"worsened", "rated", "http-note", "critical", "low"}, {"not-asked", "lost", "smb-signing-not-required", "high", ""}, {"improved", "", "", "", ""}} {
		found := false
		for _, r := range rows[1:] {
			found = found || r[0] == want[0] && r[9] == want[1] && r[10] == want[2] && r[11] == want[3] && r[12] == want[4]
		}
		if !found {
			t.Errorf("no row says %v", want)
		}
	}
}

// Only what is known to be closed is absent, resolved or passed; what was not asked again stays open in every format.
func TestDiffNeverCountsSilenceAsAFix(t *testing.T) {
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID, Kind, Level, BaselineState string
				Locations                          []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(renderDiff(t, diffWriters()["sarif"], sampleChanges()), &log); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range log.Runs[0].Results {
		if r.Kind != "fail" && r.Level != "none" { // §3.27.10
			t.Errorf("%s: kind %s with level %s", r.RuleID, r.Kind, r.Level)
		}
		if r.BaselineState == "" {
			t.Errorf("%s: no baselineState", r.RuleID)
		}
		got[r.Locations[0].PhysicalLocation.ArtifactLocation.URI+" "+r.RuleID] = r.BaselineState + " " + r.Kind
	}
	for key, want := range map[string]string{
		"tcp://10.0.0.9:445 smb-signing-not-required":      "new fail",
		"tcp://10.0.0.1:445 smb1-enabled":                  "absent fail",
		"tcp://10.0.0.9:445 http-note":                     "updated fail",
		"tcp://10.0.0.3:445 verdict":                       "new pass",
		"tcp://10.0.0.4:445 smb-signing-not-required":      "updated open",
		"tcp://[2001:db8::1]:445 smb-signing-not-required": "updated open",
		"tcp://10.0.0.6:445 smb-signing-not-required":      "updated open",
		"tcp://10.0.0.7:445 smb-signing-not-required":      "absent fail",
		"tcp://10.0.0.8:445 verdict":                       "updated pass",
	} {
		if got[key] != want {
			t.Errorf("sarif: %s is %q, want %q", key, got[key], want)
		}
	}
	activities := map[string]int{}
	for b := range bytes.Lines(renderDiff(t, diffWriters()["ocsf.jsonl"], sampleChanges())) {
		e := ocsfValid(t, b)
		activities[fmt.Sprintf("%v %v %v", e["unmapped"].(map[string]any)["change"], e["activity_name"], e["compliance"].(map[string]any)["status"])]++
	}
	for what, want := range map[string]int{"worsened Create Fail": 2, "worsened Update Fail": 1, "worsened Close Pass": 1, "not-asked Update Warning": 1, "undetermined Update Warning": 1,
		"vanished Update Warning": 1, "improved Close Pass": 1, "improved Create Pass": 1, "appeared Create Fail": 1, "appeared Create Pass": 1} {
		if activities[what] != want {
			t.Errorf("ocsf: %d events %q, want %d: %v", activities[what], what, want, activities)
		}
	}
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	if err := xml.Unmarshal(renderDiff(t, diffWriters()["junit.xml"], sampleChanges()), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 10 || suites.Failures != 2 || suites.Skipped != 3 {
		t.Errorf("junit: %+v, want 10 tests, 2 failures, 3 skipped", suites)
	}
	if text := string(renderDiff(t, diffWriters()["txt"], sampleChanges())); strings.Count(text, "- smb-signing-not-required") != 1 || strings.Count(text, "? smb-signing-not-required") != 3 {
		t.Errorf("text: want one finding closed and three not known:\n%s", text)
	}
}

// A change of a finding has the fingerprint that the run's own report gives it.
func TestDiffKnowsTheFindingsOfARun(t *testing.T) {
	o := &signet.Observation{Endpoint: sampleChanges()[1].New, Check: "smb", Outcome: signet.Answered, Open: true, At: sampleTime()}
	lines := []*Line{{Observation: o, Judgement: signet.Judgement{Verdict: signet.Exposed, Findings: sampleChanges()[1].Gained}}}
	for name, make := range map[string]func(io.Writer) Handler{"sarif": newSARIF, "ocsf.jsonl": newOCSF} {
		var b bytes.Buffer
		write(t, make(&b), sampleHeader(), lines, sampleSummary(lines))
		id := regexp.MustCompile(`"(signet/v1|uid)":"([0-9a-f]{32})"`).FindSubmatch(b.Bytes())
		if id == nil || !bytes.Contains(renderDiff(t, diffWriters()[name], sampleChanges()), id[2]) {
			t.Errorf("%s: the diff does not name the finding as the run does: %s", name, id)
		}
	}
}

func TestDiffJSONDocument(t *testing.T) {
	for _, changes := range [][]*compare.Change{nil, sampleChanges()} {
		var doc struct {
			Schema        string
			Diff, Summary map[string]any
			Changes       []map[string]any
		}
		d := json.NewDecoder(bytes.NewReader(renderDiff(t, diffWriters()["json"], changes)))
		d.DisallowUnknownFields()
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if doc.Schema != Schema || doc.Diff["kind"] != "diff" || doc.Summary["kind"] != "summary" || len(doc.Changes) != len(changes) {
			t.Errorf("%+v", doc)
		}
	}
}

// The page has no script, lets none in, and what a peer says makes no element.
func TestDiffHTML(t *testing.T) {
	page := string(renderDiff(t, diffWriters()["html"], sampleChanges()))
	for _, not := range []string{"<script", "http://", "https://", "ZgotmplZ", "Title of &lt;/script"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	for _, want := range []string{"default-src &#39;none&#39;; style-src &#39;sha256-", `id="worsened"`, `id="improved"`, "was low, now", "signet explain smb-signing-not-required", "3 endpoints got worse or are new; 2 improved."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if empty := string(renderDiff(t, diffWriters()["html"], nil)); !strings.Contains(empty, "Nothing changed") {
		t.Error("no change is not said")
	}
}

// However much changed, a page and a ticket keep their bounds and say what they left out.
func TestDiffBounds(t *testing.T) {
	var many []*compare.Change
	for i := range 3000 {
		c := *sampleChanges()[0]
		c.New.Addr = netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
		c.Kind = compare.Kinds()[i%len(compare.Kinds())]
		many = append(many, &c)
		if c.Kind == compare.Worsened {
			for range 4 {
				many = append(many, &c)
			}
		}
	}
	if page := renderDiff(t, diffWriters()["html"], many); len(page) > 6<<20 || !bytes.Contains(page, []byte("more: -o csv")) {
		t.Errorf("the page has %d bytes, or does not say what it left out", len(page))
	}
	for _, name := range []string{"txt", "md"} {
		if text := string(renderDiff(t, diffWriters()[name], many)); !strings.Contains(text, "and 1145 more") {
			t.Errorf("%s does not say what it left out", name)
		}
	}
}
