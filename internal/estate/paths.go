package estate

import (
	"cmp"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/relay"
)

// MostNodes is how many nodes a picture of paths has at most.
const MostNodes = 300

// most of what is opened in one step, so that a picture keeps within MostNodes.
const (
	mostRules   = 40
	mostSubnets = 100
	mostTargets = 100
)

// Opened is how far paths are opened: the subnets of one rule, and the hosts of one subnet.
type Opened struct {
	Rule   string       // that is broken; "": none is opened
	Subnet netip.Prefix // among its subnets; invalid: none is opened
}

// NodeKind says what a node stands for.
type NodeKind uint8

// The kinds of nodes, from left to right.
const (
	NodeSource NodeKind = iota
	NodeRule
	NodeSubnet
	NodeHost
)

func (k NodeKind) String() string {
	return [...]string{"source", "rule", "subnet", "host"}[min(k, NodeHost)]
}

// Node is one place in a picture of paths.
type Node struct {
	Kind      NodeKind
	Label     string // the class of source, the rule, the subnet, the address
	Name      string // of a host; of a source what it stands for in a sentence
	Host      ID
	Severity  signet.Severity // the worst of its endpoints
	Hosts     uint64          // of a source: how many could be it; else those with such endpoints
	Endpoints uint64
}

// Edge is the paths between two nodes, by index.
type Edge struct {
	From, To int
	State    signet.PathState
	Paths    uint64
	Because  string // from a source to a rule
}

// Graph is a picture of paths: source → rule → subnet → host, and what it leaves out.
type Graph struct {
	Nodes []Node
	Edges []Edge
	Left  uint64 // nodes beyond what a step shows, the largest of which are shown
}

// target is a place in the picture while its paths are counted.
type target struct {
	Node
	last    int // the spot that was counted last
	own     [4]uint64
	reaches []relay.Reach // of a rule
}

// SubnetOf is the /24 or /64 that an address is in: what paths are counted by.
func SubnetOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil { // a zone, which no row has
		return netip.Prefix{}
	}
	return p
}

// count adds an endpoint to a place.
func (t *target) count(e *Estate, w *row, reaches []relay.Reach) {
	t.Endpoints++
	t.Severity = max(t.Severity, w.severity)
	if t.last != int(w.spot) {
		t.last = int(w.spot)
		t.Hosts++
	}
	m := &e.marks[w.spot]
	for i := range reaches {
		if reaches[i].Own(m.windows, m.seen&(1<<reaches[i].Source) != 0) {
			t.own[i]++
		}
	}
}

// paths is how many paths lead to a place from a class of source.
func (t *target) paths(i int, r *relay.Reach) uint64 { return r.Sources*t.Endpoints - t.own[i] }

// Graph draws paths as far as they are opened. Endpoints count as they stand; a host is no source against itself.
func (e *Estate) Graph(open Opened) *Graph {
	rules, subnets, hosts := map[string]*target{}, map[netip.Prefix]*target{}, map[uint32]*target{}
	type text struct {
		source uint16
		rule   uint32
	}
	known := map[text]*target{} // the same, by what readings call them
	spot, subnet := -1, netip.Prefix{}
	var within *target
	for k := range e.rows {
		w := &e.rows[k]
		if w.flags&rowWay == 0 {
			continue
		}
		r := e.sources[w.source].Reading
		at := text{w.source, r.flaw(&r.breaches[w.breach]).rule}
		t := known[at]
		if t == nil {
			rule := e.ruleOf(w)
			t = put(rules, rule, NodeRule)
			t.Label, t.reaches = rule, e.sums.reaches[rule]
			known[at] = t
		}
		t.count(e, w, t.reaches)
		if t.Label != open.Rule {
			continue
		}
		if spot != int(w.spot) { // rows come by address
			spot = int(w.spot)
			if p := SubnetOf(e.addrOf(&e.spots[spot])); p != subnet || within == nil {
				subnet, within = p, put(subnets, p, NodeSubnet)
			}
		}
		within.count(e, w, t.reaches)
		if subnet == open.Subnet {
			put(hosts, w.spot, NodeHost).count(e, w, t.reaches)
		}
	}
	for i, t := range hosts {
		t.Label, t.Name, t.Host = e.addrOf(&e.spots[i]).String(), e.title(int(i)), e.id(int(i))
	}
	for p, t := range subnets {
		t.Label = p.String()
	}
	g := &Graph{Nodes: []Node{}, Edges: []Edge{}}
	list := largest(g, rules, mostRules, open.Rule)
	at := map[relay.Source]int{}
	for _, s := range relay.Sources() {
		for _, rule := range list {
			for _, r := range e.sums.reaches[rule] {
				if _, ok := at[s]; !ok && r.Source == s {
					at[s] = g.add(Node{Kind: NodeSource, Label: s.String(), Name: relay.Who(s), Hosts: r.Sources})
				}
			}
		}
	}
	for _, rule := range list {
		reaches, here := e.sums.reaches[rule], g.add(rules[rule].Node)
		for i := range reaches {
			r := &reaches[i]
			g.Edges = append(g.Edges, Edge{From: at[r.Source], To: here, State: r.State, Paths: rules[rule].paths(i, r), Because: r.Because})
		}
		if rule != open.Rule {
			continue
		}
		for _, p := range largest(g, subnets, mostSubnets, open.Subnet) {
			there := g.lead(here, subnets[p], reaches)
			if p != open.Subnet {
				continue
			}
			for _, i := range largest(g, hosts, mostTargets, 1<<32-1) {
				g.lead(there, hosts[i], reaches)
			}
		}
	}
	return g
}

// put is a place in a map, made where there is none.
func put[K comparable](m map[K]*target, k K, kind NodeKind) *target {
	t := m[k]
	if t == nil {
		t = &target{Node: Node{Kind: kind}, last: -1}
		m[k] = t
	}
	return t
}

// largest lists places, those with the severest and then with most endpoints first. What is beyond most is counted as left, but never
// the one that is opened.
func largest[K comparable](g *Graph, m map[K]*target, most int, opened K) []K {
	list := make([]K, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b K) int {
		x, y := m[a], m[b]
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(y.Endpoints, x.Endpoints), cmp.Compare(x.Label, y.Label))
	})
	if left := len(list) - most; left > 0 {
		g.Left += uint64(left)
		if slices.Contains(list[most:], opened) {
			list[most-1] = opened
		}
		list = list[:most]
	}
	return list
}

func (g *Graph) add(n Node) int {
	g.Nodes = append(g.Nodes, n)
	return len(g.Nodes) - 1
}

// lead adds a place behind another, with one edge for each state in which paths lead there.
func (g *Graph) lead(from int, t *target, reaches []relay.Reach) int {
	here := g.add(t.Node)
	var by [signet.PathOpen + 1]uint64
	for i := range reaches {
		by[reaches[i].State] += t.paths(i, &reaches[i])
	}
	for s := signet.PathOpen; ; s-- {
		if by[s] > 0 {
			g.Edges = append(g.Edges, Edge{From: from, To: here, State: s, Paths: by[s]})
		}
		if s == signet.PathUnknown {
			return here
		}
	}
}

func (e *Estate) ruleOf(w *row) string {
	r := e.sources[w.source].Reading
	return r.word(r.flaw(&r.breaches[w.breach]).rule)
}
