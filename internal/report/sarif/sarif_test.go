package sarif

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"signet/internal/report/reporttest"
)

// What the specification demands and a schema cannot say, and the shape that the next test validates where the schema
// is at hand.
func TestSARIF(t *testing.T) {
	reporttest.TestFormat(t, Format(), "sarif")
	got := reporttest.Render(t, Format())
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID, Kind, Level string
				Message             struct{ Text string }
				Locations           []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(got, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "signet" {
		t.Fatalf("version %s, %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	seen := map[string]bool{}
	for _, r := range run.Results {
		if !slices.ContainsFunc(run.Tool.Driver.Rules, func(d struct{ ID string }) bool { return d.ID == r.RuleID }) {
			t.Errorf("rule %s is not described", r.RuleID)
		}
		if r.Kind != "fail" && r.Level != "none" { // §3.27.10
			t.Errorf("%s: kind %s with level %s", r.RuleID, r.Kind, r.Level)
		}
		if r.Message.Text == "" || len(r.Locations) != 1 || !strings.HasPrefix(r.Locations[0].PhysicalLocation.ArtifactLocation.URI, "tcp://") {
			t.Errorf("%s: message %q, locations %v", r.RuleID, r.Message.Text, r.Locations)
		}
		if id := r.PartialFingerprints["signet/v1"]; seen[id] || len(id) != 32 {
			t.Errorf("%s: fingerprint %q", r.RuleID, id)
		} else {
			seen[id] = true
		}
	}
	if len(run.Results) != 5 {
		t.Errorf("%d results, want three findings above information and two undetermined endpoints", len(run.Results))
	}
}

// The schema is not Debian's, nor a Go module's. It comes in an npm package:
//
//	npm pack @microsoft/jest-sarif@1.0.0-beta.0 && tar xzf microsoft-jest-sarif-*.tgz
//	SIGNET_SARIF_SCHEMA=$PWD/package/lib/schemas/sarif-2.1.0-rtm.5.json go test ./internal/report/sarif
func TestSARIFSchema(t *testing.T) {
	path := os.Getenv("SIGNET_SARIF_SCHEMA")
	if path == "" {
		reporttest.Missing(t, "SIGNET_SARIF_SCHEMA does not name the schema of SARIF 2.1.0; TestSARIF checked the shape by hand")
	}
	s, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	accepted := reporttest.RenderLines(t, Format(), reporttest.Header(), reporttest.Excepted())
	for _, b := range [][]byte{reporttest.Render(t, Format()), accepted, reporttest.RenderEmpty(t, Format()), reporttest.RenderDiff(t, Format(), reporttest.Changes()), reporttest.RenderDiff(t, Format(), nil)} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Error(err)
		}
		doc.(map[string]any)["runs"].([]any)[0].(map[string]any)["results"] = 1
		if s.Validate(doc) == nil {
			t.Error("the schema accepts anything")
		}
	}
}

// GitHub sorts alerts by the score of their rule: it must lead back to the severity that the policy gave.
func TestRulesCarryASecuritySeverity(t *testing.T) {
	for name, b := range map[string][]byte{"a run": reporttest.Render(t, Format()), "a diff": reporttest.RenderDiff(t, Format(), reporttest.Changes())} {
		var log struct {
			Runs []struct {
				Tool struct {
					Driver struct {
						Rules []struct {
							ID         string
							Properties struct {
								Tags  []string
								Score string `json:"security-severity"`
							}
						}
					}
				}
				Results []struct {
					RuleID     string
					Properties struct{ Severity string }
				}
			}
		}
		if err := json.Unmarshal(b, &log); err != nil {
			t.Fatal(err)
		}
		words := []string{"info", "low", "medium", "high", "critical"}
		worst := map[string]int{}
		for _, r := range log.Runs[0].Results {
			worst[r.RuleID] = max(worst[r.RuleID], slices.Index(words, r.Properties.Severity))
		}
		rules := log.Runs[0].Tool.Driver.Rules
		if len(rules) < 3 || len(rules) != len(worst) {
			t.Fatalf("%s: %d rules described, %d named", name, len(rules), len(worst))
		}
		for _, r := range rules {
			score, err := strconv.ParseFloat(r.Properties.Score, 64)
			if err != nil {
				t.Errorf("%s: %s: %v", name, r.ID, err)
			}
			// as GitHub divides them
			github := 0
			for i, least := range []float64{0.1, 4.0, 7.0, 9.1} {
				if score >= least && score <= 10 {
					github = i + 1
				}
			}
			if github != worst[r.ID] {
				t.Errorf("%s: %s has the score %q, which is %s to GitHub and %s to the policy", name, r.ID, r.Properties.Score, words[github], words[worst[r.ID]])
			}
			if !slices.Contains(r.Properties.Tags, "security") {
				t.Errorf("%s: %s is not tagged security: GitHub heeds no score of it", name, r.ID)
			}
		}
	}
}

// Only what is known to be closed is absent; what was not asked again stays open.
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
	if err := json.Unmarshal(reporttest.RenderDiff(t, Format(), reporttest.Changes()), &log); err != nil {
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
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

// A change of a finding has the fingerprint that the run's own report gives it.
func TestDiffKnowsTheFindingsOfARun(t *testing.T) {
	reporttest.TestFindingID(t, Format(), "signet/v1")
}
