package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// One folder makes one archive, whenever and however its files were written, under the folder's own name.
func TestArchive(t *testing.T) {
	at := time.Unix(1_700_000_000, 0).UTC()
	pack := func(mode os.FileMode, touched time.Time) []byte {
		folder := filepath.Join(t.TempDir(), "signet-1")
		if err := os.MkdirAll(filepath.Join(folder, "docs"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"signet.exe": "program", "docs/using.md": "page"} {
			path := filepath.Join(folder, name)
			if err := os.WriteFile(path, []byte(text), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, touched, touched); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := write(&b, folder, at); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	one := pack(0o644, at)
	if !bytes.Equal(one, pack(0o755, at.Add(time.Hour))) {
		t.Error("the same files make another archive")
	}
	z, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f.Name+"="+string(text))
		if !f.Modified.Equal(at) {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
	}
	if len(got) != 2 || got[0] != "signet-1/docs/using.md=page" || got[1] != "signet-1/signet.exe=program" {
		t.Errorf("%q", got)
	}
}
