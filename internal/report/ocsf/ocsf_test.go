package ocsf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"signet/internal/report/reporttest"
)

// OCSF publishes its schema in a language of its own. This checks by hand what 1.3.0 requires of class 2003 and of the
// objects in it (ocsf-schema: events/findings/compliance_finding, objects/compliance, finding_info, metadata, product),
// and the ranges of the enumerations.
func TestOCSF(t *testing.T) {
	reporttest.TestFormat(t, Format(), "ocsf.jsonl")
	got := reporttest.Render(t, Format())
	statuses := map[float64]int{}
	for b := range bytes.Lines(got) {
		e := valid(t, b)
		statuses[e["compliance"].(map[string]any)["status_id"].(float64)]++
	}
	if statuses[1] != 1 || statuses[2] != 2 || statuses[3] != 3 {
		t.Errorf("passed, warned, failed: %v, want 1, 2, 3", statuses)
	}
}

// valid reads an event and fails where it breaks the class.
func valid(t *testing.T, b []byte) map[string]any {
	t.Helper()
	required := []string{"activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata.version", "metadata.product.name", "metadata.product.vendor_name",
		"finding_info.uid", "finding_info.title", "compliance.standards", "compliance.control", "compliance.status_id", "resources", "message", "status_id"}
	var e map[string]any
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	for _, path := range required {
		at := any(e)
		for key := range strings.SplitSeq(path, ".") {
			m, _ := at.(map[string]any)
			at = m[key]
		}
		switch v := at.(type) {
		case nil:
			t.Errorf("%s is missing", path)
		case string:
			if v == "" {
				t.Errorf("%s is empty", path)
			}
		case []any:
			if len(v) == 0 {
				t.Errorf("%s is empty", path)
			}
		}
	}
	if e["type_uid"] != e["class_uid"].(float64)*100+e["activity_id"].(float64) || e["class_uid"] != 2003.0 || e["category_uid"] != 2.0 {
		t.Errorf("type %v of class %v, category %v", e["type_uid"], e["class_uid"], e["category_uid"])
	}
	if s := e["severity_id"].(float64); s < 1 || s > 5 {
		t.Errorf("severity_id %v", s)
	}
	return e
}

// Only what is known to be closed is resolved; what was not asked again stays open.
func TestDiffNeverCountsSilenceAsAFix(t *testing.T) {
	activities := map[string]int{}
	for b := range bytes.Lines(reporttest.RenderDiff(t, Format(), reporttest.Changes())) {
		e := valid(t, b)
		activities[fmt.Sprintf("%v %v %v", e["unmapped"].(map[string]any)["change"], e["activity_name"], e["compliance"].(map[string]any)["status"])]++
	}
	for what, want := range map[string]int{"worsened Create Fail": 2, "worsened Update Fail": 1, "worsened Close Pass": 1, "not-asked Update Warning": 1, "undetermined Update Warning": 1,
		"vanished Update Warning": 1, "improved Close Pass": 1, "improved Create Pass": 1, "appeared Create Fail": 1, "appeared Create Pass": 1} {
		if activities[what] != want {
			t.Errorf("%d events %q, want %d: %v", activities[what], what, want, activities)
		}
	}
}

// A change of a finding has the fingerprint that the run's own report gives it.
func TestDiffKnowsTheFindingsOfARun(t *testing.T) {
	reporttest.TestFindingID(t, Format(), "uid")
}
