package pages

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"signet/internal/compare"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/report"
	"signet/internal/store"
	"signet/internal/text"
)

// changesPage is what changed from run to run since a day.
type changesPage struct {
	Since, Kind, Site string
	Kinds             []kindChoice
	Sites             []siteChoice
	Sums              []kindSum
	Runs              []runChanges
	Compared          uint64 // runs, in that time
	Next, First       string
}

func (*changesPage) title() string { return "What changed" }

type kindChoice struct{ Word, Title string }

type siteChoice struct{ ID, Name string }

// kindSum is how many changes there are of a kind.
type kindSum struct {
	kindChoice
	N     uint64
	Query string
}

// runChanges are the changes of one run.
type runChanges struct {
	*hub.ChangeSet
	SiteName string
	Linked   bool // both runs are stored still
	Rows     []kindChange
}

// kindChange is a change, and what kind it is of.
type kindChange struct {
	changeShown
	Kind, Title, Address string
}

// noSite stands for what belongs to none, in a query.
const noSite = "-"

// usualDays is how far back the page looks where nothing is said.
const usualDays = 7

func (p *Pages) changes(a *ask) (any, error) {
	out := &changesPage{Since: a.q.Get("since"), Kind: a.q.Get("kind"), Site: a.q.Get("site")}
	if out.Since == "" {
		out.Since = p.Hub.Now().UTC().AddDate(0, 0, -usualDays).Format(time.DateOnly)
	}
	f := hub.ChangeFilter{}
	var err error
	if f.Since, err = time.Parse(time.DateOnly, out.Since); err != nil {
		return nil, badQuery("since: want a day, 2006-01-02.")
	}
	if out.Kind != "" {
		k, err := compare.ParseKind(out.Kind)
		if err != nil {
			return nil, badQuery("kind: there is no such kind of change.")
		}
		f.Kinds = []compare.Kind{k}
	}
	names := p.siteNames(a)
	for id, name := range names {
		out.Sites = append(out.Sites, siteChoice{id, text.Clean(name)})
	}
	slices.SortFunc(out.Sites, func(x, y siteChoice) int { return compareFolded(x.Name, y.Name) })
	if !a.who.Limited() {
		out.Sites = append(out.Sites, siteChoice{noSite, "of no site"})
	}
	switch _, known := names[out.Site]; {
	case out.Site == noSite:
		f.Site = new("")
	case known:
		f.Site = &out.Site
	case out.Site != "":
		return nil, store.NoDocument("site", out.Site)
	}
	sums := map[string]uint64{}
	sets, _ := p.Hub.ChangeSets(a.who, 0)
	for _, s := range sets {
		if s.Ended.Before(f.Since) || f.Site != nil && s.Site != *f.Site {
			continue
		}
		out.Compared++
		for k, n := range s.Sums {
			sums[k] += n
		}
	}
	for _, k := range compare.Kinds() {
		c := kindChoice{k.String(), report.KindTitle(k)}
		out.Kinds = append(out.Kinds, c)
		if n := sums[c.Word]; n > 0 {
			out.Sums = append(out.Sums, kindSum{c, n, with(a.q, "kind", c.Word)})
		}
	}
	got, err := p.Hub.History(a.Context(), a.who, &f, a.q.Get("cursor"), pageRows)
	if errors.Is(err, hub.ErrCursor) {
		return nil, estate.ErrCursor
	}
	if err != nil {
		return nil, err
	}
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return nil, err
	}
	stored := func(id string) bool {
		return slices.ContainsFunc(runs, func(r store.Run) bool { return r.ID == id })
	}
	for i := range got.Items {
		c := &got.Items[i]
		if n := len(out.Runs); n == 0 || out.Runs[n-1].ChangeSet != c.Set {
			out.Runs = append(out.Runs, runChanges{ChangeSet: c.Set, SiteName: text.Clean(names[c.Set.Site]), Linked: stored(c.Set.Run) && stored(c.Set.Before)})
		}
		r := &out.Runs[len(out.Runs)-1]
		r.Rows = append(r.Rows, kindChange{shownChange(&c.Change), c.Kind.String(), strings.ToLower(report.KindTitle(c.Kind)), c.Addr().String()})
	}
	out.Next, out.First = pager(a.q, got.Next)
	return out, nil
}

// shownChange is a change in words.
func shownChange(c *compare.Change) changeShown {
	return changeShown{c.Endpoint().String(), text.Clean(c.Host), c.Check, text.Clean(report.Sentence(c)), text.CleanAll(c.Because)}
}

// event is one thing that became of a host, in words.
type event struct {
	At       time.Time
	Class    string
	Word     string
	Row      *row // nil: Text says it all
	Text     string
	Old, New string // runs that are stored still: their difference
}

// dayEvents are those of one day.
type dayEvents struct {
	Day    time.Time
	Events []event
}

// timeline tells what became of a host, day by day, the newest first.
func (p *Pages) timeline(a *ask, h *estate.Host, names map[string]string) ([]dayEvents, error) {
	list, err := p.Hub.Timeline(a.Context(), a.who, h)
	if err != nil {
		return nil, err
	}
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return nil, err
	}
	stored := map[string]bool{}
	for i := range runs {
		stored[runs[i].ID] = true
	}
	var days []dayEvents
	for i := range list {
		e := &list[i]
		day := e.At.UTC().Truncate(24 * time.Hour)
		if n := len(days); n == 0 || !days[n-1].Day.Equal(day) {
			days = append(days, dayEvents{Day: day})
		}
		v := event{At: e.At}
		switch {
		case e.Change != nil:
			c := e.Change
			v.Class, v.Word = "change-"+c.Kind.String(), strings.ToLower(report.KindTitle(c.Kind))
			v.Text = text.Clean(c.Endpoint().String()+" "+c.Check+": "+report.Sentence(&c.Change)) + text.Either(c.Set.Verifies != nil, ", as it was asked again", "")
			if stored[c.Set.Run] && stored[c.Set.Before] {
				v.Old, v.New = c.Set.Before, c.Set.Run
			}
		default:
			shown := p.row(a, e.Row, names)
			v.Row = &shown
			switch n := e.Said; {
			case n != nil:
				v.Class, v.Word, v.Text = "said", "work", p.saidWords(a, n)
			case e.Closed:
				v.Class, v.Word = "closed", "closed"
			default:
				v.Class, v.Word = "open", "appeared"
			}
		}
		days[len(days)-1].Events = append(days[len(days)-1].Events, v)
	}
	return days, nil
}

// saidWords are what somebody said of a row, in words.
func (p *Pages) saidWords(a *ask, n *desk.RowNote) string {
	var parts []string
	for _, f := range []struct {
		word string
		v    *string
	}{{"owner", n.Owner}, {"due", n.Due}, {"ticket", n.Ticket}} {
		if f.v != nil {
			parts = append(parts, f.word+" "+text.Clean(cmp.Or(*f.v, "none")))
		}
	}
	if n.State != nil {
		words := map[desk.RowWord]string{desk.RowOpen: "not begun", desk.RowInWork: "in work", desk.RowToVerify: "said to be mended"}
		parts = append(parts, words[*n.State])
	}
	out := strings.Join(parts, ", ")
	if by := p.nameOf(a, n.By); by != "" {
		out += " (" + text.Clean(by) + ")"
	}
	return out
}
