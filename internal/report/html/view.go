package html

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/line"
	"signet/internal/report"
	"signet/internal/text"
)

// view is what page.tmpl shows.
type view struct {
	document
	Data                                          template.JS
	Title, When, Took, Depth, Checks, Run, Schema string
	Verdicts                                      []segment
	VerdictText                                   string
	Groups                                        []*group
	Splits                                        []split
	Trend                                         *split
	Picture                                       []shape
	PictureHeight                                 int
	PathRows                                      []pathRow
	PathLead                                      string
	LeftOut                                       string
	Outcomes                                      []countRow
	Undetermined                                  []reasonRow
	UndeterminedLeft                              string
	RiskSum, RisksLeft                            string
	Risks                                         []riskRow
	BlindTitle                                    string
	Blind                                         []string
}

// countRow is a row of a table of counts.
type countRow struct{ Name, Count string }

// view is all that the page shows but its hosts.
func (r *run) view(s *report.Summary) *view {
	title := text.Cut(strings.Join(text.CleanAll(r.h.Targets), ", "), 200)
	v := &view{
		document: document{Heading: title, Policy: text.Clean(r.h.Policy), Tool: text.Clean(r.h.Tool), ExplainsRules: true},
		Title:    title, When: r.h.Started.UTC().Format("2 January 2006, 15:04 UTC"),
		Took: s.Ended.Sub(r.h.Started).Round(time.Second / 10).String(), Depth: r.h.Depth.String(),
		Checks: strings.Join(text.CleanAll(r.h.Checks), " "), Run: text.Clean(r.h.Run), Schema: line.Schema,
	}
	if s.Interrupted {
		v.Notes = append(v.Notes, "The run was interrupted: this is what was learned until then.")
	}
	v.Notes = append(v.Notes, s.Missing()...)
	v.Notes = append(v.Notes, text.CleanAll(r.h.Warnings)...)
	byHost := r.total.verdicts
	v.Lead, v.Sub = lead(byHost, r.total.hosts(), s)
	v.Tiles = []tile{
		{"exposed", text.Grouped(byHost[signet.Exposed]), text.Noun(byHost[signet.Exposed], "host exposed", "hosts exposed") + ", " + text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + report.Excepted(s.Excepted)},
		{"undetermined", text.Grouped(byHost[signet.Undetermined]), text.Noun(byHost[signet.Undetermined], "host", "hosts") + " undetermined, " + text.CountGrouped(s.Verdicts[signet.Undetermined], "endpoint", "endpoints")},
		{"guarded", text.Grouped(byHost[signet.Guarded]), text.Noun(byHost[signet.Guarded], "host guarded", "hosts guarded") + ", " + text.CountGrouped(s.Verdicts[signet.Guarded], "endpoint", "endpoints")},
		{"unseen", text.Grouped(byHost[signet.Unseen]), text.Noun(byHost[signet.Unseen], "host", "hosts") + " unseen, " + text.CountGrouped(s.Verdicts[signet.Unseen], "endpoint", "endpoints")},
		{"", text.Grouped(s.Coverage.Addresses), text.Noun(s.Coverage.Addresses, "address", "addresses") + " asked, " + text.Grouped(s.Coverage.Alive) + " alive"},
	}
	v.VerdictText = text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + " exposed" + report.Excepted(s.Excepted) + ", " + text.Grouped(s.Verdicts[signet.Undetermined]) + " undetermined, " + text.Grouped(s.Verdicts[signet.Guarded]) + " guarded, " + text.Grouped(s.Verdicts[signet.Unseen]) + " unseen"
	v.Verdicts = bars(s.Verdicts, 1000)
	v.Groups = r.total.groups()
	v.Todo = r.todo(v.Groups)
	v.Splits = r.total.splits()
	v.Trend = trend(&r.h, s)
	v.Picture, v.PathRows, v.PictureHeight = r.picture.draw()
	v.PathLead = "Each line is a class of relay paths from a kind of client to the endpoints that break a rule: red where it is open, dashed where it depends on a client that was not seen, dotted where the guard of the endpoint was not seen. Fixing the finding on the right closes it."
	for _, o := range signet.Outcomes() {
		if n := s.Coverage.Outcomes[o]; n > 0 {
			v.Outcomes = append(v.Outcomes, countRow{o.String(), text.Grouped(n)})
		}
	}
	v.Undetermined, v.UndeterminedLeft = r.total.undetermined.top()
	v.risks(&r.risks)
	v.BlindTitle, v.Blind = report.BlindTitle, r.blind.Sentences(&r.h, s)
	return v
}

// todo names the fixes to begin with: worst first, and of equals those that close most paths where those were counted.
func (r *run) todo(groups []*group) []todo {
	var out []todo
	closes := map[string]signet.PathFix{}
	order := slices.Clone(groups)
	if r.sums != nil && len(r.sums.Fixes) > 0 {
		place := map[string]int{}
		for i, f := range r.sums.Fixes {
			closes[f.Finding], place[f.Finding] = f, i+1
		}
		slices.SortStableFunc(order, func(a, b *group) int {
			x, y := place[a.Rule], place[b.Rule]
			switch {
			case a.severity != b.severity:
				return int(b.severity) - int(a.severity)
			case x > 0 && y > 0:
				return x - y
			case x > 0:
				return -1
			case y > 0:
				return 1
			}
			return 0
		})
	}
	for _, g := range order {
		if len(out) == mostTodo {
			break
		}
		fix := r.rules.PlainFix(g.Rule)
		if g.severity == signet.Info || fix == "" {
			continue
		}
		effect := "Closes " + g.Count
		if n := closes[g.Rule].Open; n > 0 {
			effect += ", " + text.CountGrouped(n, "open path", "open paths")
		}
		if n := closes[g.Rule].Conditional; n > 0 {
			effect += ", " + text.CountGrouped(n, "conditional path", "conditional paths")
		}
		out = append(out, todo{g.Rule, g.Title, g.Severity, fix, effect})
	}
	return out
}
