package pages

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/store"
	"signet/internal/text"
)

// boardReport is a page for whoever answers for the estate: what stands open, what becomes of it, and what is late.
type boardReport struct {
	Made        time.Time
	Of          string // the site, or all
	Site, Since string // as they were asked for
	Sites       []siteChoice
	Sample      bool
	Lead, Sub   string
	Policies    []string
	Tiles       []tile
	Severities  []severityCount
	Trends      []siteSum
	Steps       []step
	More        int // steps that are not shown
	Changed     []kindSum
	Closed      []closedRule
	ClosedAll   uint64
	Late        []lateOwner
	LateAll     int
	Unowned     int // open findings that nobody owns
	Accepted    []acceptedRisk
	Silent      uint64 // addresses that did not answer
	Asked       []siteAge
	Never       []string // sites that were never asked
	Unasked     []string // what was left out
	Undecided   uint64
	File        string // the name of a file that stands for itself; "": it is a page
	Style       template.CSS
}

func (*boardReport) title() string { return "Report" }

func (b *boardReport) download() string { return b.File }

type severityCount struct {
	Word string
	N    uint64
}

// closedRule is the findings of a rule that were seen to be gone.
type closedRule struct {
	Rule, Title, Severity string
	N                     int
}

// lateOwner is what is overdue with one owner.
type lateOwner struct {
	Owner string // "": nobody
	N     int
	Worst string
	Days  int // that the latest is late
	Rules []string
	worst signet.Severity
}

// acceptedRisk is an exception in force, and what it covers here.
type acceptedRisk struct {
	Rule, Owner, Reason, Until string
	N                          int
	Soon                       bool // it ends within a month
}

// siteAge is when a site was asked.
type siteAge struct {
	Name           string
	Started, Ended time.Time
	Old            bool // for more than a month
}

const (
	reportDays = 30
	mostRules  = 12
)

func (p *Pages) boardReport(a *ask) (any, error) {
	word := cmp.Or(a.q.Get("since"), p.Hub.Now().UTC().AddDate(0, 0, -reportDays).Format(time.DateOnly))
	since, err := time.Parse(time.DateOnly, word)
	if err != nil {
		return nil, badQuery("since: want a day, 2006-01-02.")
	}
	out, _, err := p.reportTo(a, a.q.Get("site"), since, word)
	if err == nil && a.q.Get("file") != "" {
		p.alone(out)
	}
	return out, err
}

// alone makes a page of a report into a file that stands for itself.
func (p *Pages) alone(out *boardReport) {
	out.File = reportFile(out.Made, "html")
	out.Style = template.CSS(html.Palette() + string(p.asset("app.css"))) // ours
}

// reportFile is what the file of a report is called.
func reportFile(made time.Time, kind string) string {
	return "signet-report-" + made.Format(time.DateOnly) + "." + kind
}

// reportTo makes the report for somebody, of a site or, without one, of all that they see, with the board that it is made of.
func (p *Pages) reportTo(a *ask, site string, since time.Time, word string) (*boardReport, *estate.Board, error) {
	now := p.Hub.Now().UTC()
	out := &boardReport{Made: now, Of: "the whole estate", Site: site, Since: word}
	names := p.siteNames(a)
	who := a.who
	for id, name := range names {
		out.Sites = append(out.Sites, siteChoice{id, text.Clean(name)})
	}
	slices.SortFunc(out.Sites, func(x, y siteChoice) int { return compareFolded(x.Name, y.Name) })
	switch name, known := names[out.Site]; {
	case known:
		out.Of, who.Sites = text.Clean(name), []string{out.Site}
	case out.Site != "":
		return nil, nil, store.NoDocument("site", out.Site)
	case who.Limited():
		var list []string
		for _, s := range out.Sites {
			list = append(list, s.Name)
		}
		out.Of = strings.Join(list, ", ")
	}
	v := p.Hub.View(who)
	o := v.Overview()
	out.Sample = v.Sample
	hosts := uint64(0)
	for _, n := range o.Hosts {
		hosts += n
	}
	out.Lead, out.Sub = html.Lead(o.Hosts, hosts, &o.Coverage)
	for _, t := range signet.Verdicts() {
		out.Tiles = append(out.Tiles, tile{Class: t.String(), Number: text.Grouped(o.Hosts[t]), Text: text.Noun(o.Hosts[t], "host ", "hosts ") + t.String()})
	}
	for s := signet.Critical; ; s-- {
		if n := o.Severities[s]; n > 0 {
			out.Severities = append(out.Severities, severityCount{s.String(), n})
		}
		if s == signet.Info {
			break
		}
	}
	for i := range o.Steps[:min(len(o.Steps), mostSteps)] {
		out.Steps = append(out.Steps, step{o.Steps[i], text.Capital(o.Steps[i].Closes())})
	}
	out.More = len(o.Steps) - len(out.Steps)
	if err := p.reportTrends(a, o, names, out); err != nil {
		return nil, nil, err
	}
	p.reportChanges(who, since, out)
	if err := p.reportRows(v.Board, since, out); err != nil {
		return nil, nil, err
	}
	p.reportLate(v.Board, out)
	for id, name := range names {
		if (out.Site == "" || out.Site == id) && !slices.ContainsFunc(o.Sites, func(s estate.SiteSum) bool { return s.Site == id }) {
			out.Never = append(out.Never, text.Clean(name))
		}
	}
	slices.SortFunc(out.Never, compareFolded)
	if c := o.Coverage; c.Addresses > c.Alive {
		out.Silent = c.Addresses - c.Alive
	}
	out.Unasked, out.Undecided = o.Unasked, o.Verdicts[signet.Undetermined]
	return out, v.Board, nil
}

