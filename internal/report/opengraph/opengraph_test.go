package opengraph

import (
	"bytes"
	"encoding/json"
	"regexp"
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
	if n := bytes.Count(got, []byte(`"SignetCallsItself"`)); n != 1 {
		t.Errorf("its name is %d edges", n)
	}
}

// Edges wait for the end of the document compressed.
func TestWhatIsKeptHasABound(t *testing.T) { reporttest.TestKept(t, Format()) }
