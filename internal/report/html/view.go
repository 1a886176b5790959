package html

import (
	"fmt"
	"html/template"
	"maps"
	"net/netip"
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
}

// segment is a part of a bar, in its own units.
type segment struct {
	Class string
	X, W  string
}

type countRow struct{ Name, Count string }

type reasonRow struct{ Text, Count, Sample string }

// How much of each list a page shows.
const (
	mostReasons = 12
	mostSplit   = 15
)

// End writes the page.
func (r *run) End(s *report.Summary) error {
	for _, addr := range slices.SortedFunc(maps.Keys(r.hosts), netip.Addr.Compare) {
		if err := r.Left(addr); err != nil {
			return err
		}
	}
	js, taken, err := r.data(r.budget.sorted())
	if err != nil {
		return err
	}
	v := r.view(s)
	v.Data = template.JS(js)
	if hosts := r.total.hosts(); hosts > uint64(taken) {
		v.LeftOut = fmt.Sprintf("This page lists the %s hosts at most risk of %s; the figures above and the findings below count all of them. The other %s are in -o csv, -o jsonl and -o xlsx.",
			text.Grouped(uint64(taken)), text.Grouped(hosts), text.Grouped(hosts-uint64(taken)))
		v.Notes = append(v.Notes, v.LeftOut)
	}
	return v.write(r.w, "page.tmpl", "page.js", v)
}

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
		{"exposed", text.Grouped(byHost[signet.Exposed]), text.Noun(byHost[signet.Exposed], "host exposed", "hosts exposed") + ", " + text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints")},
		{"undetermined", text.Grouped(byHost[signet.Undetermined]), text.Noun(byHost[signet.Undetermined], "host", "hosts") + " undetermined, " + text.CountGrouped(s.Verdicts[signet.Undetermined], "endpoint", "endpoints")},
		{"guarded", text.Grouped(byHost[signet.Guarded]), text.Noun(byHost[signet.Guarded], "host guarded", "hosts guarded") + ", " + text.CountGrouped(s.Verdicts[signet.Guarded], "endpoint", "endpoints")},
		{"unseen", text.Grouped(byHost[signet.Unseen]), text.Noun(byHost[signet.Unseen], "host", "hosts") + " unseen, " + text.CountGrouped(s.Verdicts[signet.Unseen], "endpoint", "endpoints")},
		{"", text.Grouped(s.Coverage.Addresses), text.Noun(s.Coverage.Addresses, "address", "addresses") + " asked, " + text.Grouped(s.Coverage.Alive) + " alive"},
	}
	v.VerdictText = text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + " exposed, " + text.Grouped(s.Verdicts[signet.Undetermined]) + " undetermined, " + text.Grouped(s.Verdicts[signet.Guarded]) + " guarded, " + text.Grouped(s.Verdicts[signet.Unseen]) + " unseen"
	v.Verdicts = bars(s.Verdicts, 1000)
	v.Groups = r.total.groups()
	v.Todo = r.todo(v.Groups)
	v.Splits = r.total.splits()
	v.Trend = trend(&r.h, s)
	v.Picture, v.PathRows, v.PictureHeight = r.picture()
	v.PathLead = "Each line is a class of relay paths from a kind of client to the endpoints that break a rule: red where it is open, dashed where it depends on a client that was not seen, dotted where the guard of the endpoint was not seen. Fixing the finding on the right closes it."
	for _, o := range signet.Outcomes() {
		if n := s.Coverage.Outcomes[o]; n > 0 {
			v.Outcomes = append(v.Outcomes, countRow{o.String(), text.Grouped(n)})
		}
	}
	v.Undetermined, v.UndeterminedLeft = r.total.undetermined.top()
	return v
}

// trend shows this run beside earlier ones of the same scope; nil where there are none.
func trend(h *report.Header, s *report.Summary) *split {
	if len(h.Trend) == 0 {
		return nil
	}
	out := &split{Caption: "Endpoints of this run and of earlier ones of the same scope, as they were judged then", Head: "Run"}
	for _, p := range append([]report.Point{{Run: h.Run, Started: h.Started, Verdicts: s.Verdicts}}, h.Trend...) {
		row := splitRow{Name: p.Started.UTC().Format("2006-01-02 15:04"), Bars: bars(p.Verdicts, 100)}
		row.show(p.Verdicts)
		out.Rows = append(out.Rows, row)
	}
	return out
}

// lead is the sentence that who reads only one reads.
func lead(byHost report.Counts, hosts uint64, s *report.Summary) (string, string) {
	exposed, open := byHost[signet.Exposed], byHost[signet.Undetermined]
	sub := fmt.Sprintf("%s of %s asked answered.", text.CountGrouped(s.Coverage.Outcomes[signet.Answered], "endpoint", "endpoints"), text.Grouped(s.Coverage.Asked))
	if open > 0 && exposed > 0 {
		sub = fmt.Sprintf("%s could not be told. ", text.CountGrouped(open, "host more", "hosts more")) + sub
	}
	switch {
	case hosts == 0:
		return "Nothing was there to be judged.", sub
	case exposed == 1:
		return fmt.Sprintf("1 of %s accepts relayed logons: an attacker on the network could act there as somebody else.", text.CountGrouped(hosts, "host", "hosts")), sub
	case exposed > 1:
		return fmt.Sprintf("%s of %s accept relayed logons: an attacker on the network could act there as somebody else.", text.Grouped(exposed), text.CountGrouped(hosts, "host", "hosts")), sub
	case open > 0:
		return fmt.Sprintf("No host was seen to accept relayed logons; %s could not be told.", text.CountGrouped(open, "host", "hosts")), sub
	case byHost[signet.Unseen] == hosts:
		return "No host that answered was seen to take NTLM logons, and no guard was seen either.", sub
	case byHost[signet.Unseen] > 0:
		return fmt.Sprintf("No host was seen to accept relayed logons: %s, and at %s no logon was asked for.",
			text.CountGrouped(byHost[signet.Guarded], "host is guarded", "hosts are guarded"), text.CountGrouped(byHost[signet.Unseen], "host", "hosts")), sub
	}
	return "Every host that answered refuses relayed logons.", sub
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
