package report

import (
	"time"

	"signet/internal/compare"
)

// DiffHeader opens a comparison of two runs.
type DiffHeader struct {
	Old, New   string // runs
	OldStarted time.Time
	NewStarted time.Time
	NewEnded   time.Time // of the new run: when a change was seen; zero where it did not end
	Tool       string    // signet/VERSION
	Policy     string
	Warnings   []string
}

// Seen is when a change is known since.
func (h *DiffHeader) Seen() time.Time {
	if h.NewEnded.IsZero() {
		return h.NewStarted
	}
	return h.NewEnded
}

// Period says between what and what, for people.
func (h *DiffHeader) Period() string {
	const minute = "2006-01-02 15:04 UTC"
	if h.OldStarted.IsZero() || h.NewStarted.IsZero() {
		return ""
	}
	return h.OldStarted.UTC().Format(minute) + " → " + h.NewStarted.UTC().Format(minute)
}

// DiffWriter handles what changed between two runs. End is called once.
type DiffWriter interface {
	Begin(*DiffHeader) error
	Change(*compare.Change) error
	End(*compare.Summary) error
}
