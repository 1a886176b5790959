package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signet"
	"signet/internal/text"
)

// htmlView is what the template shows.
type htmlView struct {
	CSP                                           string
	Style                                         template.CSS
	Script                                        template.JS
	Data                                          template.JS
	Title, When, Took, Policy, Depth, Checks, Run string
	Tool, Schema                                  string
	Lead, Sub                                     string
	Notes                                         []string
	Tiles                                         []tile
	Verdicts                                      []segment
	VerdictText                                   string
	Todo                                          []todo
	Groups                                        []*htmlGroup
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

type tile struct{ Class, Figure, Text string }

// segment is a part of a bar, in its own units.
type segment struct {
	Class string
	X, W  string
}

type todo struct{ Rule, Title, Severity, Fix, Effect string }

type countRow struct{ Name, Count string }

type reasonRow struct{ Text, Count, Sample string }

// How much of each list a page shows.
const (
	mostTodo    = 5
	mostReasons = 12
	mostSplit   = 15
)

// End writes the page.
func (p *HTML) End(s *Summary) error {
	files, err := pageFiles("page.tmpl", "page.css", "page.js")
	if err != nil {
		return err
	}
	t, err := template.New("page").Parse(files["page.tmpl"])
	if err != nil {
		return err
	}
	for _, addr := range slices.SortedFunc(maps.Keys(p.hosts), netip.Addr.Compare) {
		if err := p.Left(addr); err != nil {
			return err
		}
	}
	js, taken, err := p.data(p.shelf.sorted())
	if err != nil {
		return err
	}
	v := p.view(s)
	v.Style, v.Script, v.Data = template.CSS(files["page.css"]), template.JS(files["page.js"]), template.JS(js)
	v.CSP = "default-src 'none'; script-src '" + cspHash(files["page.js"]) + "'; style-src '" + cspHash(files["page.css"]) + "'; base-uri 'none'; form-action 'none'"
	if hosts := p.total.hosts(); hosts > uint64(taken) {
		v.LeftOut = fmt.Sprintf("This page lists the %s hosts at most risk of %s; the figures above and the findings below count all of them. The other %s are in -o csv, -o jsonl and -o xlsx.",
			text.Grouped(uint64(taken)), text.Grouped(hosts), text.Grouped(hosts-uint64(taken)))
		v.Notes = append(v.Notes, v.LeftOut)
	}
	b := bufio.NewWriterSize(p.w, 64<<10)
	if err := t.Execute(b, v); err != nil {
		return err
	}
	return b.Flush()
}

// pageFiles reads parts of pages.
func pageFiles(names ...string) (map[string]string, error) {
	files := map[string]string{}
	for _, name := range names {
		b, err := htmlFiles.ReadFile("html/" + name)
		if err != nil {
			return nil, err
		}
		files[name] = string(b)
	}
	return files, nil
}

// cspHash is how Content-Security-Policy names an inline element (CSP level 3, §2.3.1).
func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (p *HTML) view(s *Summary) *htmlView {
	v := &htmlView{
		Title: text.Cut(strings.Join(text.CleanAll(p.h.Targets), ", "), 200), When: p.h.Started.UTC().Format("2 January 2006, 15:04 UTC"),
		Took: s.Ended.Sub(p.h.Started).Round(time.Second / 10).String(), Policy: text.Clean(p.h.Policy), Depth: p.h.Depth.String(),
		Checks: strings.Join(text.CleanAll(p.h.Checks), " "), Run: text.Clean(p.h.Run), Tool: text.Clean(p.h.Tool), Schema: Schema,
	}
	if s.Interrupted {
		v.Notes = append(v.Notes, "The run was interrupted: this is what was learned until then.")
	}
	v.Notes = append(v.Notes, lostOf(s)...)
	v.Notes = append(v.Notes, text.CleanAll(p.h.Warnings)...)
	byHost := p.total.verdicts
	v.Lead, v.Sub = lead(byHost, p.total.hosts(), s)
	v.Tiles = []tile{
		{"exposed", text.Grouped(byHost[signet.Exposed]), text.Noun(byHost[signet.Exposed], "host exposed", "hosts exposed") + ", " + text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints")},
		{"undetermined", text.Grouped(byHost[signet.Undetermined]), text.Noun(byHost[signet.Undetermined], "host", "hosts") + " undetermined, " + text.CountGrouped(s.Verdicts[signet.Undetermined], "endpoint", "endpoints")},
		{"guarded", text.Grouped(byHost[signet.Guarded]), text.Noun(byHost[signet.Guarded], "host guarded", "hosts guarded") + ", " + text.CountGrouped(s.Verdicts[signet.Guarded], "endpoint", "endpoints")},
		{"unseen", text.Grouped(byHost[signet.Unseen]), text.Noun(byHost[signet.Unseen], "host", "hosts") + " unseen, " + text.CountGrouped(s.Verdicts[signet.Unseen], "endpoint", "endpoints")},
		{"", text.Grouped(s.Coverage.Addresses), text.Noun(s.Coverage.Addresses, "address", "addresses") + " asked, " + text.Grouped(s.Coverage.Alive) + " alive"},
	}
	v.VerdictText = text.CountGrouped(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + " exposed, " + text.Grouped(s.Verdicts[signet.Undetermined]) + " undetermined, " + text.Grouped(s.Verdicts[signet.Guarded]) + " guarded, " + text.Grouped(s.Verdicts[signet.Unseen]) + " unseen"
	v.Verdicts = bars(s.Verdicts, 1000)
	v.Groups = p.total.groups()
	v.Todo = p.todo(v.Groups)
	v.Splits = p.total.splits()
	v.Trend = trend(&p.h, s)
	v.Picture, v.PathRows, v.PictureHeight = p.picture()
	v.PathLead = "Each line is a class of relay paths from a kind of client to the endpoints that break a rule: red where it is open, dashed where it depends on a client that was not seen, dotted where the guard of the endpoint was not seen. Fixing the finding on the right closes it."
	for _, o := range signet.Outcomes() {
		if n := s.Coverage.Outcomes[o]; n > 0 {
			v.Outcomes = append(v.Outcomes, countRow{o.String(), text.Grouped(n)})
		}
	}
	v.Undetermined, v.UndeterminedLeft = p.total.undetermined.top()
	return v
}

// trend shows this run beside earlier ones of the same scope; nil where there are none.
func trend(h *Header, s *Summary) *split {
	if len(h.Trend) == 0 {
		return nil
	}
	out := &split{Caption: "Endpoints of this run and of earlier ones of the same scope, as they were judged then", Head: "Run"}
	for _, p := range append([]Point{{Run: h.Run, Started: h.Started, Verdicts: s.Verdicts}}, h.Trend...) {
		row := splitRow{Name: p.Started.UTC().Format("2006-01-02 15:04"), Bars: bars(p.Verdicts, 100)}
		row.count(p.Verdicts)
		out.Rows = append(out.Rows, row)
	}
	return out
}

// lead is the sentence that who reads only one reads.
func lead(byHost Counts, hosts uint64, s *Summary) (string, string) {
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
func (p *HTML) todo(groups []*htmlGroup) []todo {
	var out []todo
	closes := map[string]signet.PathFix{}
	order := slices.Clone(groups)
	if p.sums != nil && len(p.sums.Fixes) > 0 {
		place := map[string]int{}
		for i, f := range p.sums.Fixes {
			closes[f.Finding], place[f.Finding] = f, i+1
		}
		slices.SortStableFunc(order, func(a, b *htmlGroup) int {
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
		fix := p.rules.fix(g.Rule)
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
		out = append(out, todo{g.Rule, g.Title, g.Severity, plain(fix), effect})
	}
	return out
}
