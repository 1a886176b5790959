package imports_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet"
	"signet/internal/imports"
)

// TestCorpusNmap: every label of nmap's results in the corpus is met, XML and what it prints for people.
func TestCorpusNmap(t *testing.T) {
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS does not name the folder of captured answers")
	}
	f, err := os.Open(filepath.Join(dir, "nmapxml", "hosts.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, seen := bufio.NewScanner(f), 0
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l map[string]any
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		file, _ := l["file"].(string)
		seen++
		t.Run(filepath.Base(file), func(t *testing.T) { meet(t, filepath.Join(dir, "nmapxml", filepath.Base(file)), l) })
	}
	if in.Err() != nil || seen < 50 {
		t.Fatalf("%d hosts, %v", seen, in.Err())
	}
}

func meet(t *testing.T, path string, l map[string]any) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var facts struct {
		Signing string
		SMB1    struct{ Signing string }
	}
	facts.Signing, facts.SMB1.Signing = "unknown", "unknown"
	read := imports.NmapText
	if strings.HasSuffix(path, ".xml") {
		read = imports.Nmap
	}
	st, err := read(f, nil, func(o *signet.Observation) error {
		if o.Check == "smb" && o.Addr.String() == l["ip"] {
			return json.Unmarshal(o.Facts.AppendJSON(nil), &facts)
		}
		return nil
	})
	if err != nil || !strings.HasPrefix(st.Source, "nmap ") {
		t.Fatal(st, err)
	}
	word := func(v any) string {
		switch v {
		case "required":
			return "required"
		case "enabled", "supported":
			return "optional"
		case "disabled":
			return "off"
		}
		return "unknown"
	}
	if want := word(l["expected_smb2_signing"]); facts.Signing != want {
		t.Errorf("SMB 2 %s, want %s", facts.Signing, want)
	}
	if want := word(l["expected_smb1_signing"]); facts.SMB1.Signing != want {
		t.Errorf("SMB 1 %s, want %s", facts.SMB1.Signing, want)
	}
}
