package hub

import (
	"path/filepath"
	"testing"

	"signet/internal/check/checktest"
	"signet/internal/desk"
)

// TestShownOnceDone: whoever waits for the end of a job and looks then sees what came of it.
func TestShownOnceDone(t *testing.T) {
	checktest.ServeDesktop(t, "127.9.3.11")
	h := openHub(t, filepath.Join(t.TempDir(), "s.db"), "127.9.3.0/24")
	site, err := h.Desk.PutSite(t.Context(), act(), desk.Site{Name: "desks", Targets: []string{"127.9.3.11"}, Checks: []string{"rdp"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		j, err := h.LaunchSite(t.Context(), act(), site.ID)
		j = h.done(t, j, err)
		if got := rows(t, h.View(system()))[nla]; got.Run != j.Run {
			t.Errorf("launch %d: once run %s is done, the board shows run %q", i, j.Run, got.Run)
		}
		if sets, _ := h.ChangeSets(system(), 0); len(sets) != i || i > 0 && sets[i-1].Run != j.Run {
			t.Errorf("launch %d: once run %s is done, %d runs were compared", i, j.Run, len(sets))
		}
	}
}
