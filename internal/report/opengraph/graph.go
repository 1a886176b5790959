package opengraph

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"net/netip"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// graph is a graph under way. Nodes come before edges in the file: nodes stream, edges wait in a spool.
type graph struct {
	b     *bufio.Writer
	rules *report.Rulebook
	edges report.Spool
	hosts map[netip.Addr]bool // that have their node
	named map[string]bool     // rules and names that have their node or edge
	some  bool                // a node was written
}

// properties have lower-case names; their values are text, numbers, truths, and lists of text.
type properties map[string]any

// Kinds of nodes and edges, which docs/opengraph-schema.json describes to BloodHound. They begin with the namespace of that schema,
// so that no other collector's kinds are among them.
const (
	source       = "Signet" // of all nodes: metadata.source_kind
	kindHost     = "Signet_Host"
	kindEndpoint = "Signet_Endpoint"
	kindRule     = "Signet_Rule"

	kindServes      = "Signet_Serves"
	kindBreaks      = "Signet_Breaks"
	kindCallsItself = "Signet_CallsItself"
)

// ours marks the name of a node. Edges of other collectors may look nodes up by name alone, and BloodHound shows the names of all
// side by side: no host of ours may pass for the computer that it says it is.
const ours = " (SIGNET)"

type node struct {
	ID         string     `json:"id"`
	Kinds      []string   `json:"kinds"`
	Properties properties `json:"properties"`
}

type edge struct {
	Kind       string     `json:"kind"`
	Start      end        `json:"start"`
	End        end        `json:"end"`
	Properties properties `json:"properties"`
}

type end struct {
	MatchBy string `json:"match_by"`
	Value   string `json:"value"`
	Kind    string `json:"kind,omitempty"`
}

// nodeID is the id of a node, in capitals as BloodHound keeps all of them, and of a form that is no other source's: those of a domain
// are SIDs and GUIDs.
func nodeID(of, what string) string { return strings.ToUpper("signet:" + of + ":" + what) }

func byID(id string) end { return end{MatchBy: "id", Value: id} }

func newGraph(w io.Writer, o *report.Options) graph {
	return graph{b: bufio.NewWriterSize(w, 64<<10), rules: report.NewRulebook(o.Checks), hosts: map[netip.Addr]bool{}, named: map[string]bool{}}
}

// open begins the document.
func (g *graph) open() error {
	_, err := g.b.WriteString(`{"metadata":{"source_kind":"` + source + `"},"graph":{"nodes":[`)
	return err
}

// host adds the node of a host the first time, and returns its ID. name is clean; empty for one that is not known.
func (g *graph) host(addr netip.Addr, name string, p properties) (id string, err error) {
	id = nodeID("host", addr.String())
	if g.hosts[addr] {
		return id, nil
	}
	g.hosts[addr] = true
	p["name"], p["address"] = strings.ToUpper(cmp.Or(name, addr.String()))+ours, addr.String()
	if name != "" {
		p["host"] = name
	}
	return id, g.node(node{id, []string{kindHost, source}, p})
}

// endpoint adds the node of an endpoint and the edge from its host, and returns its ID.
func (g *graph) endpoint(host string, at signet.Endpoint, check string, p properties) (id string, err error) {
	check = text.Clean(check)
	name := at.AddrPort().String() + "/" + at.Transport.String()
	id = nodeID("endpoint", name+":"+check)
	p["name"], p["address"], p["port"], p["transport"], p["check"] = strings.ToUpper(name+" "+check)+ours, at.Addr.String(), at.Port, at.Transport.String(), check
	if err := g.node(node{id, []string{kindEndpoint, source}, p}); err != nil {
		return "", err
	}
	return id, g.edge(edge{kindServes, byID(host), byID(id), properties{}})
}

// breach adds the edge from an endpoint to the rule it breaks; what is said of it besides the finding is in p.
func (g *graph) breach(endpoint string, f *signet.Finding, p properties) error {
	rule, err := g.rule(f)
	if err != nil {
		return err
	}
	p["severity"] = f.Severity.String()
	if f.Where != "" {
		p["where"] = text.Clean(f.Where)
	}
	if len(f.Because) > 0 {
		p["because"] = text.CleanAll(f.Because)
	}
	return g.edge(edge{kindBreaks, byID(endpoint), byID(rule), p})
}

// rule adds the node of a finding's rule the first time, and returns its ID.
func (g *graph) rule(f *signet.Finding) (id string, err error) {
	rule := text.Clean(f.Rule)
	id = nodeID("rule", rule)
	if g.named[id] {
		return id, nil
	}
	g.named[id] = true
	r := g.rules.Of(f.Rule)
	p := properties{"name": strings.ToUpper(rule) + ours, "rule": rule, "title": text.Clean(f.Title), "relay": r.Rule.Relay()}
	if r.Rule.Requires != "" {
		p["wanted"] = r.Rule.Requires
	}
	if r.Advice.Setting != "" {
		p["fix"] = r.Advice.Setting
	}
	return id, g.node(node{id, []string{kindRule, source}, p})
}

func (g *graph) node(n node) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if g.some {
		b = append([]byte(",\n"), b...)
	}
	g.some = true
	_, err = g.b.Write(b)
	return err
}

func (g *graph) edge(e edge) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if g.edges.Len() > 0 {
		b = append([]byte(",\n"), b...)
	}
	_, err = g.edges.Write(b)
	return err
}

// close writes the edges and ends the document.
func (g *graph) close() error {
	g.b.WriteString("],\n\"edges\":[")
	if err := g.edges.Drain(g.b); err != nil {
		return err
	}
	g.b.WriteString("]}}\n")
	return g.b.Flush()
}
