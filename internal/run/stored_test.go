package run

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/store"
)

// The newest stay, and what is younger than was said; runs that came to nothing count for none of the newest, and what is
// damaged is nobody's to throw away.
func TestPrunable(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	s := &Stored{}
	for i, r := range []store.Run{{ID: "a"}, {ID: "b", Failed: "nobody answered"}, {ID: "c"}, {ID: "d", Damaged: true}, {ID: "e", Importing: true}, {ID: "f"}} {
		r.Started = at.AddDate(0, 0, -i)
		s.Runs = append(s.Runs, r)
	}
	for _, c := range []struct {
		keep  int
		byAge bool
		days  int
		want  []string
	}{
		{0, false, 0, []string{"a", "b", "c", "e", "f"}},
		{1, false, 0, []string{"b", "c", "e", "f"}},
		{2, false, 0, []string{"e", "f"}},
		{3, false, 0, nil},
		{-1, true, 3, []string{"e", "f"}},
		{1, true, 1, []string{"c", "e", "f"}},
	} {
		if got := s.Prunable(c.keep, c.byAge, at.AddDate(0, 0, -c.days)); !slices.Equal(got, c.want) {
			t.Errorf("keep %d, %d days: %v, want %v", c.keep, c.days, got, c.want)
		}
	}
}

func quiet(string) {}

// A store of a file goes into a backup and comes back; of another sort it is said who does that, without the password.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	url, file := "sqlite:"+filepath.Join(dir, "signet.db"), filepath.Join(dir, "backup")
	if err := Backup(t.Context(), url, file, quiet); !errors.Is(err, store.ErrMissing) {
		t.Errorf("of a store that is not there: %v", err)
	}
	s, err := OpenStore(t.Context(), url, true, quiet)
	if err != nil {
		t.Fatal(err)
	}
	d := s.(store.Desk)
	if _, err := d.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Body: []byte("then")}); err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), url, file, quiet); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Was: store.AnyRev, Body: []byte("now")}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	before, err := Restore(t.Context(), file, url)
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{url: "then", "sqlite:" + before: "now"} {
		s, err := OpenStore(t.Context(), url, false, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if doc, err := s.(store.Desk).Document(t.Context(), "user", "a"); err != nil || string(doc.Body) != want {
			t.Errorf("%s: %v, %v, want %s", url, doc, err, want)
		}
		s.Close()
	}
	for _, url := range []string{"postgres://u:hunter2@h/d", "none", "mysql:hunter2"} {
		_, err := Restore(t.Context(), file, url)
		for _, err := range []error{err, Backup(t.Context(), url, file, quiet)} {
			if _, ok := errors.AsType[*OrderError](err); !ok || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
}
