package sqlite

import (
	"path/filepath"
	"testing"

	"signet/internal/store"
	"signet/internal/store/storetest"
)

// place is a database file.
type place string

func (p place) Open(t testing.TB) store.Store {
	t.Helper()
	s, err := Open(t.Context(), string(p), true)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p place) Narrow(t testing.TB) store.Store {
	t.Helper()
	s := p.Open(t).(*Store)
	s.read.SetMaxOpenConns(1)
	return s
}

func fresh(t testing.TB) storetest.Place {
	return place(filepath.Join(t.TempDir(), "state", "signet.db"))
}

func TestStore(t *testing.T) { storetest.Run(t, fresh) }
