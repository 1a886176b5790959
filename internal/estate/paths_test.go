package estate_test

import (
	"fmt"
	"net/netip"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
)

// A picture has the paths of the report: those into a rule are those of its fix, those into its subnets and into the hosts of one sum up
// to it.
func TestGraphSumsUp(t *testing.T) {
	e := sampleEstate(t)
	fixes := map[string]signet.PathFix{}
	for _, f := range e.Overview().Paths.Fixes {
		fixes[f.Finding] = f
	}
	into := func(g *estate.Graph, node int) (by [4]uint64) {
		for _, x := range g.Edges {
			if x.To == node {
				by[x.State] += x.Paths
			}
		}
		return by
	}
	g := e.Graph(estate.Opened{})
	rules := 0
	for i, n := range g.Nodes {
		switch n.Kind {
		case estate.NodeRule:
			rules++
			f := fixes[n.Label]
			if by := into(g, i); by[signet.PathOpen] != f.Open || by[signet.PathConditional] != f.Conditional || by[signet.PathUnknown] != f.Unknown || n.Endpoints != f.Endpoints || n.Severity != f.Severity {
				t.Errorf("%s has %d endpoints and the paths %v, the report %+v", n.Label, n.Endpoints, by, f)
			}
			opened(t, e, n, into)
		case estate.NodeSource:
			if n.Hosts == 0 && n.Label == "smb" || n.Name == "" {
				t.Errorf("source %+v", n)
			}
		default:
			t.Errorf("nothing is opened, and there is %+v", n)
		}
	}
	if rules != len(fixes) || rules < 5 || g.Left != 0 {
		t.Errorf("%d rules, the report has %d; %d are left", rules, len(fixes), g.Left)
	}
}

// opened opens a rule, and each of its subnets.
func opened(t *testing.T, e *estate.Estate, rule estate.Node, into func(*estate.Graph, int) [4]uint64) {
	t.Helper()
	g := e.Graph(estate.Opened{Rule: rule.Label})
	var want, sum [4]uint64
	endpoints, hosts := uint64(0), uint64(0)
	for i, n := range g.Nodes {
		if n.Kind == estate.NodeRule && n.Label == rule.Label {
			want = into(g, i)
		}
		if n.Kind != estate.NodeSubnet {
			continue
		}
		endpoints, hosts = endpoints+n.Endpoints, hosts+n.Hosts
		by := into(g, i)
		for s := range by {
			sum[s] += by[s]
		}
		below := e.Graph(estate.Opened{Rule: rule.Label, Subnet: netip.MustParsePrefix(n.Label)})
		var hosted [4]uint64
		count := uint64(0)
		for k, h := range below.Nodes {
			if h.Kind != estate.NodeHost {
				continue
			}
			count++
			for s, p := range into(below, k) {
				hosted[s] += p
			}
			if at, ok := e.Host(h.Host); !ok || at.Address.String() != h.Label || h.Name != at.Name || h.Hosts != 1 {
				t.Errorf("host %+v is %s %s", h, at.Address, at.Name)
			}
		}
		if hosted != by || count != n.Hosts {
			t.Errorf("%s %s: %d hosts have the paths %v, the subnet %d and %v", rule.Label, n.Label, count, hosted, n.Hosts, by)
		}
	}
	if sum != want || endpoints != rule.Endpoints || hosts != rule.Hosts {
		t.Errorf("%s: the subnets have the paths %v, the rule %v", rule.Label, sum, want)
	}
}

// A picture has at most 300 nodes, and says how many it leaves out.
func TestGraphIsBounded(t *testing.T) {
	ends := ""
	for i := range 400 {
		ends += fmt.Sprintf("10.%d.%d.%d a%d 445 weak\n", i/200, i%200, 1, i)
	}
	for i := range 150 {
		ends += fmt.Sprintf("10.0.0.%d b%d 445 weak\n", i+50, i)
	}
	e := estate.New(all.Checks(), []estate.Source{scan{id: "run", at: "09:00", ends: ends}.source(t, "")})
	g := e.Graph(estate.Opened{Rule: "smb-signing-not-required", Subnet: netip.MustParsePrefix("10.0.0.0/24")})
	if len(g.Nodes) > estate.MostNodes || len(g.Nodes) != 1+1+100+100 || g.Left != 300+51 {
		t.Errorf("%d nodes, %d are left", len(g.Nodes), g.Left)
	}
	g = e.Graph(estate.Opened{Rule: "smb-signing-not-required", Subnet: netip.MustParsePrefix("10.1.199.0/24")}) // the last of all
	if n := g.Nodes[len(g.Nodes)-1]; len(g.Nodes) != 1+1+100+1 || n.Label != "10.1.199.1" {
		t.Errorf("%d nodes, the last is %+v", len(g.Nodes), n)
	}
	if g := estate.New(all.Checks(), nil).Graph(estate.Opened{Rule: "x"}); len(g.Nodes) != 0 || g.Nodes == nil {
		t.Errorf("the picture of nothing is %+v", g)
	}
}
