package pages

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/judge"
	"signet/internal/store"
	"signet/internal/text"
)

// policyNames are those that a site may name.
func (p *Pages) policyNames() []string {
	list := judge.Names()
	for _, own := range p.Desk.OwnPolicies() {
		list = append(list, own.Name)
	}
	slices.Sort(list)
	return list
}

// policiesPage is policies, and a new one.
type policiesPage struct {
	Own      []policyShown
	BuiltIn  []string
	Template string // a new one begins with
	Used     string // judges what names none
}

// newPolicy is the text that a new policy begins with: it rates one rule otherwise.
func newPolicy(rule string) string {
	return "name: ours\nversion: 1\nextends: baseline\n# Rules that are rated otherwise than there. rule: info, low, medium, high, critical or off\nrules:\n  " + rule + ": high\n"
}

func (*policiesPage) title() string { return "Policies" }

// policyShown is a policy, and who wrote it.
type policyShown struct {
	desk.Policy
	ByName string
}

// Before is the version before this one.
func (p policyShown) Before() int { return p.Version - 1 }

func (p *Pages) policies(a *ask) (any, error) {
	out := &policiesPage{BuiltIn: judge.Names(), Template: newPolicy(p.Hub.Env.RuleNames()[0]), Used: p.Hub.PolicyOf("")}
	for _, own := range p.Desk.OwnPolicies() {
		out.Own = append(out.Own, policyShown{own, p.nameOf(a, own.By)})
	}
	return out, nil
}

// policyPage is one policy, in one of its versions.
type policyPage struct {
	policyShown
	BuiltIn  bool
	Newest   int
	Versions []policyShown // the newest first
	Exported string        // with the exceptions that are approved, but for those of a site
	Apart    []exported    // for the sites that it judges by exceptions of their own, too
	Judges   []desk.Site   // that it judges
	NoSite   bool          // it judges what belongs to none
	Against  int           // the version that this one is compared with; 0: with none
	Diff     string
}

// Judging tells whether anything is judged by it.
func (v policyPage) Judging() bool { return len(v.Judges) > 0 || v.NoSite }

// exported is a policy as a file, with the exceptions of a site.
type exported struct{ Site, Text string }

// Older tells whether this is a version of before.
func (v policyPage) Older() bool { return v.Version != v.Newest }

// ETag names the revision of the newest version.
func (v policyPage) ETag() string { return etag(v.Rev) }

func (v *policyPage) title() string { return "Policy " + v.Name }

func (p *Pages) policy(a *ask) (any, error) {
	id := a.PathValue("id")
	whole, err := p.Hub.PolicyText(id, "")
	if err != nil {
		return nil, err
	}
	out := &policyPage{Exported: string(whole), NoSite: p.Hub.PolicyOf("") == id}
	apart := p.Hub.Apart()
	for _, s := range p.Desk.Sites(a.who) {
		if p.Hub.PolicyOf(s.ID) != id {
			continue
		}
		if out.Judges = append(out.Judges, s); apart[s.ID] {
			text, err := p.Hub.PolicyText(id, s.ID)
			if err != nil {
				return nil, err
			}
			out.Apart = append(out.Apart, exported{s.Name, string(text)})
		}
	}
	if slices.Contains(judge.Names(), id) {
		out.policyShown, out.BuiltIn = policyShown{Policy: desk.Policy{ID: id, Name: id, YAML: judge.Source(id)}}, true
		return out, nil
	}
	v, err := p.Desk.Policy(id)
	if err != nil {
		return nil, err
	}
	out.policyShown, out.Newest = policyShown{v, p.nameOf(a, v.By)}, v.Version
	list, err := p.Desk.PolicyVersions(a.Context(), id)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(x, y desk.Policy) int { return y.Version - x.Version })
	for _, o := range list {
		out.Versions = append(out.Versions, policyShown{o, p.nameOf(a, o.By)})
		if strconv.Itoa(o.Version) == a.q.Get("version") {
			rev := v.Rev
			out.policyShown = policyShown{o, p.nameOf(a, o.By)}
			out.Rev = rev
		}
	}
	if want := a.q.Get("version"); want != "" && strconv.Itoa(out.Version) != want {
		return nil, store.NoDocument("version", want)
	}
	if against := a.q.Get("against"); against != "" {
		at := slices.IndexFunc(list, func(o desk.Policy) bool { return strconv.Itoa(o.Version) == against })
		if at < 0 {
			return nil, store.NoDocument("version", against)
		}
		out.Against = list[at].Version
		out.Diff = hub.DiffText(id, list[at].Version, out.Version, list[at].YAML, out.YAML)
	}
	return out, nil
}

