package html

import (
	"html/template"
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
	Data                                            template.JS
	Targets, When, Took, Depth, Checks, Run, Schema string
	Verdicts                                        []segment
	VerdictText                                     string
	Groups                                          []*group
	Splits                                          []split
	Trend                                           *split
	TodoMore, TodoAccepted                          string
	Domains                                         []domainCard
	DomainsLeft                                     string
	Picture                                         []shape
	PictureHeight                                   int
	PathRows                                        []pathRow
	PathTrees                                       []pathTree
	PathsLeft, PathsAccepted                        string
	LeftOut                                         string
	Outcomes                                        []countRow
	Undetermined                                    []reasonRow
	UndeterminedLeft                                string
	RiskSum, RisksLeft                              string
	Risks                                           []riskRow
	BlindTitle                                      string
	Blind                                           []string
}

// countRow is a row of a table of counts.
type countRow struct{ Name, Count string }

// view is all that the page shows but its hosts.
func (r *run) view(s *report.Summary) *view {
	v := &view{
		document: document{Heading: scope(&r.h), Day: r.h.Started.UTC().Format("2006-01-02"), Policy: text.Clean(r.h.Policy), Tool: text.Clean(r.h.Tool), ExplainsRules: true},
		Targets:  text.Cut(strings.Join(text.CleanAll(r.h.Targets), ", "), 400), When: r.h.Started.UTC().Format("2 January 2006, 15:04 UTC"),
		Took: s.Ended.Sub(r.h.Started).Round(time.Second / 10).String(), Depth: r.h.Depth.String(),
		Checks: strings.Join(text.CleanAll(r.h.Checks), " "), Run: text.Clean(r.h.Run), Schema: line.Schema,
	}
	if s.Interrupted {
		v.Notes = append(v.Notes, "The run was interrupted. This report shows what Signet had learned by then.")
	}
	v.Notes = append(v.Notes, s.Missing()...)
	v.Notes = append(v.Notes, text.CleanAll(r.h.Warnings)...)
	byHost := r.total.verdicts
	v.Lead, v.Sub = Lead(byHost, r.total.hosts(), &s.Coverage)
	v.Tiles = []tile{
		{"exposed", text.Grouped(byHost[signet.Exposed]), text.Noun(byHost[signet.Exposed], "host exposed", "hosts exposed") + report.Excepted(r.total.excepted) + ", " + text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + report.Excepted(s.Excepted)},
		{"undetermined", text.Grouped(byHost[signet.Undetermined]), text.Noun(byHost[signet.Undetermined], "host", "hosts") + " undetermined, " + text.CountGrouped(s.Verdicts[signet.Undetermined], "endpoint", "endpoints")},
		{"guarded", text.Grouped(byHost[signet.Guarded]), text.Noun(byHost[signet.Guarded], "host guarded", "hosts guarded") + ", " + text.CountGrouped(s.Verdicts[signet.Guarded], "endpoint", "endpoints")},
		{"unseen", text.Grouped(byHost[signet.Unseen]), text.Noun(byHost[signet.Unseen], "host", "hosts") + " unseen, " + text.CountGrouped(s.Verdicts[signet.Unseen], "endpoint", "endpoints")},
		{"", text.Grouped(s.Coverage.Addresses), text.Noun(s.Coverage.Addresses, "address", "addresses") + " asked, " + text.Grouped(s.Coverage.Alive) + " alive"},
	}
	v.VerdictText = text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + " exposed" + report.Excepted(s.Excepted) + ", " + text.Grouped(s.Verdicts[signet.Undetermined]) + " undetermined, " + text.Grouped(s.Verdicts[signet.Guarded]) + " guarded, " + text.Grouped(s.Verdicts[signet.Unseen]) + " unseen"
	v.Verdicts = bars(s.Verdicts, 1000)
	steps := r.steps.Sorted()
	v.Groups = r.total.groups(steps)
	v.todo(steps, &r.risks)
	v.domains(r.domains, r.rules)
	v.Splits = r.total.splits()
	v.Trend = trend(&r.h, s)
	v.paths(r.picture, r.rules, &r.risks)
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

// todo shows the steps to begin with.
func (v *view) todo(steps []report.Step, accepted *report.Risks) {
	for i := range steps[:min(len(steps), mostTodo)] {
		s := &steps[i]
		v.Todo = append(v.Todo, todo{s.Rule, s.Title, s.Severity.String(), template.HTML(spans(s.Fix)), text.Capital(s.Closes())})
	}
	if more := len(steps) - mostTodo; more > 0 {
		v.TodoMore = "… and " + text.Count(uint64(more), "more step", "more steps") + ", in the same order, under Exposure."
	}
	if accepted.Findings > 0 {
		v.TodoAccepted = "Exceptions of the policy cover " + accepted.Sum() + "; these are no work and are not counted here."
	}
}
