package report

import (
	"fmt"
	"strings"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/text"
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

// Effect is what a change means for one finding, or for the endpoint where no finding moved.
type Effect struct {
	What    string // "gained", "lost", "rated", or "" without a finding
	Finding *signet.Finding
	Was     signet.Severity // of a finding rated anew
	At      signet.Endpoint // where it stands, or stood
}

// Effects lists what a change means, finding by finding; one without a finding where none moved.
func Effects(c *compare.Change) []Effect {
	var list []Effect
	for i := range c.Gained {
		list = append(list, Effect{What: "gained", Finding: &c.Gained[i], At: c.New})
	}
	for i := range c.Lost {
		list = append(list, Effect{What: "lost", Finding: &c.Lost[i], At: c.Old})
	}
	for i := range c.Rated {
		list = append(list, Effect{What: "rated", Finding: &c.Rated[i].Finding, Was: c.Rated[i].Was, At: c.New})
	}
	if list == nil {
		list = []Effect{{At: Place(c)}}
	}
	return list
}

// Fixed tells whether a finding that is not seen any more is known to be closed: silence closes nothing, and a host that
// is away may come back.
func Fixed(c *compare.Change) bool {
	return c.Kind == compare.Improved || c.Kind == compare.Worsened || c.Kind == compare.NewlyAsked
}

// Place is where the endpoint is, or was.
func Place(c *compare.Change) signet.Endpoint {
	if c.New.Addr.IsValid() {
		return c.New
	}
	return c.Old
}

// Standing is the verdict as far as it is known now.
func Standing(c *compare.Change) signet.Verdict {
	if c.New.Addr.IsValid() {
		return c.NewVerdict
	}
	return signet.Undetermined
}

// Broke tells whether a change left something to fix: it got worse, or came with a weakness.
func Broke(c *compare.Change) bool {
	if c.Kind == compare.Worsened {
		return true
	}
	return c.Kind == compare.Appeared && weak(c)
}

// weak tells whether what is there now has something to fix that was not known before.
func weak(c *compare.Change) bool {
	for i := range c.Gained {
		if Counted(&c.Gained[i]) {
			return true
		}
	}
	return c.NewVerdict == signet.Exposed
}

// Word says one effect in short: "+ rule (high)".
func (e *Effect) Word(c *compare.Change) string {
	if e.Finding == nil {
		return VerdictChange(c)
	}
	rule := text.Clean(e.Finding.Rule)
	if e.Finding.Where != "" {
		rule += " at " + text.Clean(e.Finding.Where)
	}
	switch e.What {
	case "gained":
		return "+ " + rule + " (" + e.Finding.Severity.String() + ")"
	case "rated":
		return rule + " " + e.Was.String() + " → " + e.Finding.Severity.String()
	}
	return text.Either(Fixed(c), "- ", "? ") + rule + " (" + e.Finding.Severity.String() + ")"
}

// VerdictChange says what became of the verdict.
func VerdictChange(c *compare.Change) string {
	switch {
	case c.Old.Addr.IsValid() && c.New.Addr.IsValid():
		return c.OldVerdict.String() + " → " + c.NewVerdict.String()
	case c.New.Addr.IsValid():
		return c.NewVerdict.String()
	}
	return "was " + c.OldVerdict.String()
}

// Sentence says what happened in one line.
func Sentence(c *compare.Change) string {
	var parts []string
	for _, e := range Effects(c) {
		parts = append(parts, e.Word(c))
	}
	return strings.Join(parts, ", ")
}

// MostChanges bounds what a page or a ticket lists of one kind of change; the rest is counted, and in csv and jsonl.
const MostChanges = 1000

// KindWords head the changes of a kind, and say what it stands for.
func KindWords(k compare.Kind) (title, about string) {
	switch k {
	case compare.Worsened:
		return "Worsened", "more findings or severer ones, or exposed where it was not"
	case compare.Appeared:
		return "Appeared", "was not there before"
	case compare.NewlyAsked:
		return "Newly asked", "asked now and not before: no news of the estate"
	case compare.Undetermined:
		return "Cannot be told any more", "not a fix"
	case compare.NotAsked:
		return "No longer asked", "not a fix"
	case compare.Vanished:
		return "Vanished", "asked again, and nothing is there, or nothing that asks for a logon"
	case compare.Improved:
		return "Improved", "fewer findings or milder ones, or guarded where it was not"
	}
	return k.String(), ""
}

// KindTitle heads the changes of a kind.
func KindTitle(k compare.Kind) string {
	title, _ := KindWords(k)
	return title
}

// HostCounts words what became of hosts.
func HostCounts(s *compare.Summary) string {
	out := fmt.Sprintf("%d before, %d now", s.OldHosts, s.NewHosts)
	if s.Moved > 0 {
		out += fmt.Sprintf(", %d found at another address", s.Moved)
	}
	if s.Alike > 0 {
		out += fmt.Sprintf(", %d that may be at another address", s.Alike)
	}
	if s.Replaced > 0 {
		out += fmt.Sprintf(", %s with another host", text.Count(s.Replaced, "address", "addresses"))
	}
	return out
}