// exceptionsPage is exceptions: proposed, in force or past.
type exceptionsPage struct {
	Proposed, Approved, Past []exceptionShown
	Rules                    []string
	Rule, Scope, Site        string      // of a new one, as the link said that led here
	Sites                    []desk.Site // of which who asks may propose one
	Any                      bool        // who asks may propose one of any site
	Today                    string
	Mine                     string
}

func (*exceptionsPage) title() string { return "Exceptions" }

// exceptionShown is an exception, and who wanted it.
type exceptionShown struct {
	desk.Exception
	By, Approver, SiteName string
	May, Approve           bool // who asks may take it back, or approve it
	Days                   int  // until it ends: 0 on its last day
	Covers                 int  // findings that are not closed; -1: that was not counted
}

// Ends says when an exception ends, in words.
func (e exceptionShown) Ends() string {
	switch {
	case e.Days < 0:
		return "ended"
	case e.Days == 0:
		return "ends today"
	}
	return "ends in " + text.Count(uint64(e.Days), "day", "days")
}

// Soon tells whether it is time to decide again.
func (e exceptionShown) Soon() bool { return e.Days >= 0 && e.Days <= 14 }

// mostCounted is of how many exceptions a page says what they cover: each is held against the whole board.
const mostCounted = 200

// coveredBy picks the rows that an exception covers or, where it is no more than a proposal, would.
func coveredBy(e *desk.Exception) estate.RowFilter {
	f := estate.RowFilter{States: estate.NotClosed(), In: judge.Scope(e.Scope).Fits()}
	if e.Rule != "*" {
		f.Rule = e.Rule
	}
	if e.Site != "" {
		f.Sites = []string{e.Site}
	}
	return f
}

// ETag names its revision.
func (e exceptionShown) ETag() string { return etag(e.Rev) }

func (p *Pages) exceptions(a *ask) (any, error) {
	out := &exceptionsPage{Rules: p.Hub.Env.RuleNames(), Rule: a.q.Get("rule"), Scope: a.q.Get("scope"), Site: a.q.Get("site"), Any: desk.Allow(a.who, desk.Propose, ""), Today: p.Hub.Now().UTC().Format("2006-01-02"), Mine: a.who.Name}
	board, counted := p.Hub.View(a.who).Board, 0
	today, err := time.Parse(time.DateOnly, out.Today)
	if err != nil {
		return nil, err
	}
	for _, s := range p.Desk.Sites(a.who) {
		if desk.Allow(a.who, desk.Propose, s.ID) {
			out.Sites = append(out.Sites, s)
		}
	}
	names := p.siteNames(a)
	for _, e := range p.Desk.Exceptions(a.who) {
		v := exceptionShown{e, p.nameOf(a, e.ProposedBy), p.nameOf(a, e.ApprovedBy), names[e.Site], desk.MayChange(a.who, &e), desk.Allow(a.who, desk.Approve, e.Site), 0, -1}
		if until, err := time.Parse(time.DateOnly, e.Until); err == nil {
			v.Days = int(until.Sub(today) / (24 * time.Hour))
		}
		if counted < mostCounted && e.Until >= out.Today {
			f := coveredBy(&e)
			v.Covers, counted = board.Count(&f), counted+1
		}
		switch {
		case e.Until < out.Today:
			out.Past = append(out.Past, v)
		case e.State == desk.Approved:
			out.Approved = append(out.Approved, v)
		default:
			out.Proposed = append(out.Proposed, v)
		}
	}
	for _, list := range [][]exceptionShown{out.Proposed, out.Approved} { // what ends first is decided first
		slices.SortStableFunc(list, func(x, y exceptionShown) int { return strings.Compare(x.Until, y.Until) })
	}
	return out, nil
}

// settingsPage is what holds for all.
type settingsPage struct {
	desk.Settings
	Policies []string
	Used     string
	Limits   limits
	Exclude  []string
	Audit    *desk.Carrying // nil: the audit log is carried nowhere
}

// ETag names the revision of the settings.
func (s settingsPage) ETag() string { return etag(s.Rev) }

func (*settingsPage) title() string { return "Settings" }

func (p *Pages) settings(*ask) (any, error) {
	out := &settingsPage{Settings: p.Desk.Settings(), Policies: p.policyNames(), Used: p.Hub.PolicyOf(""), Limits: p.limits(), Audit: p.Desk.Carrying()}
	if l := p.Hub.Env.Limits; l != nil {
		out.Exclude = l.Exclude
	}
	return out, nil
}
