package run

import (
	"slices"
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
