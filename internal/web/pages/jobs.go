package pages

import (
	"slices"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/store"
	"signet/internal/text"
)

// jobShown is a launch.
type jobShown struct {
	hub.Job
	SiteName string
	ByName   string
	Targets  []string
	Checks   []string
	Depth    string
	Rate     float64
	Verifies string // ID of the finding whose endpoint is asked again
	May      bool   // who asks may stop it
}

func (p *Pages) shownJob(a *ask, j *hub.Job, names map[string]string) jobShown {
	out := jobShown{Job: *j, SiteName: names[j.Site], ByName: p.nameOf(a, j.By), May: desk.Allow(a.who, desk.Launch, j.Site)}
	if o := j.Ordered.Order; o != nil {
		out.Targets, out.Checks, out.Depth, out.Rate = text.CleanAll(o.Targets), o.Checks, o.Depth, o.Rate
	}
	if v := j.Ordered.Verifies; v != nil {
		out.Verifies = v.Row
	}
	return out
}

// limits are what jobs are held to, as the server was started.
type limits struct {
	Allow  []string
	Depth  string
	Depths []string // as deep as that
	Rate   float64
	Checks []string
}

func (p *Pages) limits() limits {
	out := limits{Depths: []string{"handshake", "anonymous", "decoy"}}
	for i := range p.Hub.Env.Checks {
		out.Checks = append(out.Checks, p.Hub.Env.Checks[i].Name)
	}
	if l := p.Hub.Env.Limits; l != nil {
		out.Allow, out.Depth, out.Rate = l.Allow, l.Depth.String(), l.Rate
		if at := slices.Index(out.Depths, out.Depth); at >= 0 {
			out.Depths = out.Depths[:at+1]
		}
	}
	return out
}

// jobsPage is launches, and a new one.
type jobsPage struct {
	Limits limits
	Jobs   []jobShown
	Sites  []desk.Site
	Bare   bool // who asks may name targets
	Busy   bool // one is under way or waits
	More   int  // that are not shown
}

func (*jobsPage) title() string { return "Jobs" }

const mostJobs = 100

func (p *Pages) jobs(a *ask) (any, error) {
	list, err := p.Hub.List(a.who)
	if err != nil {
		return nil, err
	}
	out := &jobsPage{Limits: p.limits(), Sites: p.Desk.Sites(a.who), Bare: desk.Allow(a.who, desk.Launch, "")}
	names := p.siteNames(a)
	for i := range list {
		out.Busy = out.Busy || !list[i].State.Ended()
		if i < mostJobs {
			out.Jobs = append(out.Jobs, p.shownJob(a, &list[i], names))
		}
	}
	out.More = max(0, len(list)-mostJobs)
	return out, nil
}

// jobPage is one launch, as it goes on.
type jobPage struct{ jobShown }

func (j *jobPage) title() string { return "Job " + j.ID }

func (p *Pages) job(a *ask) (any, error) {
	j, _, err := p.Hub.Job(a.who, a.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return &jobPage{p.shownJob(a, &j, p.siteNames(a))}, nil
}

// sitesPage is sites, and a new one.
type sitesPage struct {
	Sites    []siteShown
	Limits   limits
	Policies []string
}

func (*sitesPage) title() string { return "Sites" }

// siteShown is a site, and what is known of it.
type siteShown struct {
	desk.Site
	Known  bool // a run of it stands
	Sum    siteSum
	May    bool   // who asks may launch it
	Judged string // by which policy

	Findings int // that are not closed
}

func (p *Pages) sites(a *ask) (any, error) {
	out := &sitesPage{Limits: p.limits(), Policies: p.policyNames()}
	view := p.Hub.View(a.who)
	sums, findings := view.Overview().Sites, view.BySite()
	for _, s := range p.Desk.Sites(a.who) {
		v := siteShown{Site: s, May: desk.Allow(a.who, desk.Launch, s.ID), Judged: p.Hub.PolicyOf(s.ID), Findings: findings[s.ID]}
		for i := range sums {
			if sums[i].Site == s.ID {
				v.Known, v.Sum = true, siteSum{SiteSum: sums[i]}
			}
		}
		out.Sites = append(out.Sites, v)
	}
	return out, nil
}

// sitePage is one site, to be changed.
type sitePage struct {
	siteShown
	Limits   limits
	Policies []string
}

// ETag names the revision of the site.
func (s sitePage) ETag() string { return etag(s.Rev) }

func (s *sitePage) title() string { return "Site " + s.Name }

func (p *Pages) site(a *ask) (any, error) {
	s, err := p.Desk.Site(a.who, a.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if s.ID != a.PathValue("id") { // by its name, which may change
		return nil, store.NoDocument("site", a.PathValue("id"))
	}
	out := &sitePage{siteShown: siteShown{Site: s, May: desk.Allow(a.who, desk.Launch, s.ID), Judged: p.Hub.PolicyOf(s.ID)}, Limits: p.limits(), Policies: p.policyNames()}
	view := p.Hub.View(a.who)
	sums := view.Overview().Sites
	out.Findings = view.Board.Count(&estate.RowFilter{Sites: []string{s.ID}, States: estate.NotClosed()})
	for i := range sums {
		if sums[i].Site == s.ID {
			out.Known, out.Sum = true, siteSum{SiteSum: sums[i]}
			runs, err := p.Hub.Runs(a.Context(), a.who)
			if err != nil {
				return nil, err
			}
			trends, err := p.Hub.Trends(a.Context(), runs)
			if err != nil {
				return nil, err
			}
			out.Sum.Trend = newTrend(trends(s.ID, sums[i].Run, mostTrend))
		}
	}
	return out, nil
}
