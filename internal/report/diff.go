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

// seen is when a change is known since.
func (h *DiffHeader) seen() time.Time {
	if h.NewEnded.IsZero() {
		return h.NewStarted
	}
	return h.NewEnded
}

// period says between what and what, for people.
func (h *DiffHeader) period() string {
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

// effect is what a change means for one finding, or for the endpoint where no finding moved.
type effect struct {
	what    string // "gained", "lost", "rated", or "" without a finding
	finding *signet.Finding
	was     signet.Severity // of a finding rated anew
	at      signet.Endpoint // where it stands, or stood
}

// effects lists what a change means, finding by finding; one without a finding where none moved.
func effects(c *compare.Change) []effect {
	var list []effect
	for i := range c.Gained {
		list = append(list, effect{what: "gained", finding: &c.Gained[i], at: c.New})
	}
	for i := range c.Lost {
		list = append(list, effect{what: "lost", finding: &c.Lost[i], at: c.Old})
	}
	for i := range c.Rated {
		list = append(list, effect{what: "rated", finding: &c.Rated[i].Finding, was: c.Rated[i].Was, at: c.New})
	}
	if list == nil {
		list = []effect{{at: place(c)}}
	}
	return list
}

// fixed tells whether a finding that is not seen any more is known to be closed: silence closes nothing, and a host that
// is away may come back.
func fixed(c *compare.Change) bool {
	return c.Kind == compare.Improved || c.Kind == compare.Worsened || c.Kind == compare.NewlyAsked
}

// place is where the endpoint is, or was.
func place(c *compare.Change) signet.Endpoint {
	if c.New.Addr.IsValid() {
		return c.New
	}
	return c.Old
}

// standing is the verdict as far as it is known now.
func standing(c *compare.Change) signet.Verdict {
	if c.New.Addr.IsValid() {
		return c.NewVerdict
	}
	return signet.Undetermined
}

// broke tells whether a change left something to fix: it got worse, or came with a weakness.
func broke(c *compare.Change) bool {
	if c.Kind == compare.Worsened {
		return true
	}
	return c.Kind == compare.Appeared && weak(c)
}

// weak tells whether what is there now has something to fix that was not known before.
func weak(c *compare.Change) bool {
	for i := range c.Gained {
		if counted(&c.Gained[i]) {
			return true
		}
	}
	return c.NewVerdict == signet.Exposed
}

// word says one effect in short: "+ rule (high)".
func (e *effect) word(c *compare.Change) string {
	if e.finding == nil {
		return verdictChange(c)
	}
	rule := text.Clean(e.finding.Rule)
	if e.finding.Where != "" {
		rule += " at " + text.Clean(e.finding.Where)
	}
	switch e.what {
	case "gained":
		return "+ " + rule + " (" + e.finding.Severity.String() + ")"
	case "rated":
		return rule + " " + e.was.String() + " → " + e.finding.Severity.String()
	}
	return text.Either(fixed(c), "- ", "? ") + rule + " (" + e.finding.Severity.String() + ")"
}

// verdictChange says what became of the verdict.
func verdictChange(c *compare.Change) string {
	switch {
	case c.Old.Addr.IsValid() && c.New.Addr.IsValid():
		return c.OldVerdict.String() + " → " + c.NewVerdict.String()
	case c.New.Addr.IsValid():
		return c.NewVerdict.String()
	}
	return "was " + c.OldVerdict.String()
}

// sentence says what happened in one line.
func sentence(c *compare.Change) string {
	var parts []string
	for _, e := range effects(c) {
		parts = append(parts, e.word(c))
	}
	return strings.Join(parts, ", ")
}

// kindWords head the changes of a kind, and say what it stands for.
func kindWords(k compare.Kind) (title, about string) {
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

// counts words how many changes there are of each kind.
func counts(s *compare.Summary) string {
	var parts []string
	for _, k := range compare.Kinds() {
		parts = append(parts, fmt.Sprintf("%d %s", s.Changes[k], k))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(", %d unchanged", s.Changes[compare.Same])
}

// hostCounts words what became of hosts.
func hostCounts(s *compare.Summary) string {
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
