package report

import (
	"fmt"
	"strings"

	"signet/internal/compare"
	"signet/internal/text"
)

// EffectWords say one effect of a change in short: "+ rule (high)".
func EffectWords(c *compare.Change, e *compare.Effect) string {
	if e.Finding == nil {
		return VerdictChange(c)
	}
	rule := text.Clean(e.Finding.Rule)
	if e.Finding.Where != "" {
		rule += " at " + text.Clean(e.Finding.Where)
	}
	switch e.Move {
	case compare.Gained:
		return "+ " + rule + " (" + e.Finding.Severity.String() + ")"
	case compare.Regraded:
		return rule + " " + e.Was.String() + " → " + e.Finding.Severity.String()
	}
	return text.Either(c.Closes(), "- ", "? ") + rule + " (" + e.Finding.Severity.String() + ")"
}

// VerdictChange says what became of the verdict: "guarded → exposed".
func VerdictChange(c *compare.Change) string {
	switch {
	case c.Old.Addr.IsValid() && c.New.Addr.IsValid():
		return c.OldVerdict.String() + " → " + c.NewVerdict.String()
	case c.New.Addr.IsValid():
		return c.NewVerdict.String()
	}
	return "was " + c.OldVerdict.String()
}

// Sentence says every effect of a change in one line.
func Sentence(c *compare.Change) string {
	var parts []string
	for _, e := range c.Effects() {
		parts = append(parts, EffectWords(c, &e))
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

// HostCounts say what became of hosts.
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
