package tds

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// type1 is the NTLM NEGOTIATE that every probe of Signet sends.
const type1 = "4e544c4d5353500001000000058288a2000000002800000000000000280000000a00614a0000000f"

// label is one line of the corpus.
type label struct {
	File       string `json:"file"`
	What       string `json:"what"`
	Encryption string `json:"encryption_name"`
	Asked      string `json:"client_encryption_name"`
	Version    string `json:"version_str"`
	Program    string `json:"progname"`
	TDSVersion string `json:"tdsversion"`
	Payload    string `json:"payload_hex"`
	Request    string `json:"request_hex"`
	Malformed  bool   `json:"malformed"`
	ProgVer    string `json:"progversion_str"`
	OS         string `json:"os_hint"`
}

func corpus(t *testing.T, name string) []label {
	t.Helper()
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS is not set: no labelled captures to compare with")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []label
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l label
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if lines.Err() != nil || len(all) == 0 {
		t.Fatalf("%s: %d labels, %v", name, len(all), lines.Err())
	}
	return all
}
