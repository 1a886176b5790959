package pages

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/judge"
	"signet/internal/report"
	"signet/internal/store"
	"signet/internal/text"
)

// boardPage is findings: summed up by rule, then row by row.
type boardPage struct {
	Filter filter
	Groups []group
	Rows   []row
	Total  int
	// Severities sum up the same rows; nil: the filter names one.
	Severities []severitySum
	All        int // rows of the board, whatever the filter
	Owners     []string
	Rules      []string
	Sites      []desk.Site
	// Exception is the one whose rows are shown; nil: any.
	Exception *desk.Exception
	// Host is the one whose rows are shown; nil: any.
	Host  *estate.Host
	Next  string // the query of the next page; "": this is the last
	First string // that of the first; "": this is it
	Bulk  bool
	Table string // the query of the same findings as a table
	Step  *step  // what to do about the rule that the filter names; nil: it names none, or it is no work
}

func (*boardPage) title() string { return "Board" }

// filter is what of a list is wanted, as its form shows it.
type filter struct{ Rule, Severity, State, Owner, Q, Verdict, Role, Site string }

// Several tells whether rows of several states are wanted, for which the form has no word.
func (f filter) Several() bool { return strings.Contains(f.State, ",") }

// Words are what the form has chosen, in short; "": nothing.
func (f filter) Words() string {
	var set []string
	for _, v := range []string{f.Q, f.Rule, f.Severity, strings.ReplaceAll(f.State, ",", ", "), f.Owner, f.Verdict, f.Role} {
		if v != "" {
			set = append(set, text.Clean(v))
		}
	}
	if f.Site != "" {
		set = append(set, "one site")
	}
	return strings.Join(set, ", ")
}

// severitySum is the rows of one severity.
type severitySum struct {
	Word  string
	N     int
	Query string
}

// group is the rows of one rule.
type group struct {
	estate.Group
	Open, InWork, ToVerify, Excepted, Closed int
	Query                                    string
	Step                                     *report.Step // what its fix closes; nil: it is no work
}

// row is a finding, and what people say of it.
type row struct {
	estate.Row
	Said    desk.RowState
	Overdue bool
	Site    string
	Propose string // where who asks may propose an exception of it; "": nowhere
	May     bool   // who asks may change it
	Ask     bool   // who asks may have it asked again
}

// ETag names the revision of what is said of a row.
func (r row) ETag() string { return etag(r.Said.Rev) }

// HostHref is the page of the host, "" where nothing is known of it any more.
func (r row) HostHref() string {
	if r.Host == (estate.ID{}) {
		return ""
	}
	return "/hosts/" + r.Host.String()
}

// stillBroken are the states of what is broken and accepted by nobody, as far as is known.
func stillBroken() []estate.State {
	return []estate.State{estate.Open, estate.InWork, estate.ToVerify}
}

const pageRows = 50

// anyState is the word for rows in whichever state.
const anyState = "any"

func (p *Pages) board(a *ask) (any, error) {
	out := &boardPage{Filter: filter{Rule: a.q.Get("rule"), Severity: a.q.Get("severity"), State: a.q.Get("state"), Owner: a.q.Get("owner"), Q: a.q.Get("q"), Site: a.q.Get("site")}, Sites: p.Desk.Sites(a.who)}
	f := estate.RowFilter{Q: out.Filter.Q, Rule: out.Filter.Rule, Owner: out.Filter.Owner}
	if s := out.Filter.Severity; s != "" {
		var v signet.Severity
		if v.UnmarshalText([]byte(s)) != nil {
			return nil, badQuery("severity: there is no such severity.")
		}
		f.Severities = []signet.Severity{v}
	}
	switch s := out.Filter.State; s {
	case "":
		f.States = estate.NotClosed()
	case anyState:
	default:
		for word := range strings.SplitSeq(s, ",") {
			v, ok := estate.ParseState(word)
			if !ok {
				return nil, badQuery("state: there is no such state.")
			}
			f.States = append(f.States, v)
		}
	}
	if id := a.q.Get("exception"); id != "" {
		e, err := p.Desk.Exception(a.who, id)
		if err != nil {
			return nil, err
		}
		out.Exception = &e
		only := coveredBy(&e)
		f.In, f.Sites = only.In, only.Sites
		if only.Rule != "" {
			f.Rule = only.Rule
		}
	}
	if s := a.q.Get("host"); s != "" {
		id, _ := estate.ParseID(s)
		h, ok := p.Hub.View(a.who).Host(id)
		if !ok {
			return nil, store.NoDocument("host", s)
		}
		f.Host, out.Host = id, &h
	}
	if out.Filter.Site != "" {
		if e := out.Exception; e != nil && e.Site != "" && e.Site != out.Filter.Site { // nothing is of both
			f.In = func(judge.Place) bool { return false }
		}
		f.Sites = []string{out.Filter.Site}
	}
	b := p.Hub.View(a.who).Board
	out.All = b.Rows()
	for _, g := range b.Groups(&estate.RowFilter{}) {
		out.Rules = append(out.Rules, g.Rule)
	}
	slices.Sort(out.Rules)
	out.Owners = b.Owners()
	closes := p.closesOf(a)
	var severities [signet.Critical + 1]int
	for _, g := range b.Groups(&f) {
		out.Total += g.Rows
		for s, n := range g.Severities {
			severities[s] += n
		}
		if f.Rule == "" {
			q := with(a.q, "rule", g.Rule)
			out.Groups = append(out.Groups, group{g, g.States[estate.Open], g.States[estate.InWork], g.States[estate.ToVerify], g.States[estate.Excepted], g.States[estate.Closed], q, closes[g.Rule]})
		}
	}
	for s := signet.Critical + 1; s > 0 && out.Filter.Severity == ""; {
		if s--; severities[s] > 0 {
			out.Severities = append(out.Severities, severitySum{s.String(), severities[s], with(a.q, "severity", s.String())})
		}
	}
	got, err := b.Page(&f, a.q.Get("cursor"), pageRows)
	if err != nil {
		return nil, err
	}
	names := p.siteNames(a)
	for i := range got.Items {
		out.Rows = append(out.Rows, p.row(a, &got.Items[i], names))
		out.Bulk = out.Bulk || out.Rows[i].May
	}
	out.Step = p.step(a, f.Rule)
	out.Next, out.First = pager(a.q, got.Next)
	switch out.Filter.State {
	case "":
		out.Table = with(a.q, "state", "open,in-work,excepted,to-verify")
	case anyState:
		out.Table = with(a.q, "state", "")
	default:
		out.Table = with(a.q, "", "")
	}
	return out, nil
}

