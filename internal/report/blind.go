package report

import (
	"fmt"
	"math/bits"
	"slices"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// BlindTitle stands over what a Blind says.
const BlindTitle = "What Signet cannot see here"

// Blind collects what a run could not see, for the last section of a report. What a check cannot see it says itself
// (check.Blind); what holds of every run stands here.
type Blind struct {
	checks []check.Check
	met    map[string][]uint64 // endpoints by check and place in its list

	asked, heard uint64 // endpoints: those that Signet asked, and those of captures and other tools
	exposed      uint64
}

// NewBlind knows the checks of the run.
func NewBlind(checks []check.Check) *Blind {
	return &Blind{checks: checks, met: map[string][]uint64{}}
}

// Note counts what an endpoint could not show.
func (b *Blind) Note(l *Line) {
	if l.Source == "" {
		b.asked++
	} else {
		b.heard++
	}
	if l.Verdict == signet.Exposed && l.Reached() {
		b.exposed++
	}
	if l.Facts == nil || l.Outcome != signet.Answered && l.Outcome != signet.Withheld {
		return
	}
	for i := range b.checks {
		c := &b.checks[i]
		if c.Name != l.Check || c.Blinded == nil {
			continue
		}
		met, err := c.Blinded(l.Facts, l.Verdict)
		if err != nil || met == 0 { // the line itself says that its facts cannot be read
			return
		}
		counts := b.met[c.Name]
		if counts == nil {
			counts = make([]uint64, len(c.Blind))
			b.met[c.Name] = counts
		}
		for ; met != 0; met &= met - 1 {
			counts[bits.TrailingZeros32(met)]++
		}
	}
}

// Sentences are what the run could not see, at most six of them.
func (b *Blind) Sentences(h *Header, s *Summary) []string {
	var out []string
	if list := b.phrases(check.LacksAccount, 0); list != nil {
		out = append(out, "Only a logon with an account shows "+text.And(list)+".")
	}
	out = append(out, b.deeper()...)
	if list := b.phrases(check.LacksWindows, 0); list != nil {
		out = append(out, "Signet reads these answers as Microsoft documents them, and nobody verified them on a Windows host: "+text.And(list)+".")
	}
	hidden, after := b.phrases(check.OnNoWire, 0), "."
	if b.exposed > 0 {
		hidden = append(hidden, "Restrict NTLM policies", "IPsec", "firewalls between other machines")
		after = ", which may stop a relay that looks possible."
	}
	if hidden != nil {
		out = append(out, "No answer on the wire shows "+text.Or(hidden)+after)
	}
	switch {
	case b.asked > 0:
	case b.heard == 0 && s.Coverage.Asked == 0: // all of a scan was excluded, or nothing in a file was understood
		return append(out, "This run holds no answer of any endpoint, so it does not show how any is guarded.")
	case b.heard > 0:
		return append(out, "The files hold what was captured or noted, and nothing else of these hosts.", "A scan asks the hosts themselves.")
	}
	left := append(b.phrases(check.NotAsked, 0), b.unnamed(h)...)
	out = append(out, "Signet did not ask about "+text.Or(append(left, "any port beyond those of this run"))+".")
	return append(out, b.vantage(s))
}

// deeper says which depth decides what stayed open, in one sentence.
func (b *Blind) deeper() []string {
	var parts []string
	for d := signet.Handshake; d <= signet.Credential; d++ {
		if list := b.phrases(check.LacksDepth, d); len(list) > 0 {
			parts = append(parts, fmt.Sprintf("--depth %s would decide %s", d, text.And(list)))
		}
	}
	if parts == nil {
		return nil
	}
	return []string{"In a further scan, " + text.And(parts) + "."}
}

// phrases words what was met of a kind, in the order of the checks; what two checks call alike stands together.
func (b *Blind) phrases(lack check.Lack, depth signet.Depth) (list []string) {
	var whats []string
	where := map[string][]string{}
	for i := range b.checks {
		for k, n := range b.met[b.checks[i].Name] {
			x := &b.checks[i].Blind[k]
			if n == 0 || x.Lack != lack || x.Depth != depth {
				continue
			}
			if !slices.Contains(whats, x.What) {
				whats = append(whats, x.What)
			}
			if x.One != "" {
				where[x.What] = append(where[x.What], text.Count(n, x.One, x.Many))
			}
		}
	}
	for _, what := range whats {
		if where[what] != nil {
			what += " " + text.And(where[what])
		}
		list = append(list, what)
	}
	return list
}

// unnamed words the checks that a run left out.
func (b *Blind) unnamed(h *Header) []string {
	var names []string
	for i := range b.checks {
		if c := &b.checks[i]; !c.Optional && !slices.Contains(h.Checks, c.Name) {
			names = append(names, c.Name)
		}
	}
	if names == nil {
		return nil
	}
	return []string{"the " + text.Noun(len(names), "question", "questions") + " of " + text.Noun(len(names), "check ", "checks ") + text.And(names)}
}

// vantage says from where the run was seen.
func (b *Blind) vantage(s *Summary) string {
	out := "This is the view of one machine at one time"
	if b.heard > 0 {
		out += ", and of files that hold only what was captured or noted"
	}
	if dark := s.Coverage.Addresses - min(s.Coverage.Alive, s.Coverage.Addresses); dark > 0 {
		return out + "; " + text.Count(dark, "address that did not answer it may answer another", "addresses that did not answer it may answer another") + "."
	}
	return out + "; a host may answer another differently."
}
