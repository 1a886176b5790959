package pages

import (
	"html/template"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/report"
	"signet/internal/report/html"
	"signet/internal/run"
	"signet/internal/text"
)

// fixesPage is the order of work.
type fixesPage struct {
	Steps    []step
	Findings map[string]estate.Group // on the board, by rule
	Asked    bool                    // something was
}

func (*fixesPage) title() string { return "Fixes" }

func (p *Pages) fixes(a *ask) (any, error) {
	v := p.Hub.View(a.who)
	o := v.Overview()
	out := &fixesPage{Asked: len(o.Sites) > 0, Findings: map[string]estate.Group{}}
	for _, g := range v.Board.Groups(&estate.RowFilter{States: estate.NotClosed()}) {
		out.Findings[g.Rule] = g
	}
	for _, s := range o.Steps {
		out.Steps = append(out.Steps, step{s, text.Capital(s.Closes())})
	}
	return out, nil
}

// fixPage is what closes a rule: the setting, where, and how to check it.
type fixPage struct {
	Rule, Title, Setting string
	Sections             []section
	Step                 *step // what it closes; nil: it is no work
	Places               []place
	All                  int
	Findings             int // on the board; what did not answer lately is still to verify there
	Site                 string
	Sites                []desk.Site
	Format               string
	Formats              []string
	Script               string // as much of it as a page shows
	Cut                  bool   // that is not all
	Query                string // of the site, for links that lead on
}

func (f *fixPage) title() string { return "Fix of " + f.Rule }

// section is one heading of an advice.
type section struct {
	Heading string
	Body    template.HTML
}

// place is where a rule is broken.
type place struct {
	estate.Broken
	Name string
}

const (
	mostPlaces = 50
	mostScript = 64 << 10
)

func (p *Pages) fix(a *ask) (any, error) {
	out := &fixPage{Rule: a.PathValue("id"), Site: a.q.Get("site"), Sites: p.Desk.Sites(a.who), Format: a.q.Get("format"), Formats: run.FixFormats(), Query: with(a.q, "format", "")}
	if out.Format == "" {
		out.Format = out.Formats[0]
	}
	if !slices.Contains(out.Formats, out.Format) {
		return nil, badQuery("format: there is no such format.")
	}
	places, err := p.Hub.Broken(a.who, out.Rule, out.Site)
	if err != nil {
		return nil, err
	}
	out.All = len(places)
	on := estate.RowFilter{Rule: out.Rule, States: stillBroken()}
	if out.Site != "" {
		on.Sites = []string{out.Site}
	}
	out.Findings = p.Hub.View(a.who).Board.Count(&on)
	for i := range places[:min(len(places), mostPlaces)] {
		out.Places = append(out.Places, place{places[i], text.Clean(places[i].Name)})
	}
	script, _, err := p.Hub.Fix(a.who, out.Rule, out.Site, out.Format)
	if err != nil {
		return nil, err
	}
	if out.Cut = len(script) > mostScript; out.Cut {
		script = script[:mostScript]
	}
	out.Script = strings.ToValidUTF8(string(script), "")
	advice, _ := p.Hub.Env.Advice(out.Rule)
	out.Title, out.Setting = advice.Title, advice.Setting
	for _, s := range advice.Sections {
		out.Sections = append(out.Sections, section{s.Heading, html.Markdown(s.Body)})
	}
	out.Step = p.step(a, out.Rule)
	return out, nil
}

// impactPage is whom a fix would break.
type impactPage struct {
	Rule, Title, Site string
	Query             string
	Servers, Clients  int
	Watch             string
	Standings         []standing
}

func (i *impactPage) title() string { return "Whom the fix of " + i.Rule + " would break" }

// standing is the hosts of which one thing is true.
type standing struct {
	Word, About string
	Class       string
	All         int
	Hosts       []struct{ Addr, Name, Because, Href string }
}

// Left is how many are not shown.
func (s standing) Left() int { return s.All - len(s.Hosts) }

const mostStanding = 100

func (p *Pages) impact(a *ask) (any, error) {
	out := &impactPage{Rule: a.PathValue("id"), Site: a.q.Get("site"), Query: with(a.q, "", "")}
	of, all, err := p.Hub.Impact(a.Context(), a.who, out.Rule, out.Site)
	if err != nil {
		return nil, err
	}
	advice, _ := p.Hub.Env.Advice(out.Rule)
	out.Title, out.Servers, out.Clients, out.Watch = advice.Title, all.Servers, all.Clients, of.Watch
	view := p.Hub.View(a.who)
	for _, s := range of.Standings() {
		shown := standing{Word: text.Capital(s.Of.String()), All: len(s.Hosts)}
		switch s.Of {
		case check.WouldFail:
			shown.About, shown.Class = "They were seen not to do what the fix asks: settle these first.", signet.Exposed.String()
		case check.NotKnown:
			shown.About, shown.Class = "Nothing was seen that tells. The audit step of the script finds the rest in Windows' own event logs.", signet.Undetermined.String()
		case check.Fine:
			shown.About, shown.Class = "They were seen to do what the fix asks.", signet.Guarded.String()
		}
		for _, h := range s.Hosts[:min(len(s.Hosts), mostStanding)] {
			one := struct{ Addr, Name, Because, Href string }{h.Addr.String(), text.Clean(h.Name), text.Clean(h.Because), ""}
			if known, ok := view.HostAt(h.Addr); ok {
				one.Href = "/hosts/" + known.ID.String()
			}
			shown.Hosts = append(shown.Hosts, one)
		}
		out.Standings = append(out.Standings, shown)
	}
	return out, nil
}

// closesOf says of each rule what its fix closes.
func (p *Pages) closesOf(a *ask) map[string]*report.Step {
	steps := p.Hub.View(a.who).Overview().Steps
	by := make(map[string]*report.Step, len(steps))
	for i := range steps {
		by[steps[i].Rule] = &steps[i]
	}
	return by
}
