package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"signet"
)

// Said is one observation of an endpoint and what the judge makes of it.
type Said struct {
	*signet.Observation
	Verdict signet.Verdict
	Tells   []string // flags of its facts that are worth a word where sources disagree: "smb1 offered"
}

// mostSaid is how many disagreements are worded for one endpoint.
const mostSaid = 8

// ours tells whether Signet saw the wire itself.
func (s *Said) ours() bool {
	return s.Source == "" || s.Source == signet.SourceCapture || strings.HasPrefix(s.Source, "signet/")
}

// overheard tells whether nobody asked: what is missing was not refused, it was not there to be heard.
func (s *Said) overheard() bool { return s.Source != "" && !strings.HasPrefix(s.Source, "signet/") }

// Stands says which of several observations of one endpoint by one check stands, and where others disagree with it.
//
// The wire that we saw comes before other tools, and the newer before the older. What could not tell makes room for
// what could, but only in the direction that hides nothing: an exposure counts, and that an endpoint is guarded counts
// against nothing that was there, unless the view that could not tell was overheard by us and contradicts in nothing. That
// NTLM was nowhere seen is no guard: an exposure that another source saw counts against it too, and so does a guard against
// what was overheard; but what we asked last says more of today than what we asked before.
func Stands(list []Said) (int, []string) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &list[a], &list[b]
		if x.ours() != y.ours() {
			if x.ours() {
				return -1
			}
			return 1
		}
		return cmp.Or(y.At.Compare(x.At), b-a) // what was stored later is newer where times are the same
	})
	at := order[0]
	for _, i := range order[1:] {
		x, s := &list[i], &list[at]
		switch {
		case !s.Reached():
			if x.Reached() {
				at = i
			}
		case makesRoom(s, x):
			at = i
		}
	}
	var against []string
	for _, i := range order {
		if i == at || len(against) == mostSaid {
			continue
		}
		if text := disagreement(&list[i], &list[at]); text != "" {
			against = append(against, text)
		}
	}
	return at, against
}

// makesRoom tells whether s, which was there, makes room for x, which comes after it.
func makesRoom(s, x *Said) bool {
	heard := s.overheard() && (x.ours() || !s.ours()) && len(differences(x, s)) == 0
	switch s.Verdict {
	case signet.Undetermined:
		return x.Verdict == signet.Exposed || heard && (x.Verdict == signet.Guarded || x.Verdict == signet.Unseen)
	case signet.Unseen:
		return x.Verdict == signet.Exposed && (s.overheard() || x.overheard()) || heard && x.Verdict == signet.Guarded
	}
	return false
}

// disagreement words where x says something else than s, which stands; "" where it does not.
func disagreement(x, s *Said) string {
	levels := differences(x, s)
	told := x.Verdict != signet.Undetermined && s.Verdict != signet.Undetermined && x.Verdict != s.Verdict
	if !told && len(levels) == 0 {
		return ""
	}
	var here, there []string
	for _, d := range levels {
		there, here = append(there, d.at+" "+d.a), append(here, d.at+" "+d.b)
	}
	says := func(o *Said, levels []string) string {
		text := o.name() + " says " + o.Verdict.String()
		if len(levels) > 0 {
			text += " (" + strings.Join(levels, ", ") + ")"
		}
		return text
	}
	return fmt.Sprintf("port %d %s: %s; %s, and stands", s.Port, s.Check, says(x, there), says(s, here))
}

// name says who saw it, and when.
func (s *Said) name() string {
	who := s.Source
	switch who {
	case "":
		who = "signet"
	case signet.SourceCapture:
		who = "a capture"
	}
	if !s.At.IsZero() {
		who += " of " + s.At.UTC().Format("2006-01-02 15:04")
	}
	return who
}