// reportTrends adds when each site was asked, and how its runs went.
func (p *Pages) reportTrends(a *ask, o *estate.Overview, names map[string]string, out *boardReport) error {
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return err
	}
	trends, err := p.Hub.Trends(a.Context(), runs)
	if err != nil {
		return err
	}
	policies := map[string]bool{}
	for i := range o.Sites {
		s := &o.Sites[i]
		name := text.Clean(cmp.Or(names[s.Site], "Of no site"))
		if t := newTrend(trends(s.Site, s.Run, mostRules)); t != nil {
			out.Trends = append(out.Trends, siteSum{SiteSum: *s, Name: name, Trend: t})
		}
		out.Asked = append(out.Asked, siteAge{name, s.Started, s.Ended, out.Made.Sub(s.Ended) > reportDays*24*time.Hour})
		if policy := p.Hub.PolicyOf(s.Site); !policies[policy] {
			policies[policy] = true
			out.Policies = append(out.Policies, policy)
		}
	}
	slices.Sort(out.Policies)
	slices.SortFunc(out.Asked, func(x, y siteAge) int { return compareFolded(x.Name, y.Name) })
	slices.SortFunc(out.Trends, func(x, y siteSum) int { return compareFolded(x.Name, y.Name) })
	return nil
}

// reportChanges adds what changed from run to run since.
func (p *Pages) reportChanges(who desk.Who, since time.Time, out *boardReport) {
	sums := map[string]uint64{}
	sets, _ := p.Hub.ChangeSets(who, 0)
	for _, s := range sets {
		if !s.Ended.Before(since) {
			for k, n := range s.Sums {
				sums[k] += n
			}
		}
	}
	for _, k := range compare.Kinds() {
		if n := sums[k.String()]; n > 0 {
			out.Changed = append(out.Changed, kindSum{kindChoice: kindChoice{k.String(), strings.ToLower(report.KindTitle(k))}, N: n})
		}
	}
}

// reportRows adds what was closed since, and what is accepted until when.
func (p *Pages) reportRows(b *estate.Board, since time.Time, out *boardReport) error {
	closed := map[string]*closedRule{}
	accepted := map[[3]string]*acceptedRisk{}
	soon := out.Made.AddDate(0, 0, reportDays).Format(time.DateOnly)
	for after := ""; ; {
		got, err := b.Page(&estate.RowFilter{States: []estate.State{estate.Closed, estate.Excepted}}, after, estate.MostPage)
		if err != nil {
			return err
		}
		for i := range got.Items {
			r := &got.Items[i]
			switch {
			case r.State == estate.Closed && !r.Closed.Before(since):
				c := closed[r.Rule]
				if c == nil {
					c = &closedRule{Rule: r.Rule, Title: r.Title, Severity: r.Severity.String()}
					closed[r.Rule] = c
				}
				c.N++
				out.ClosedAll++
			case r.State == estate.Excepted && r.Exception != nil:
				x := r.Exception
				key := [3]string{r.Rule, x.Owner, x.Until}
				if accepted[key] == nil {
					accepted[key] = &acceptedRisk{Rule: r.Rule, Owner: text.Clean(x.Owner), Reason: text.Clean(x.Reason), Until: x.Until, Soon: x.Until <= soon}
				}
				accepted[key].N++
			}
		}
		if after = got.Next; after == "" {
			break
		}
	}
	for _, c := range closed {
		out.Closed = append(out.Closed, *c)
	}
	slices.SortFunc(out.Closed, func(x, y closedRule) int { return cmp.Or(y.N-x.N, strings.Compare(x.Rule, y.Rule)) })
	for _, x := range accepted {
		out.Accepted = append(out.Accepted, *x)
	}
	slices.SortFunc(out.Accepted, func(x, y acceptedRisk) int {
		return cmp.Or(strings.Compare(x.Until, y.Until), strings.Compare(x.Rule, y.Rule), strings.Compare(x.Owner, y.Owner))
	})
	return nil
}

// reportLate adds what is overdue, by owner, the one with most first.
func (p *Pages) reportLate(b *estate.Board, out *boardReport) {
	today := out.Made.Format(time.DateOnly)
	by := map[string]*lateOwner{}
	owned := 0
	for id, said := range p.Desk.Rows() {
		at, ok := estate.ParseID(id)
		if !ok {
			continue
		}
		r, known := b.Row(at)
		if !known || r.State != estate.Open && r.State != estate.InWork && r.State != estate.ToVerify {
			continue
		}
		if said.Owner != "" && (r.State == estate.Open || r.State == estate.InWork) {
			owned++
		}
		if said.Due == "" || said.Due >= today {
			continue
		}
		l := by[said.Owner]
		if l == nil {
			l = &lateOwner{Owner: text.Clean(said.Owner)}
			by[said.Owner] = l
		}
		l.N++
		out.LateAll++
		l.worst = max(l.worst, r.Severity)
		if due, err := time.Parse(time.DateOnly, said.Due); err == nil {
			l.Days = max(l.Days, int(out.Made.Sub(due)/(24*time.Hour)))
		}
		if !slices.Contains(l.Rules, r.Rule) {
			l.Rules = append(l.Rules, r.Rule)
		}
	}
	for _, l := range by {
		l.Worst = l.worst.String()
		slices.Sort(l.Rules)
		out.Late = append(out.Late, *l)
	}
	slices.SortFunc(out.Late, func(x, y lateOwner) int { return cmp.Or(y.N-x.N, compareFolded(x.Owner, y.Owner)) })
	out.Unowned = b.Count(&estate.RowFilter{States: []estate.State{estate.Open, estate.InWork}}) - owned
}
