package opengraph

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// The rules of BloodHound's node and edge schemas (OpenGraph), by hand.
func TestOpenGraph(t *testing.T) {
	reporttest.TestFormat(t, Format(), "opengraph.json")
	got := reporttest.Render(t, Format())
	valid(t, reporttest.RenderEmpty(t, Format()))
	if nodes, edges := valid(t, got); nodes != 6+6+4 || edges != 6+4+2 {
		t.Errorf("%d nodes, %d edges", nodes, edges)
	}
	if nodes, edges := valid(t, reporttest.RenderDiff(t, Format(), reporttest.Changes())); nodes != 10+10+3 || edges != 10+5 {
		t.Errorf("a diff: %d nodes, %d edges", nodes, edges)
	}
	if attack := regexp.MustCompile(`(?i)ntlmrelayx|petitpotam|coerce|mimikatz`).Find(got); attack != nil {
		t.Errorf("an attack is named: %s", attack)
	}
}

// valid fails where a graph breaks the schema.
func valid(t *testing.T, b []byte) (nodes, edges int) {
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

// What goes into a database where other collectors' nodes are: nothing of ours is looked up by an id, a kind or a name of theirs.
func TestNodesAreNobodyElses(t *testing.T) {
	schema, err := os.ReadFile("../../../docs/opengraph-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type kind struct {
		Name        string
		Display     *bool `json:"is_display_kind"`
		Traversable *bool `json:"is_traversable"`
		Color       string
	}
	var extension struct {
		Schema struct{ Name, Version, Namespace string }
		Nodes  []kind `json:"node_kinds"`
		Edges  []kind `json:"relationship_kinds"`
	}
	if err := json.Unmarshal(schema, &extension); err != nil {
		t.Fatal(err)
	}
	if extension.Schema.Name == "" || !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(extension.Schema.Version) {
		t.Errorf("the schema is %+v", extension.Schema)
	}
	described := map[string]bool{}
	for _, k := range slices.Concat(extension.Nodes, extension.Edges) {
		if own, ok := strings.CutPrefix(k.Name, extension.Schema.Namespace+"_"); !ok || own == "" || described[k.Name] {
			t.Errorf("the schema names %q: want each once, behind its namespace", k.Name)
		}
		described[k.Name] = true
	}
	for _, k := range extension.Nodes {
		if k.Display == nil || !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(k.Color) {
			t.Errorf("%s: %+v", k.Name, k)
		}
	}
	for _, k := range extension.Edges {
		if k.Traversable == nil || *k.Traversable {
			t.Errorf("%s would be a step of a path", k.Name)
		}
	}

	used := map[string]bool{}
	for _, b := range [][]byte{reporttest.Render(t, Format()), reporttest.RenderDiff(t, Format(), reporttest.Changes())} {
		var doc struct {
			Graph struct {
				Nodes []struct {
					ID         string
					Kinds      []string
					Properties struct{ Name string }
				}
				Edges []struct {
					Kind string
					End  struct {
						Value, Kind string
						By          string `json:"match_by"`
					}
				}
			}
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, n := range doc.Graph.Nodes {
			if !strings.HasPrefix(n.ID, "SIGNET:") || n.ID != strings.ToUpper(n.ID) {
				t.Errorf("the id %q: BloodHound keeps ids in capitals, and ours begin with SIGNET:", n.ID)
			}
			if !strings.HasSuffix(n.Properties.Name, " (SIGNET)") || n.Properties.Name != strings.ToUpper(n.Properties.Name) {
				t.Errorf("%s is called %q, as another's may be", n.ID, n.Properties.Name)
			}
			if len(n.Kinds) != 2 || !described[n.Kinds[0]] || n.Kinds[1] != "Signet" {
				t.Errorf("%s is of kinds %q", n.ID, n.Kinds)
			}
			used[n.Kinds[0]], names[n.Properties.Name] = true, true
		}
		for _, e := range doc.Graph.Edges {
			if used[e.Kind] = true; !described[e.Kind] {
				t.Errorf("no schema knows the edge %q", e.Kind)
			}
			if e.End.By == "name" && (e.End.Kind != "Computer" || names[e.End.Value]) {
				t.Errorf("%s ends at %q of kind %q", e.Kind, e.End.Value, e.End.Kind)
			}
		}
	}
	for name := range described {
		if !used[name] {
			t.Errorf("the schema describes %s, which is never written", name)
		}
	}
}

// A host is one node, however many of its endpoints were asked.
func TestOpenGraphHostOnce(t *testing.T) {
	lines := reporttest.Lines()[:1]
	other := *lines[0].Observation
	other.Port = 139
	lines = append(lines, &report.Line{Observation: &other, Judgement: lines[0].Judgement})
	got := reporttest.RenderLines(t, Format(), reporttest.Header(), lines)
	if n := bytes.Count(got, []byte(`"id":"SIGNET:HOST:10.0.0.5"`)); n != 1 {
		t.Errorf("the host is %d nodes", n)
	}
	if n := bytes.Count(got, []byte(`"kind":"Signet_CallsItself"`)); n != 1 {
		t.Errorf("its name is %d edges", n)
	}
}

// Edges wait for the end of the document compressed.
func TestWhatIsKeptHasABound(t *testing.T) { reporttest.TestKept(t, Format()) }
