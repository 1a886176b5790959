package pages

import (
	"strings"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/owner"
	"signet/internal/sheet"
)

// ownersPage is the rules by which findings have an owner where nobody gave them one.
type ownersPage struct {
	desk.Owners
	Table  string // as the form has it
	Shown  []ownerShown
	ByName string
}

// ETag names the revision of the rules.
func (o ownersPage) ETag() string { return etag(o.Rev) }

func (*ownersPage) title() string { return "Owners" }

// ownerShown is a rule, and what it comes to.
type ownerShown struct {
	owner.Rule
	estate.GivenCount
	InAll int // findings of the owner, by whichever rule or hand
}

// owners are seen by whoever sees all sites: rules name networks of any.
func (p *Pages) owners(a *ask) (any, error) {
	if !desk.Allow(a.who, desk.Look, "") {
		return nil, desk.ErrForbidden
	}
	out := &ownersPage{Owners: p.Desk.Owners()}
	out.ByName = p.nameOf(a, out.By)
	var b strings.Builder
	head, rows := owner.Rows(out.Rules)
	if err := sheet.Write(&b, head, rows); err != nil {
		return nil, err
	}
	out.Table = b.String()
	board := p.Hub.View(a.who).Board
	all := board.ByOwner(&estate.RowFilter{States: estate.NotClosed()})
	for i, c := range board.GivenCounts() {
		if i < len(out.Rules) {
			out.Shown = append(out.Shown, ownerShown{out.Rules[i], c, all[out.Rules[i].Owner]})
		}
	}
	return out, nil
}