// step is what to do about a rule; nil: it is no work.
func (p *Pages) step(a *ask, rule string) *step {
	steps := p.Hub.View(a.who).Overview().Steps
	at := slices.IndexFunc(steps, func(s report.Step) bool { return s.Rule == rule })
	if at < 0 {
		return nil
	}
	return &step{steps[at], text.Capital(steps[at].Closes())}
}

func (p *Pages) row(a *ask, r *estate.Row, names map[string]string) row {
	said := p.Desk.Row(r.ID.String())
	out := row{Row: *r, Said: said, Site: names[r.Site], May: desk.Allow(a.who, desk.Work, r.Site), Ask: desk.Allow(a.who, desk.Launch, r.Site) && len(p.allowed()) > 0 && !p.Hub.View(a.who).Sample}
	out.Name, out.Where, out.Because = text.Clean(r.Name), text.Clean(r.Where), text.CleanAll(r.Because)
	if whole := desk.Allow(a.who, desk.Propose, ""); whole || desk.Allow(a.who, desk.Propose, r.Site) {
		q := url.Values{"rule": {r.Rule}, "scope": {r.Endpoint.Addr.String()}}
		if !whole { // which has to be of a site then
			q.Set("site", r.Site)
		}
		out.Propose = "/exceptions?" + q.Encode() + "#new"
	}
	out.Overdue = said.Due != "" && r.State != estate.Closed && said.Due < p.Hub.Now().UTC().Format(time.DateOnly)
	return out
}

// findingPage is one finding, and what closes it.
type findingPage struct {
	row
	Step *step // what to do; nil: it is no work
	Next string
	By   string
}

func (f *findingPage) title() string { return f.Rule + " at " + f.Endpoint.String() }

func (p *Pages) finding(a *ask) (any, error) {
	id, ok := estate.ParseID(a.PathValue("id"))
	if !ok {
		return nil, store.NoDocument("finding", a.PathValue("id"))
	}
	v := p.Hub.View(a.who)
	r, ok := v.Board.Row(id)
	if !ok {
		return nil, store.NoDocument("finding", id.String())
	}
	out := &findingPage{row: p.row(a, &r, p.siteNames(a))}
	out.By = p.nameOf(a, out.Said.By)
	out.Step = p.step(a, r.Rule)
	switch {
	case r.State == estate.Closed:
		out.Next = "Nothing: it was asked again, and the rule is not broken there any more."
	case r.State == estate.Excepted:
		out.Next = "Nothing until the exception ends, unless its reason does not hold any more."
	case r.State == estate.ToVerify:
		out.Next = "Ask again: what was asked last does not tell whether the rule is still broken. Silence closes nothing."
	case out.Owner == "":
		out.Next = "Give it an owner, mend the server as below, then ask again."
	default:
		out.Next = "Mend the server as below, then ask again: only an observation closes it."
	}
	return out, nil
}

// with is a query with one value set, and from its first page on.
func with(q url.Values, name, value string) string {
	c := url.Values{}
	for k, v := range q {
		if k != "cursor" && k != name && len(v) > 0 && v[0] != "" {
			c[k] = v[:1]
		}
	}
	if value != "" {
		c.Set(name, value)
	}
	if len(c) == 0 {
		return "?"
	}
	return "?" + c.Encode()
}

// pager gives the queries of the next page and of the first.
func pager(q url.Values, next string) (string, string) {
	first := ""
	if q.Get("cursor") != "" {
		first = with(q, "cursor", "")
	}
	if next == "" {
		return "", first
	}
	c, _ := strings.CutPrefix(with(q, "", ""), "?")
	if c != "" {
		c += "&"
	}
	return "?" + c + url.Values{"cursor": {next}}.Encode(), first
}
