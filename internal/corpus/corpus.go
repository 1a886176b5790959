// Package corpus reads the labelled captures of real servers that SIGNET_CORPUS names: what third parties recorded,
// and what other decoders said of it. It is for tests alone, and no byte of it enters the project.
package corpus

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Dir is the folder. The test is skipped where none is named.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SIGNET_CORPUS")
	if dir == "" {
		t.Skip("SIGNET_CORPUS does not name the folder of labelled captures")
	}
	return dir
}

// Records reads a file of labels, one JSON object a line. Fewer than least is a failure: something was lost.
func Records[T any](t testing.TB, file string, least int) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(Dir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, r)
	}
	if lines.Err() != nil || len(all) < least {
		t.Fatalf("%s: %d records, want at least %d (%v)", file, len(all), least, lines.Err())
	}
	return all
}
