package html

import (
	"strings"

	"signet/internal/compare"
	"signet/internal/report"
	"signet/internal/text"
)

// kind is a section of the page.
type kind struct {
	ID, Title, About, Count, Left string
	Gone                          string // instead of a verdict
	Rows                          []row

	n    uint64
	room int // bytes of text left
}

type row struct {
	Endpoint, Check, Host, Was, Now, Because string
	Parts                                    []part
}

type part struct{ Sign, Severity, Rule, Where string }

// kindRoom is how many bytes a kind of change may bring to the page: six of them stay below six megabytes.
const kindRoom = 800_000

func newKind(of compare.Kind) *kind {
	k := &kind{ID: of.String(), Gone: "gone", room: kindRoom}
	k.Title, k.About = report.KindWords(of)
	if of == compare.NotAsked {
		k.Gone = "not asked"
	}
	return k
}

// file adds the row of one change, as long as there is room.
func (k *kind) file(c *compare.Change) {
	k.n++
	k.room -= 250 // mark-up
	if len(k.Rows) >= report.MostChanges || k.room <= 0 {
		return
	}
	r := row{Endpoint: c.Endpoint().String(), Check: text.Clean(c.Check), Host: text.Clean(c.Host), Because: strings.Join(text.CleanAll(c.Because), "; ")}
	if c.Old.Addr.IsValid() {
		r.Was = c.OldVerdict.String()
	}
	if c.New.Addr.IsValid() {
		r.Now = c.NewVerdict.String()
	}
	if r.Was == r.Now {
		r.Was = ""
	}
	for _, e := range c.Effects() {
		if e.Finding == nil {
			continue
		}
		p := part{Severity: e.Finding.Severity.String(), Rule: text.Clean(e.Finding.Rule), Where: text.Clean(e.Finding.Where)}
		switch {
		case e.Move == compare.Gained:
			p.Sign = "new"
		case e.Move == compare.Regraded:
			p.Sign = "was " + e.Was.String() + ", now"
		default:
			p.Sign = text.Either(c.Closes(), "closed", "not known:")
		}
		r.Parts = append(r.Parts, p)
		k.room -= len(p.Rule) + len(p.Where)
	}
	k.room -= len(r.Host) + len(r.Because)
	k.Rows = append(k.Rows, r)
}
