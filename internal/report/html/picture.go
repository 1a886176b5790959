package html

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// picture sums paths by where they come from and where they lead, and draws the sums.
type picture map[pathEdge]*pathSum

// pathEdge is what paths are summed by: who comes, where to by which finding, and what is known of it.
type pathEdge struct {
	source, finding string
	state           signet.PathState
}

type pathSum struct {
	endpoints, paths uint64
	severity         signet.Severity
}

// count adds one class of paths. source and finding are clean.
func (p picture) count(source, finding string, x *signet.Path) {
	k := pathEdge{source, finding, x.State}
	s := p[k]
	if s == nil {
		s = &pathSum{}
		p[k] = s
	}
	s.endpoints++
	s.paths += x.Sources
	s.severity = max(s.severity, x.Severity)
}

// shape is one line or one box of the picture.
type shape struct {
	Line, Class, Wide string
	Text, More, Tip   string
	X, Y, W           int
	TX, TY, TY2       int
}

// pathRow is a line of the picture in words.
type pathRow struct {
	Source, Rule, Title, Class, State string
	Endpoints, Paths                  string
}

// pathTree is the lines from one kind of client, for where the picture is too wide.
type pathTree struct {
	Source string
	Rows   []pathRow
}

// explained is a rule that a link of the page leads to, or empty where it leads nowhere.
func (v *view) explained(rule string) string {
	if slices.ContainsFunc(v.Groups, func(g *group) bool { return g.Rule == rule }) {
		return rule
	}
	return ""
}

// paths shows the picture, and says what stands in none of its lines.
func (v *view) paths(p picture, rules *report.Rulebook, accepted *report.Risks) {
	title := func(rule string) string { return cmp.Or(rules.Of(rule).Rule.Title, rule) }
	var left int
	v.Picture, v.PathRows, v.PictureHeight, left = p.draw(title)
	if left > 0 {
		v.PathsLeft = "… and " + text.Count(uint64(left), "more line", "more lines") + " with fewer paths: -o jsonl has every path."
	}
	if accepted.Findings > 0 {
		v.PathsAccepted = "Exceptions of the policy cover " + accepted.Sum() + "; the picture does not show paths that lead there by them."
	}
	at := map[string]int{}
	for n := range v.PathRows {
		row := &v.PathRows[n]
		row.Rule = v.explained(row.Rule)
		i, ok := at[row.Source]
		if !ok {
			i = len(v.PathTrees)
			at[row.Source] = i
			v.PathTrees = append(v.PathTrees, pathTree{Source: row.Source})
		}
		v.PathTrees[i].Rows = append(v.PathTrees[i].Rows, *row)
	}
}

// draw puts sources on the left, findings on the right and a line for each sum between them. left is how many sums had no room.
func (p picture) draw(title func(rule string) string) (shapes []shape, rows []pathRow, height, left int) {
	keys := slices.SortedFunc(maps.Keys(p), func(a, b pathEdge) int {
		x, y := p[a], p[b]
		return cmp.Or(int(b.state)-int(a.state), int(y.severity)-int(x.severity), cmp.Compare(y.paths, x.paths), strings.Compare(a.source+a.finding, b.source+b.finding))
	})
	const mostLines, step = 24, 56
	all := len(keys)
	keys = keys[:min(len(keys), mostLines)]
	var sources, findings []string
	sums, bySource := map[string]uint64{}, map[[2]string]uint64{} // an endpoint may be reached from several kinds of clients
	for _, k := range keys {
		for _, side := range []struct {
			list *[]string
			name string
		}{{&sources, k.source}, {&findings, k.finding}} {
			if !slices.Contains(*side.list, side.name) {
				*side.list = append(*side.list, side.name)
			}
		}
		bySource[[2]string{k.source, k.finding}] += p[k].endpoints
		sums[k.finding] = max(sums[k.finding], bySource[[2]string{k.source, k.finding}])
	}
	height = max(len(sources), len(findings))*step + 4
	at := func(list []string, name string) int {
		gap := (height - len(list)*step) / 2
		return gap + slices.Index(list, name)*step + 8
	}
	for _, k := range keys {
		s := p[k]
		y1, y2 := at(sources, k.source)+20, at(findings, k.finding)+20
		shapes = append(shapes, shape{Class: k.state.String(), Wide: fmt.Sprintf("%.1f", 1.5+math.Log10(float64(max(s.paths, 1)))*1.6),
			Line: fmt.Sprintf("M192,%d C320,%d 340,%d 468,%d", y1, y1, y2, y2)})
		rows = append(rows, pathRow{sourceWords(k.source), k.finding, title(k.finding), k.state.String(), stateWords(k.state), text.Grouped(s.endpoints), text.Grouped(s.paths)})
	}
	for _, name := range sources {
		y := at(sources, name)
		shapes = append(shapes, shape{Text: sourceWords(name), More: "could come from here", X: 2, Y: y, W: 190, TX: 14, TY: y + 17, TY2: y + 33})
	}
	for _, name := range findings {
		y := at(findings, name)
		shapes = append(shapes, shape{Text: text.Cut(title(name), 60), More: text.CountGrouped(sums[name], "endpoint", "endpoints") + " · " + text.Cut(name, 40), Tip: title(name) + " (" + name + ")", X: 468, Y: y, W: 428, TX: 480, TY: y + 17, TY2: y + 33})
	}
	return shapes, rows, height, all - len(keys)
}

// sourceWords says what a source of paths is.
func sourceWords(source string) string {
	switch source {
	case "smb":
		return "Logons over SMB"
	case "http":
		return "Logons over HTTP"
	case "ntlmv1":
		return "Clients of NTLMv1"
	case "unbound":
		return "Clients without binding"
	}
	return source
}

// stateWords says what is known of a path, as the order of work does.
func stateWords(s signet.PathState) string {
	if s == signet.PathUnknown {
		return "may be open"
	}
	return s.String()
}
