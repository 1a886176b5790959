package sarif

import (
	"encoding/json"
	"testing"

	"signet/internal/report/reporttest"
)

// A risk that the policy accepts stays listed, and is suppressed with owner, reason and day. §3.27.23: suppressions stand at every
// result of a run or at none, so that what is not accepted has an empty list of them.
func TestAcceptedRisksAreSuppressed(t *testing.T) {
	type suppressed struct {
		Kind, Status, Justification string
		Properties                  struct{ Owner, Until string }
	}
	type result struct {
		RuleID    string
		Locations []struct {
			LogicalLocations []struct{ FullyQualifiedName string }
		}
		Suppressions *[]suppressed
	}
	results := func(b []byte) []result {
		var log struct{ Runs []struct{ Results []result } }
		if err := json.Unmarshal(b, &log); err != nil {
			t.Fatal(err)
		}
		return log.Runs[0].Results
	}
	got := map[string]string{}
	for _, r := range results(reporttest.RenderLines(t, Format(), reporttest.Header(), reporttest.Excepted())) {
		if r.Suppressions == nil {
			t.Fatalf("%s: no list of suppressions", r.RuleID)
		}
		said := ""
		for _, s := range *r.Suppressions {
			said += s.Kind + " " + s.Status + " " + s.Properties.Owner + " " + s.Properties.Until + ": " + s.Justification
		}
		got[r.Locations[0].LogicalLocations[0].FullyQualifiedName+" "+r.RuleID] = said
	}
	copier := "external accepted Mara 2026-06-30: the copier cannot sign"
	for at, want := range map[string]string{
		"10.0.0.7:80/tcp smb-signing-not-required": copier, "10.0.0.8:80/tcp smb-signing-not-required": copier,
		"10.0.0.8:80/tcp http-ntlm-plain": "", "10.0.0.9:80/tcp smb1-enabled": "",
	} {
		if said, ok := got[at]; !ok || said != want {
			t.Errorf("%s: %q (listed %v), want %q", at, said, ok, want)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d results, want three that are suppressed and two that are not: %q", len(got), got)
	}
	for _, r := range results(reporttest.RenderDiff(t, Format(), reporttest.Changes())) {
		if r.Suppressions != nil {
			t.Errorf("%s: a diff does not know what is accepted, and says that it looked", r.RuleID)
		}
	}
}
