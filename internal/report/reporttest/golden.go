package reporttest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"signet/internal/text"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// Golden compares with testdata/golden/NAME.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Errorf("%s differs at byte %d: got …%q…, want …%q… (go test -update writes it anew)", path, i, Around(got, i), Around(want, i))
	}
}

// Around is what stands around byte i.
func Around(b []byte, i int) []byte { return b[max(0, i-60):min(len(b), i+60)] }

// Missing skips a test that lacks something of the machine; in CI everything has to be there.
func Missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Fit fails when a terminal, or whoever reads the file in one, would obey it.
func Fit(t *testing.T, b []byte) {
	t.Helper()
	for i, r := range string(b) {
		if r != '\n' && r != '\r' && r != '\t' && text.Unseen(r) {
			t.Errorf("rune %U at byte %d: …%q…", r, i, Around(b, i))
			return
		}
	}
}
