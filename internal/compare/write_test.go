package compare_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"signet"
	"signet/internal/compare"
)

// What a peer says stays text in every format.
func TestWritersWithHostileNames(t *testing.T) {
	bad := "=cmd|' /C calc'!A0\x1b[31m\r\n|</script>\u202e\xff`*"
	at := func(s string) signet.Endpoint {
		return signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(s), Name: bad}, Port: 445}
	}
	f := signet.Finding{Rule: "smb-signing-not-required", Severity: signet.High, Where: bad}
	changes := []*compare.Change{
		{Kind: compare.Worsened, Old: at("10.0.0.1"), New: at("10.0.0.9"), Host: bad, Check: "smb", NewVerdict: signet.Exposed, Gained: []signet.Finding{f}, Lost: []signet.Finding{f}, Rated: []compare.Rated{{f, signet.Low}}, Because: []string{bad}},
		{Kind: compare.NotAsked, Old: at("2001:db8::1"), Host: bad, Check: "smb", Lost: []signet.Finding{f}},
		{Kind: compare.Appeared, New: at("10.0.0.2"), Check: "smb"},
	}
	for _, name := range compare.Formats() {
		var b bytes.Buffer
		w, ok := compare.NewWriter(name, &b)
		if !ok {
			t.Fatal(name)
		}
		if err := w.Begin(&compare.Header{Old: bad, New: "b", Policy: "baseline/1", Warnings: []string{bad}}); err != nil {
			t.Fatal(err)
		}
		sum := &compare.Summary{}
		for _, c := range changes {
			sum.Changes[c.Kind]++
			if err := w.Change(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(sum); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		for _, r := range out {
			if r != '\n' && (unicode.IsControl(r) || r == '\u202e') {
				t.Errorf("%s: %U stands in it", name, r)
			}
		}
		if strings.Count(out, "smb-signing-not-required") < 2 || !strings.Contains(out, "10.0.0.9") && name != "markdown" {
			t.Errorf("%s says too little: %s", name, out)
		}
		switch name {
		case "jsonl":
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if len(lines) != 5 {
				t.Errorf("%d lines", len(lines))
			}
			for _, l := range lines {
				var v map[string]any
				if err := json.Unmarshal([]byte(l), &v); err != nil || v["kind"] == nil {
					t.Errorf("%s: %v", l, err)
				}
			}
		case "csv":
			rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(rows) != 1+3+1+1 {
				t.Errorf("%d rows: %v", len(rows), err)
			}
			for _, r := range rows {
				for _, c := range r {
					if strings.HasPrefix(c, "=") {
						t.Errorf("a formula: %q", c)
					}
				}
			}
		case "markdown":
			if strings.Contains(out, "</script>") || strings.Contains(out, "\n|\n") {
				t.Errorf("markup: %s", out)
			}
		}
	}
	if _, ok := compare.NewWriter("pdf", nil); ok {
		t.Error("pdf is a format")
	}
}
