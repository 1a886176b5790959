package compare

import (
	"fmt"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
)

// Kind of a change, worst first.
type Kind uint8

const (
	Same         Kind = iota // nothing that matters changed
	Worsened                 // more findings or severer ones, or exposed where it was not
	Appeared                 // an endpoint that was not there, or not asked
	NewlyAsked               // found or told by a question that the old run did not ask: neither worse nor better
	Undetermined             // it could be told, and cannot any more
	NotAsked                 // the new run did not ask this, or not all of it: never a fix
	Vanished                 // it was asked again and nothing is there, or nothing there asks for a logon any more
	Improved                 // fewer findings or milder ones, or guarded where it was not
)

// Kinds lists every kind of change, worst first.
func Kinds() []Kind {
	return []Kind{Worsened, Appeared, NewlyAsked, Undetermined, NotAsked, Vanished, Improved}
}

func (k Kind) String() string {
	words := []string{"same", "worsened", "appeared", "newly-asked", "undetermined", "not-asked", "vanished", "improved"}
	if int(k) < len(words) {
		return words[k]
	}
	return fmt.Sprintf("unknown(%d)", uint8(k))
}

// MarshalText writes the word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ParseKind reads a word.
func ParseKind(word string) (Kind, error) {
	for _, k := range Kinds() {
		if k.String() == word {
			return k, nil
		}
	}
	return 0, fmt.Errorf("%q is not a kind of change (worsened, appeared, newly-asked, undetermined, not-asked, vanished or improved)", word)
}

// Change is what happened to one endpoint of one host.
type Change struct {
	Kind Kind
	// Old and New are the endpoint in each run; the one that is not there has no address. They differ where the host moved.
	Old, New   signet.Endpoint
	Host       string // what the host is called, or ""
	Check      string
	OldVerdict signet.Verdict
	NewVerdict signet.Verdict
	Accepted   bool             // the policy accepts all that would have to be fixed in the new run
	Gained     []signet.Finding // in the new run only
	Lost       []signet.Finding // in the old run only: fixed only where Kind is Improved or Worsened
	Rated      []Rated          // in both, with another severity
	Because    []string
}

// Rated is a finding whose severity changed.
type Rated struct {
	signet.Finding // as in the new run
	Was            signet.Severity
}

// Moved tells whether the host has another address now.
func (c *Change) Moved() bool {
	return c.Old.Addr.IsValid() && c.New.Addr.IsValid() && c.Old.Addr != c.New.Addr
}

// Addr is where the endpoint is, or was.
func (c *Change) Addr() netip.Addr { return c.Endpoint().Addr }

// seen is one endpoint of one run, judged when it has to be.
type seen struct {
	*signet.Observation
	judgement signet.Judgement
}

// key of an endpoint within its host.
type key struct {
	port      uint16
	transport signet.Transport
	check     string
}

func keyOf(o *signet.Observation) key { return key{o.Port, o.Transport, o.Check} }

// both compares an endpoint that answered in both runs. shape is that of its facts. hostMore: the new run is known to have asked more of its host.
func both(before, after *seen, shape check.Shape, hostMore bool) Change {
	c := Change{Old: before.Endpoint, New: after.Endpoint, Check: after.Check, OldVerdict: before.judgement.Verdict, NewVerdict: after.judgement.Verdict, Accepted: after.judgement.Accepted}
	var l *learned
	facts := func() *learned {
		if l == nil {
			l = learn(before.Observation, after.Observation, shape)
		}
		return l
	}
	worse, better, newly := false, false, false
	for i := range after.judgement.Findings {
		f := &after.judgement.Findings[i]
		i := slices.IndexFunc(before.judgement.Findings, func(g signet.Finding) bool { return g.Rule == f.Rule && g.Where == f.Where })
		switch {
		case i < 0:
			c.Gained = append(c.Gained, *f)
			if facts().newly(f) {
				newly = true
			} else {
				worse = true
			}
		case before.judgement.Findings[i].Severity != f.Severity:
			was := before.judgement.Findings[i].Severity
			c.Rated = append(c.Rated, Rated{*f, was})
			switch {
			case f.Severity < was:
				better = true
			case facts().newly(f), hostMore && !facts().contradicts(facts().before, facts().after):
				newly = true // what else was asked tells more of the host, and so rates it higher
			default:
				worse = true
			}
		}
	}
	for _, f := range before.judgement.Findings {
		if !slices.ContainsFunc(after.judgement.Findings, func(g signet.Finding) bool { return g.Rule == f.Rule && g.Where == f.Where }) {
			c.Lost = append(c.Lost, f)
			better = true
		}
	}
	if c.NewVerdict == signet.Exposed && c.OldVerdict != signet.Exposed && !newly {
		if facts().still() {
			newly = true
		} else {
			worse = true
		}
	}
	// What is unseen now has no guard that was seen: it is not better than what it was.
	better = better || c.NewVerdict == signet.Guarded && (c.OldVerdict == signet.Exposed || c.OldVerdict == signet.Undetermined)
	left := check.LeftOut(before.Unasked, after.Unasked)
	switch {
	case worse:
		c.Kind, c.Because = Worsened, after.judgement.Because
	case c.NewVerdict == signet.Undetermined && c.OldVerdict != signet.Undetermined, c.NewVerdict == signet.Undetermined && len(c.Lost) > 0:
		c.Kind, c.Because = Undetermined, after.judgement.Because
	case len(left) > 0 && (len(c.Lost) > 0 || c.NewVerdict == signet.Unseen && (c.OldVerdict == signet.Exposed || c.OldVerdict == signet.Guarded)):
		c.Kind, c.Because = NotAsked, left
	case newly:
		c.Kind, c.Because = NewlyAsked, append([]string{"the old run did not ask it"}, after.judgement.Because...)
	case c.NewVerdict == signet.Unseen && (c.OldVerdict == signet.Exposed || c.OldVerdict == signet.Guarded || len(c.Lost) > 0):
		c.Kind, c.Because = Vanished, append([]string{"asked again: no logon is asked for any more, and no guard was seen"}, after.judgement.Because...)
	case better && c.OldVerdict == signet.Undetermined && facts().still():
		c.Kind, c.Because = NewlyAsked, append([]string{"the old run did not ask it"}, after.judgement.Because...)
	case better:
		c.Kind, c.Because = Improved, after.judgement.Because
	case c.OldVerdict == signet.Unseen && c.NewVerdict == signet.Guarded:
		c.Kind, c.Because = Appeared, after.judgement.Because
		if facts().still() {
			c.Kind, c.Because = NewlyAsked, append([]string{"the old run did not ask it"}, after.judgement.Because...)
		}
	}
	return c
}
