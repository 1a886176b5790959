package report

import (
	"bufio"
	"cmp"
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

// htmlGroup is a rule and what breaks it.
type htmlGroup struct {
	Rule, Title, Severity, Requires, Count string
	Hosts, Exposed, Other                  string
	Advice                                 template.HTML
	Reasons                                []reasonRow
	ReasonsLeft                            string

	severity       signet.Severity
	exposed, other uint64
	hosts          uint64
	last           netip.Addr
	reasons        map[string]*reasonSum
}

type reasonSum struct {
	n      uint64
	sample []string
}

// split is exposure by one way of sorting hosts.
type split struct {
	Caption, Head, Left string
	Rows                []splitRow
}

type splitRow struct {
	Name                           string
	Exposed, Undetermined, Guarded string
	Bars                           []segment

	verdicts [3]uint64
}

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
	hosts := p.ordered()
	js, taken, err := p.data(hosts)
	if err != nil {
		return err
	}
	v := p.view(s, hosts)
	v.Style, v.Script, v.Data = template.CSS(files["page.css"]), template.JS(files["page.js"]), template.JS(js)
	v.CSP = "default-src 'none'; script-src '" + cspHash(files["page.js"]) + "'; style-src '" + cspHash(files["page.css"]) + "'; base-uri 'none'; form-action 'none'"
	if left := len(hosts) - taken; left > 0 {
		v.LeftOut = fmt.Sprintf("This page lists the %s hosts at most risk of %s; the figures above and the findings below count all of them. The other %s are in -o csv, -o jsonl and -o xlsx.",
			thousands(uint64(taken)), thousands(uint64(len(hosts))), thousands(uint64(left)))
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

func (p *HTML) view(s *Summary, hosts []*htmlHost) *htmlView {
	v := &htmlView{
		Title: cut(strings.Join(clean(p.h.Targets), ", "), 200), When: p.h.Started.UTC().Format("2 January 2006, 15:04 UTC"),
		Took: s.Ended.Sub(p.h.Started).Round(time.Second / 10).String(), Policy: Clean(p.h.Policy), Depth: p.h.Depth.String(),
		Checks: strings.Join(clean(p.h.Checks), " "), Run: Clean(p.h.Run), Tool: Clean(p.h.Tool), Schema: Schema,
	}
	if s.Interrupted {
		v.Notes = append(v.Notes, "The run was interrupted: this is what was learned until then.")
	}
	v.Notes = append(v.Notes, clean(p.h.Warnings)...)
	var byHost [3]uint64
	for _, h := range hosts {
		byHost[h.verdict()]++
	}
	v.Lead, v.Sub = lead(byHost, uint64(len(hosts)), s)
	v.Tiles = []tile{
		{"exposed", thousands(byHost[signet.Exposed]), wordFor(byHost[signet.Exposed], "host exposed", "hosts exposed") + ", " + number(s.Verdicts[signet.Exposed], "endpoint", "endpoints")},
		{"undetermined", thousands(byHost[signet.Undetermined]), wordFor(byHost[signet.Undetermined], "host", "hosts") + " undetermined, " + number(s.Verdicts[signet.Undetermined], "endpoint", "endpoints")},
		{"guarded", thousands(byHost[signet.Guarded]), wordFor(byHost[signet.Guarded], "host guarded", "hosts guarded") + ", " + number(s.Verdicts[signet.Guarded], "endpoint", "endpoints")},
		{"", thousands(s.Coverage.Addresses), wordFor(s.Coverage.Addresses, "address", "addresses") + " asked, " + thousands(s.Coverage.Alive) + " alive"},
	}
	v.VerdictText = number(s.Verdicts[signet.Exposed], "endpoint", "endpoints") + " exposed, " + thousands(s.Verdicts[signet.Undetermined]) + " undetermined, " + thousands(s.Verdicts[signet.Guarded]) + " guarded"
	v.Verdicts = bars(s.Verdicts, 1000)
	v.Groups = p.groups(hosts)
	v.Todo = p.todo(v.Groups)
	v.Splits = p.splits(hosts)
	v.Picture, v.PathRows, v.PictureHeight = p.picture()
	v.PathLead = "Each line is a class of relay paths from a kind of client to the endpoints that break a rule: red where it is open, dashed where it depends on a client that was not seen. Fixing the finding on the right closes it."
	for _, o := range signet.Outcomes() {
		if n := s.Coverage.Outcomes[o]; n > 0 {
			v.Outcomes = append(v.Outcomes, countRow{o.String(), thousands(n)})
		}
	}
	v.Undetermined, v.UndeterminedLeft = undeterminedReasons(hosts)
	return v
}

// lead is the sentence that who reads only one reads.
func lead(byHost [3]uint64, hosts uint64, s *Summary) (string, string) {
	exposed, open := byHost[signet.Exposed], byHost[signet.Undetermined]
	sub := fmt.Sprintf("%s of %s asked answered.", number(s.Coverage.Outcomes[signet.Answered], "endpoint", "endpoints"), thousands(s.Coverage.Asked))
	if open > 0 && exposed > 0 {
		sub = fmt.Sprintf("%s could not be told. ", number(open, "host more", "hosts more")) + sub
	}
	switch {
	case hosts == 0:
		return "Nothing was there to be judged.", sub
	case exposed == 1:
		return fmt.Sprintf("1 of %s accepts relayed logons: an attacker on the network could act there as somebody else.", number(hosts, "host", "hosts")), sub
	case exposed > 1:
		return fmt.Sprintf("%s of %s accept relayed logons: an attacker on the network could act there as somebody else.", thousands(exposed), number(hosts, "host", "hosts")), sub
	case open > 0:
		return fmt.Sprintf("No host was seen to accept relayed logons; %s could not be told.", number(open, "host", "hosts")), sub
	}
	return "Every host that answered refuses relayed logons.", sub
}

// groups sums findings by rule, worst first.
func (p *HTML) groups(hosts []*htmlHost) []*htmlGroup {
	by := map[string]*htmlGroup{}
	for _, h := range hosts {
		for i := range h.ends {
			e := &h.ends[i]
			for j := range e.findings {
				f := &e.findings[j]
				g := by[f.rule]
				if g == nil {
					g = &htmlGroup{Rule: f.rule, Title: f.title, reasons: map[string]*reasonSum{}}
					by[f.rule] = g
				}
				g.add(h, e, f, p.rules.of(f.rule).rule.Relay)
			}
		}
	}
	groups := slices.SortedFunc(maps.Values(by), func(a, b *htmlGroup) int {
		return cmp.Or(int(b.severity)-int(a.severity), cmp.Compare(b.exposed, a.exposed), cmp.Compare(b.other, a.other), strings.Compare(a.Rule, b.Rule))
	})
	for _, g := range groups {
		r := p.rules.of(g.Rule)
		g.Severity, g.Requires, g.Advice = g.severity.String(), r.rule.Requires, adviceHTML(r)
		g.Hosts, g.Exposed, g.Other = thousands(g.hosts), thousands(g.exposed), thousands(g.other)
		g.Count = number(g.exposed+g.other, "endpoint", "endpoints") + " on " + number(g.hosts, "host", "hosts")
		g.Reasons, g.ReasonsLeft = topReasons(g.reasons)
	}
	return groups
}

func (g *htmlGroup) add(h *htmlHost, e *htmlEnd, f *htmlFinding, relay bool) {
	g.severity = max(g.severity, f.severity)
	if e.verdict == signet.Exposed && relay {
		g.exposed++
	} else {
		g.other++
	}
	if g.last != h.addr {
		g.last = h.addr
		g.hosts++
	}
	if len(f.because) > 0 {
		addReason(g.reasons, strings.Join(f.because, "; "), h, e)
	}
}

func addReason(m map[string]*reasonSum, text string, h *htmlHost, e *htmlEnd) {
	r := m[text]
	if r == nil {
		r = &reasonSum{}
		m[text] = r
	}
	r.n++
	if len(r.sample) < 3 {
		r.sample = append(r.sample, netip.AddrPortFrom(h.addr, e.port).String())
	}
}

func topReasons(m map[string]*reasonSum) (rows []reasonRow, left string) {
	texts := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b].n, m[a].n), strings.Compare(a, b)) })
	for _, t := range texts[:min(len(texts), mostReasons)] {
		sample := strings.Join(m[t].sample, ", ")
		if m[t].n > uint64(len(m[t].sample)) {
			sample += ", …"
		}
		rows = append(rows, reasonRow{cut(t, 400), thousands(m[t].n), sample})
	}
	if n := len(texts) - mostReasons; n > 0 {
		left = fmt.Sprintf("… and %s: -o csv has them all.", number(uint64(n), "reason more", "reasons more"))
	}
	return rows, left
}

