package html

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"signet"
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
	Text, More        string
	X, Y, W           int
	TX, TY, TY2       int
}

type pathRow struct {
	Source, Rule, State string
	Endpoints, Paths    string
}

// draw puts sources on the left, findings on the right and a line for each sum between them.
func (p picture) draw() (shapes []shape, rows []pathRow, height int) {
	keys := slices.SortedFunc(maps.Keys(p), func(a, b pathEdge) int {
		x, y := p[a], p[b]
		return cmp.Or(int(b.state)-int(a.state), int(y.severity)-int(x.severity), cmp.Compare(y.paths, x.paths), strings.Compare(a.source+a.finding, b.source+b.finding))
	})
	const mostLines, step = 24, 56
	keys = keys[:min(len(keys), mostLines)]
	var left, right []string
	sums := map[string]uint64{}
	for _, k := range keys {
		for _, side := range []struct {
			list *[]string
			name string
		}{{&left, k.source}, {&right, k.finding}} {
			if !slices.Contains(*side.list, side.name) {
				*side.list = append(*side.list, side.name)
			}
		}
		sums["<"+k.source] += p[k].endpoints
		sums[">"+k.finding] += p[k].endpoints
	}
	height = max(len(left), len(right))*step + 4
	at := func(list []string, name string) int {
		gap := (height - len(list)*step) / 2
		return gap + slices.Index(list, name)*step + 8
	}
	for _, k := range keys {
		s := p[k]
		y1, y2 := at(left, k.source)+20, at(right, k.finding)+20
		shapes = append(shapes, shape{Class: k.state.String(), Wide: fmt.Sprintf("%.1f", 1.5+math.Log10(float64(max(s.paths, 1)))*1.6),
			Line: fmt.Sprintf("M232,%d C370,%d 400,%d 538,%d", y1, y1, y2, y2)})
		rows = append(rows, pathRow{sourceWords(k.source), k.finding, k.state.String(), text.Grouped(s.endpoints), text.Grouped(s.paths)})
	}
	for _, name := range left {
		y := at(left, name)
		shapes = append(shapes, shape{Text: sourceWords(name), More: "could come from here", X: 2, Y: y, W: 230, TX: 14, TY: y + 17, TY2: y + 33})
	}
	for _, name := range right {
		y := at(right, name)
		shapes = append(shapes, shape{Text: text.Cut(name, 46), More: text.Count(sums[">"+name], "endpoint", "endpoints"), X: 538, Y: y, W: 358, TX: 550, TY: y + 17, TY2: y + 33})
	}
	return shapes, rows, height
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
