package pages

import (
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/store"
	"signet/internal/text"
	"signet/internal/web/front"
)

// loginPage is where a session begins.
type loginPage struct {
	SetUp    bool   // no user exists yet
	To       string // the page that was asked for
	SignOn   bool   // there is an identity provider
	Password bool   // there are local accounts
	Wrong    string // why single sign-on failed
}

func (l *loginPage) title() string { return text.Either(l.SetUp, "Set up", "Log in") }

func (p *Pages) login(a *ask) (any, error) {
	done, err := p.Desk.IsSetUp(a.Context())
	return p.loginPage(!done, front.Local(a.q.Get("to")), a.q.Get("sso")), err
}

func (p *Pages) loginPage(setUp bool, to, failed string) *loginPage {
	out := &loginPage{SetUp: setUp, To: to, SignOn: p.SignOn, Password: !p.NoLocal}
	switch failed { // the word of package signon; any other says nothing
	case "group":
		out.Wrong = "You are known, but none of your groups may use this server. Ask who runs it for a group that may."
	case "again":
		out.Wrong = "That log-in took too long, or was begun in another browser. Begin once more."
	case "refused":
		out.Wrong = "The identity provider did not let you in, or its answer was not good. The audit log says more."
	case "away":
		out.Wrong = "The identity provider does not answer. Try again in a moment."
	case "failed":
		out.Wrong = "Something went wrong inside the server. Its log says what."
	}
	return out
}

// overviewPage is the estate in a sentence and in sums.
type overviewPage struct {
	Lead, Sub []phrase // with what they count
	Tiles     []tile
	Steps     []step
	Fixes     int // steps, those too that are not shown
	Sites     []siteSum
	Jobs      []jobShown
	Since     time.Time
	Until     time.Time
	Long      bool // it took longer than a few minutes to see it
	Waiting   int  // findings that only another look can settle
	Nobody    int  // findings at which nobody works yet
	Empty     bool
	Allow     []string
}

func (*overviewPage) title() string { return "Overview" }

// phrase is a part of a sentence; with a path it is a count, and leads to what it counts.
type phrase struct{ Text, Path string }

// counted cuts a sentence of html.Lead where it counts hosts of a verdict.
func counted(sentence string, by report.Counts, hosts uint64) (parts []phrase) {
	n := func(v signet.Verdict, one, many string) string { return text.CountGrouped(by[v], one, many) }
	for _, c := range []struct {
		of   signet.Verdict
		text string
	}{
		{signet.Exposed, text.Grouped(by[signet.Exposed]) + " of " + text.CountGrouped(hosts, "host", "hosts")},
		{signet.Undetermined, n(signet.Undetermined, "more host", "more hosts")},
		{signet.Undetermined, n(signet.Undetermined, "host has no verdict", "hosts have no verdict")},
		{signet.Guarded, n(signet.Guarded, "host is guarded", "hosts are guarded")},
		{signet.Unseen, n(signet.Unseen, "host asked for no logon", "hosts asked for no logon")},
	} {
		if before, after, ok := strings.Cut(sentence, c.text); ok {
			parts = append(parts, phrase{Text: before}, phrase{c.text, "/hosts?verdict=" + c.of.String()})
			sentence = after
		}
	}
	return append(parts, phrase{Text: sentence})
}

type tile struct{ Class, Number, Text, Query, More string }

// step is what to do, and what that closes.
type step struct {
	report.Step
	Closes string
}

// siteSum is a site with its trend.
type siteSum struct {
	estate.SiteSum
	Name     string
	Trend    *trend
	Findings int // that are not closed
}

// ID is that of the site.
func (s siteSum) ID() string { return s.Site }

// Exposed is how many endpoints are.
func (s siteSum) Exposed() uint64 { return s.Verdicts[signet.Exposed] }

const (
	mostSteps = 5
	mostTrend = 30
)

func (p *Pages) overview(a *ask) (any, error) {
	v := p.Hub.View(a.who)
	o := v.Overview()
	out := &overviewPage{Since: o.Since, Until: o.Until, Long: o.Until.Sub(o.Since) > 5*time.Minute, Empty: len(o.Sites) == 0, Allow: p.allowed()}
	hosts := uint64(0)
	for _, n := range o.Hosts {
		hosts += n
	}
	lead, sub := html.Lead(o.Hosts, hosts, &o.Coverage)
	out.Lead, out.Sub = counted(lead, o.Hosts, hosts), counted(sub, o.Hosts, hosts)
	for _, t := range signet.Verdicts() {
		word := t.String()
		out.Tiles = append(out.Tiles, tile{word, text.Grouped(o.Hosts[t]), text.Noun(o.Hosts[t], "host ", "hosts ") + word, "?verdict=" + word, text.CountGrouped(o.Verdicts[t], "endpoint", "endpoints")})
	}
	out.Tiles = append(out.Tiles, tile{"", text.Grouped(o.Coverage.Addresses), text.Noun(o.Coverage.Addresses, "address", "addresses") + " asked, " + text.Grouped(o.Coverage.Alive) + " alive", "", ""})
	for i := range o.Steps[:min(len(o.Steps), mostSteps)] {
		out.Steps = append(out.Steps, step{o.Steps[i], text.Capital(o.Steps[i].Closes())})
	}
	out.Fixes = len(o.Steps)
	out.Waiting = v.Board.Count(&estate.RowFilter{States: []estate.State{estate.ToVerify}})
	out.Nobody = v.Board.Count(&estate.RowFilter{States: []estate.State{estate.Open}})
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return nil, err
	}
	trends, err := p.Hub.Trends(a.Context(), runs)
	if err != nil {
		return nil, err
	}
	names, findings := p.siteNames(a), v.BySite()
	for i := range o.Sites {
		s := &o.Sites[i]
		out.Sites = append(out.Sites, siteSum{*s, names[s.Site], newTrend(trends(s.Site, s.Run, mostTrend)), findings[s.Site]})
	}
	jobs, err := p.Hub.List(a.who)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		if !jobs[i].State.Ended() {
			out.Jobs = append(out.Jobs, p.shownJob(a, &jobs[i], names))
		}
	}
	return out, nil
}

// allowed is what jobs may ask, as the server was started.
func (p *Pages) allowed() []string {
	if l := p.Hub.Env.Limits; l != nil {
		return l.Allow
	}
	return nil
}

// siteNames are the names of the sites that somebody sees, by ID.
func (p *Pages) siteNames(a *ask) map[string]string {
	names := map[string]string{}
	for _, s := range p.Desk.Sites(a.who) {
		names[s.ID] = s.Name
	}
	return names
}

// runOf is a run that somebody may see.
func (p *Pages) runOf(a *ask, id string) (*store.Run, []store.Run, error) {
	runs, err := p.Hub.Runs(a.Context(), a.who)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(runs, func(r store.Run) bool { return r.ID == id })
	if at < 0 {
		return nil, nil, store.NoDocument("run", id)
	}
	return &runs[at], runs, nil
}

// nameOf is who did something, for those who may know users.
func (p *Pages) nameOf(a *ask, id string) string {
	switch {
	case id == a.who.ID:
		return a.who.Name
	case desk.Allow(a.who, desk.Inspect, ""):
		return p.Desk.NameOf(id)
	}
	return ""
}