func undeterminedReasons(hosts []*htmlHost) ([]reasonRow, string) {
	m := map[string]*reasonSum{}
	for _, h := range hosts {
		for i := range h.ends {
			if e := &h.ends[i]; e.verdict == signet.Undetermined {
				addReason(m, e.check+": "+strings.Join(e.because, "; "), h, e)
			}
		}
	}
	return topReasons(m)
}

// todo names the fixes that close most: by the paths they close where those were counted, else worst first.
func (p *HTML) todo(groups []*htmlGroup) []todo {
	var out []todo
	closes := map[string]uint64{}
	order := slices.Clone(groups)
	if p.sums != nil && len(p.sums.Fixes) > 0 {
		place := map[string]int{}
		for i, f := range p.sums.Fixes {
			closes[f.Finding], place[f.Finding] = f.Open, i+1
		}
		slices.SortStableFunc(order, func(a, b *htmlGroup) int {
			x, y := place[a.Rule], place[b.Rule]
			switch {
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
		if n := closes[g.Rule]; n > 0 {
			effect += ", " + number(n, "open path", "open paths")
		}
		out = append(out, todo{g.Rule, g.Title, g.Severity, plain(fix), effect})
	}
	return out
}

// splits sorts hosts by role and by subnet.
func (p *HTML) splits(hosts []*htmlHost) []split {
	roles, nets := map[string]*splitRow{}, map[string]*splitRow{}
	count := func(m map[string]*splitRow, name string, v signet.Verdict) {
		if m[name] == nil {
			m[name] = &splitRow{Name: name}
		}
		m[name].verdicts[v]++
	}
	for _, h := range hosts {
		v := h.verdict()
		for _, r := range h.roles {
			count(roles, r, v)
		}
		if len(h.roles) == 0 {
			count(roles, "not known", v)
		}
		bits := 64
		if h.addr.Is4() {
			bits = 24
		}
		if net, err := h.addr.WithZone("").Prefix(bits); err == nil {
			count(nets, net.String(), v)
		}
	}
	var out []split
	if len(roles) > 1 || roles["not known"] == nil && len(roles) > 0 {
		out = append(out, splitOf(roles, "Hosts by role; a host may have several", "Role"))
	}
	if len(nets) > 0 {
		out = append(out, splitOf(nets, "Hosts by subnet", "Subnet"))
	}
	return out
}

func splitOf(m map[string]*splitRow, caption, head string) split {
	rows := slices.SortedFunc(maps.Values(m), func(a, b *splitRow) int {
		return cmp.Or(cmp.Compare(b.verdicts[signet.Exposed], a.verdicts[signet.Exposed]), cmp.Compare(b.verdicts[signet.Undetermined], a.verdicts[signet.Undetermined]), strings.Compare(a.Name, b.Name))
	})
	s := split{Caption: caption, Head: head}
	for _, r := range rows[:min(len(rows), mostSplit)] {
		r.Exposed, r.Undetermined, r.Guarded = thousands(r.verdicts[signet.Exposed]), thousands(r.verdicts[signet.Undetermined]), thousands(r.verdicts[signet.Guarded])
		r.Bars = bars(r.verdicts, 100)
		s.Rows = append(s.Rows, *r)
	}
	if n := len(rows) - mostSplit; n > 0 {
		s.Left = "… and " + thousands(uint64(n)) + " more with less exposure."
	}
	return s
}

// bars divides a width among verdicts.
func bars(v [3]uint64, width float64) []segment {
	total := v[0] + v[1] + v[2]
	if total == 0 {
		return nil
	}
	var out []segment
	x := 0.0
	for _, verdict := range []signet.Verdict{signet.Exposed, signet.Undetermined, signet.Guarded} {
		w := width * float64(v[verdict]) / float64(total)
		if w > 0 {
			out = append(out, segment{verdict.String(), fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", w)})
		}
		x += w
	}
	return out
}

// number is a count and what is counted; wordFor is the word alone.
func number(n uint64, one, many string) string { return thousands(n) + " " + wordFor(n, one, many) }

func wordFor(n uint64, one, many string) string { return either(n == 1, one, many) }
