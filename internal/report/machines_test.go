package report

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func newSARIF(w io.Writer) Handler     { return NewSARIF(w, NewRulebook(stubChecks())) }
func newOCSF(w io.Writer) Handler      { return NewOCSF(w, NewRulebook(stubChecks())) }
func newOpenGraph(w io.Writer) Handler { return NewOpenGraph(w, NewRulebook(stubChecks())) }

// What the specification demands and a schema cannot say, and the shape that the next test validates where the schema
// is at hand.
func TestSARIF(t *testing.T) {
	got := render(t, newSARIF)
	golden(t, "sample.sarif", got)
	unfit(t, got)
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
//	SIGNET_SARIF_SCHEMA=$PWD/package/lib/schemas/sarif-2.1.0-rtm.5.json go test ./internal/report
func TestSARIFSchema(t *testing.T) {
	path := os.Getenv("SIGNET_SARIF_SCHEMA")
	if path == "" {
		missing(t, "SIGNET_SARIF_SCHEMA does not name the schema of SARIF 2.1.0; TestSARIF checked the shape by hand")
	}
	s, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{render(t, newSARIF), renderEmpty(t, newSARIF), renderDiff(t, diffWriters()["sarif"], sampleChanges()), renderDiff(t, diffWriters()["sarif"], nil)} {
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

// OCSF publishes its schema in a language of its own. This checks by hand what 1.3.0 requires of class 2003 and of the
// objects in it (ocsf-schema: events/findings/compliance_finding, objects/compliance, finding_info, metadata, product),
// and the ranges of the enumerations.
func TestOCSF(t *testing.T) {
	got := render(t, newOCSF)
	golden(t, "sample.ocsf.jsonl", got)
	unfit(t, got)
	statuses := map[float64]int{}
	for b := range bytes.Lines(got) {
		e := ocsfValid(t, b)
		statuses[e["compliance"].(map[string]any)["status_id"].(float64)]++
	}
	if statuses[1] != 1 || statuses[2] != 2 || statuses[3] != 3 {
		t.Errorf("passed, warned, failed: %v, want 1, 2, 3", statuses)
	}
}

// ocsfValid reads an event and fails where it breaks the class.
func ocsfValid(t *testing.T, b []byte) map[string]any {
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

// The rules of BloodHound's node and edge schemas (OpenGraph), by hand.
func TestOpenGraph(t *testing.T) {
	got := render(t, newOpenGraph)
	golden(t, "sample.opengraph.json", got)
	unfit(t, got)
	graphValid(t, renderEmpty(t, newOpenGraph))
	if nodes, edges := graphValid(t, got); nodes != 6+6+4 || edges != 6+4+2 {
		t.Errorf("%d nodes, %d edges", nodes, edges)
	}
	if nodes, edges := graphValid(t, renderDiff(t, diffWriters()["opengraph.json"], sampleChanges())); nodes != 10+10+3 || edges != 10+5 {
		t.Errorf("a diff: %d nodes, %d edges", nodes, edges)
	}
	if attack := regexp.MustCompile(`(?i)ntlmrelayx|petitpotam|coerce|mimikatz`).Find(got); attack != nil {
		t.Errorf("an attack is named: %s", attack)
	}
}

// graphValid fails where a graph breaks the schema.
func graphValid(t *testing.T, b []byte) (nodes, edges int) {
	t.Helper()
	type end struct {
		MatchBy string `json:"match_by"`
		Value   string
	}
	var doc struct {
		Metadata map[string]string
		Graph    struct {
			Nodes []struct {
				ID         string
				Kinds      []string
				Properties map[string]any
			}
			Edges []struct {
				Kind       string
				Start, End end
				Properties map[string]any
			}
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Metadata) != 1 || doc.Metadata["source_kind"] != "Signet" {
		t.Errorf("metadata %v", doc.Metadata)
	}
	ids := map[string]bool{}
	kind := regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	flat := func(p map[string]any) {
		for name, v := range p {
			if name != strings.ToLower(name) {
				t.Errorf("property %s", name)
			}
			switch v := v.(type) {
			case string, bool, float64:
			case []any:
				for _, x := range v {
					if _, ok := x.(string); !ok {
						t.Errorf("property %s holds %T", name, x)
					}
				}
			default:
				t.Errorf("property %s is %T", name, v)
			}
		}
	}
	for _, n := range doc.Graph.Nodes {
		if n.ID == "" || ids[n.ID] || len(n.Kinds) == 0 || len(n.Kinds) > 3 {
			t.Errorf("node %q twice, or of kinds %v", n.ID, n.Kinds)
		}
		ids[n.ID] = true
		flat(n.Properties)
	}
	for _, e := range doc.Graph.Edges {
		if !kind.MatchString(e.Kind) || e.Properties == nil {
			t.Errorf("edge %q", e.Kind)
		}
		for _, x := range []end{e.Start, e.End} {
			if x.MatchBy == "id" && !ids[x.Value] {
				t.Errorf("edge %s to %q, which is no node", e.Kind, x.Value)
			}
		}
		flat(e.Properties)
	}
	return len(doc.Graph.Nodes), len(doc.Graph.Edges)
}

// A host is one node, however many of its endpoints were asked.
func TestOpenGraphHostOnce(t *testing.T) {
	lines := sampleLines()[:1]
	other := *lines[0].Observation
	other.Port = 139
	lines = append(lines, &Line{Observation: &other, Judgement: lines[0].Judgement})
	var b bytes.Buffer
	write(t, newOpenGraph(&b), sampleHeader(), lines, sampleSummary(lines))
	if n := bytes.Count(b.Bytes(), []byte(`"id":"SIGNET:HOST:10.0.0.5"`)); n != 1 {
		t.Errorf("the host is %d nodes", n)
	}
	if n := bytes.Count(b.Bytes(), []byte(`"SignetCallsItself"`)); n != 1 {
		t.Errorf("its name is %d edges", n)
	}
}
