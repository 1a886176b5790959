package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every module's terms are printed once, those of a package deeper in it too; code that is only called like a licence is not.
func TestWrite(t *testing.T) {
	root := t.TempDir()
	put := func(path, text string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("go/LICENSE", "terms of Go\n")
	put("a/COPYING", "terms of a\r\n")
	put("a/license.go", "package a\n")
	put("a/in/SQLITE-LICENSE", "terms within a\n")
	put("b/LICENSE.txt", "terms of b\n")
	put("b/NOTICE", "notice of b\n")
	put("c/readme.md", "no terms\n")
	at := func(module, dir string) folder { return folder{module, filepath.Join(root, dir)} }
	folders := []folder{at("Go", "go"), at("b v1", "b"), at("a v2", "a"), at("a v2", "a/in"), at("a v2", "a")}
	var out strings.Builder
	if err := write(&out, folders); err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, want := range []string{"Go: LICENSE\n\nterms of Go\n", "a v2: COPYING\n\nterms of a\n", "a v2: SQLITE-LICENSE\n\nterms within a\n", "b v1: LICENSE.txt\n\nterms of b\n", "b v1: NOTICE\n\nnotice of b\n"} {
		at := strings.Index(out.String(), want)
		if at < last || strings.Count(out.String(), want) != 1 {
			t.Errorf("want once and in order: %q", want)
		}
		last = max(at, last)
	}
	if strings.Contains(out.String(), "package a") {
		t.Error("code was taken for a licence")
	}
	out.Reset()
	if err := write(&out, append(folders, at("c v3", "c"))); err == nil || !strings.Contains(err.Error(), "c v3 has no licence") || out.Len() > 0 {
		t.Errorf("a module without a licence: %v, %d bytes", err, out.Len())
	}
}
