package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/store"
	"signet/internal/store/sqlite"
)

// Others fill their stores with this command: the runs are called run1 and run2, a host's name is host and its number in six
// digits, and one host in so many differs between the two.
func TestFill(t *testing.T) {
	const hosts, changed = 40, 10
	db := filepath.Join(t.TempDir(), "signet.db")
	t.Chdir(filepath.Join("..", "..")) // the sample lies there
	for n := 1; n <= 2; n++ {
		if err := fillRun(t.Context(), db, n, hosts, changed); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sqlite.Open(t.Context(), db, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	runs, err := store.AllRuns(t.Context(), s)
	if err != nil || len(runs) != 2 || runs[0].ID != "run2" || runs[1].ID != "run1" {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	facts := map[string]map[string]string{}
	for i := range runs {
		said := map[string]string{}
		for o, err := range store.Observations(t.Context(), s, &runs[i], store.ByAddress) {
			if err != nil {
				t.Fatal(err)
			}
			said[o.Addr.String()] += string(o.Facts.AppendJSON(nil))
		}
		facts[runs[i].ID] = said
	}
	for i := range hosts {
		name, named := fmt.Sprintf("host%06d.corp.example", i), false
		for _, text := range facts["run1"] {
			named = named || strings.Contains(text, name)
		}
		if !named {
			t.Errorf("no host of run1 calls itself %s", name)
		}
	}
	// Of the four that change one is turned, one moved, one gone, and one turned again.
	if len(facts["run1"]) != hosts || len(facts["run2"]) != hosts-1 {
		t.Errorf("%d and %d hosts", len(facts["run1"]), len(facts["run2"]))
	}
	there := 0
	for addr := range facts["run1"] {
		if facts["run2"][addr] != "" {
			there++
		}
	}
	if there != hosts-2 {
		t.Errorf("%d hosts are where they were", there)
	}
}
