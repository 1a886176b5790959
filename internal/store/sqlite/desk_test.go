package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/store"
)

// Each document has a checksum, reading and the check tell of one that is damaged by its name, and the others can be read.
func TestDamagedDocuments(t *testing.T) {
	for _, test := range []struct{ statement, want string }{
		{"UPDATE desk SET body = CAST(replace(CAST(body AS TEXT), 'user 5', 'user 6') AS BLOB) WHERE id = x'7535'", `user "u5"`},
		{"UPDATE desk SET sum = sum + 1 WHERE id = x'7535'", `user "u5"`},
		{"UPDATE desk SET rev = 1000 WHERE id = x'7535'", `user "u5"`},
		{"UPDATE desk SET id = x'753535' WHERE id = x'7535'", `user "u55"`},
		{"UPDATE desk SET kind = 'part' WHERE id = x'7535'", `part "u5"`},
		{"UPDATE sqlite_sequence SET seq = 3 WHERE name = 'desk'", "the counter of revisions"},
	} {
		path := manifold(t)
		raw(t, path, test.statement)
		s, err := Open(t.Context(), path, false)
		if err != nil {
			t.Fatal(err)
		}
		if list := checked(t, s); !strings.Contains(strings.Join(list, "\n"), test.want) {
			t.Errorf("%s: the check says %q", test.statement, list)
		}
		if kind, id, ok := strings.Cut(test.want, ` "`); ok {
			_, err := s.Document(t.Context(), kind, strings.TrimSuffix(id, `"`))
			wantLine(t, err, test.want, "restore the store")
			if !errors.Is(err, store.ErrDamaged) {
				t.Errorf("%s: %v", test.statement, err)
			}
			if _, err := s.Documents(t.Context(), kind, "", "", 100); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("%s: listing: %v", test.statement, err)
			}
		} else if revs, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "new", Body: []byte("x")}); err != nil || revs[0] <= 30 {
			t.Errorf("%s: revision %d, %v", test.statement, revs, err)
		}
		if _, err := s.Document(t.Context(), "user", "u6"); err != nil {
			t.Errorf("%s: another document: %v", test.statement, err)
		}
		s.Close()
	}
}

// The one database has one holder by whatever name it is opened, and the lock is no file that others can read.
func TestHoldByAnotherName(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a b?c#d%41.db"), filepath.Join(dir, "link.db")
	one, err := Open(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	two, err := Open(t.Context(), link, false)
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	_, release, err := one.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	_, _, err = two.Hold(t.Context(), "serve")
	if !errors.Is(err, store.ErrHeld) {
		t.Errorf("by another name: %v", err)
	}
	wantLine(t, err, "another process holds it")
	fi, err := os.Stat(path + "-serve.lock")
	if err != nil || fi.Mode().Perm() != 0o600 || fi.Size() != 0 {
		t.Errorf("the lock: %v, %v", fi, err)
	}
}

// A database in memory has a desk too, and one holder.
func TestMemoryDesk(t *testing.T) {
	s, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Write(t.Context(), store.Edit{Kind: "user", ID: "a", Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Document(t.Context(), "user", "a"); err != nil || string(d.Body) != "x" {
		t.Errorf("%v, %v", d, err)
	}
	_, release, err := s.Hold(t.Context(), "serve")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Hold(t.Context(), "serve"); !errors.Is(err, store.ErrHeld) {
		t.Errorf("twice: %v", err)
	}
	other, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, free, err := other.Hold(t.Context(), "serve"); err != nil {
		t.Errorf("of another one: %v", err)
	} else {
		free()
	}
	release()
	if _, free, err := s.Hold(t.Context(), "serve"); err != nil {
		t.Errorf("after its release: %v", err)
	} else {
		free()
	}
}
