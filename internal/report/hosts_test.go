package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// Host and path lines are lines, with the fields that docs/output.md names.
func TestJSONLinesOfHosts(t *testing.T) {
	var b bytes.Buffer
	reporttest.WriteWithHosts(t, report.JSONL().Run(&b, nil))
	kinds := map[string]int{}
	for line := range strings.Lines(b.String()) {
		reporttest.Fit(t, []byte(line))
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		kind, _ := v["kind"].(string)
		kinds[kind]++
		if !strings.HasPrefix(line, `{"kind":"`+kind+`","run":"`) && kind != "run" {
			t.Errorf("kind and run do not come first: %.80s", line)
		}
		fields := map[string][]string{
			"host": {"address", "name", "domain", "forest", "os", "os_version", "windows", "samba", "roles", "names", "disagreements", "products", "endpoints", "findings"},
			"path": {"address", "port", "transport", "rule", "source", "assumed", "state", "check", "finding", "severity", "sources", "sample", "because"},
		}[kind]
		for _, f := range fields {
			if _, ok := v[f]; !ok {
				t.Errorf("%s: no %s: %.300s", kind, f, line)
			}
		}
	}
	if kinds["host"] != 4 || kinds["path"] != 1 || kinds["summary"] != 1 {
		t.Errorf("kinds: %v", kinds)
	}
}
