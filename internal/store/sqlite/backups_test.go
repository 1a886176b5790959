package sqlite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// names are those of the files in a folder, in order.
func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, f.Name())
	}
	return list
}

// Of the backups in a folder the newest stay, the one that was just written among them, whatever the clock said; what is not ours stays, and
// what a process that was killed left goes.
func TestBackupInto(t *testing.T) {
	path := manifold(t)
	want := viewOf(t, path)
	s, err := Open(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	folder := t.TempDir()
	foreign := []string{"signet-20261130T060000Z.db.gz", "signet-2026-11-29.db", "signet-20261199T060000Z.db", "signet-20261130T060000Z.db.part.mine", "notes.part", "x"}
	for _, name := range append(slices.Clone(foreign), "signet-20261101T000000Z.db.part", "signet-20261101T000000Z.db.part-journal") {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "signet-20260101T000000Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 7, 0, 0, 500, time.FixedZone("", 3600))
	var made []string
	for _, later := range []time.Duration{0, time.Hour, 2 * time.Hour, -100 * time.Hour, 3 * time.Hour} { // a clock that was set back, and ahead again
		name, err := s.BackupInto(t.Context(), folder, at.Add(later), 2)
		if err != nil {
			t.Fatal(err)
		}
		if fi, err := os.Stat(filepath.Join(folder, name)); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
		if viewOf(t, filepath.Join(folder, name)) != want {
			t.Errorf("%s shows something else", name)
		}
		made = append(made, name)
	}
	if made[0] != "signet-20261130T060000Z.db" || made[3] != "signet-20261126T020000Z.db" {
		t.Errorf("they are called %q", made)
	}
	keep := append(slices.Clone(foreign), made[2], made[4], "signet-20260101T000000Z.db")
	slices.Sort(keep)
	if got := names(t, folder); !slices.Equal(got, keep) {
		t.Errorf("there are %q, want %q", got, keep)
	}

	// Where none can be written nothing is taken away.
	gone := filepath.Join(folder, "nowhere")
	if name, err := s.BackupInto(t.Context(), gone, at, 1); name != "" || err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q, %v", name, err)
	}
	if err := os.Mkdir(filepath.Join(folder, "signet-20261201T060000Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if name, err := s.BackupInto(t.Context(), folder, at.AddDate(0, 0, 1), 1); name != "" || err == nil {
		t.Errorf("over a folder: %q, %v", name, err)
	}
	keep = append(keep, "signet-20261201T060000Z.db")
	slices.Sort(keep)
	if got := names(t, folder); !slices.Equal(got, keep) {
		t.Errorf("there are %q, want %q", got, keep)
	}
}
