package report

import (
	"bufio"
	"encoding/json"
	"io"
	"net/netip"
	"strings"

	"signet"
	"signet/internal/text"
)

// OpenGraph writes a graph that BloodHound takes in (OpenGraph: nodes and edges of kinds of one's own). It holds what
// was seen and what was judged: hosts, their endpoints, the rules they break, and the name a host gives itself. It
// names no way of attacking anything, and no edge of it says that one host can reach into another.
//
// Nodes come before edges in the file: nodes stream, edges wait in a spool.
type OpenGraph struct {
	Ignore
	b     *bufio.Writer
	rules *Rulebook
	edges spool
	hosts map[netip.Addr]bool
	named map[string]bool // rules and names that have their node or edge
	first bool
}

type graphNode struct {
	ID         string         `json:"id"`
	Kinds      []string       `json:"kinds"`
	Properties map[string]any `json:"properties"` // lower-case names; text, numbers, truths, and lists of text
}

type graphEdge struct {
	Kind       string         `json:"kind"`
	Start      graphEnd       `json:"start"`
	End        graphEnd       `json:"end"`
	Properties map[string]any `json:"properties"`
}

type graphEnd struct {
	MatchBy string `json:"match_by"`
	Value   string `json:"value"`
	Kind    string `json:"kind,omitempty"`
}

// NewOpenGraph writes to w.
func NewOpenGraph(w io.Writer, rules *Rulebook) *OpenGraph {
	return &OpenGraph{b: bufio.NewWriterSize(w, 64<<10), rules: rules, hosts: map[netip.Addr]bool{}, named: map[string]bool{}, first: true}
}

// Begin opens the document.
func (g *OpenGraph) Begin(*Header) error {
	_, err := g.b.WriteString(`{"metadata":{"source_kind":"Signet"},"graph":{"nodes":[`)
	return err
}

// Endpoint adds an endpoint, its host the first time, and an edge per rule that it breaks.
func (g *OpenGraph) Endpoint(l *Line) error {
	if !l.Reached() {
		return nil
	}
	f := factsOf(l)
	host := hostID(l.Addr)
	if !g.hosts[l.Addr] {
		g.hosts[l.Addr] = true
		p := map[string]any{"name": text.Either(f.hostName(l) == "", l.Addr.String(), strings.ToUpper(f.hostName(l))), "address": l.Addr.String()}
		if f.NTLM != nil {
			p["os_version"], p["domain"] = text.Clean(f.NTLM.OSVersion), text.Clean(f.NTLM.DNSDomain)
		}
		if err := g.node(graphNode{host, []string{"SignetHost", "Signet"}, p}); err != nil {
			return err
		}
	}
	if f.NTLM != nil && f.NTLM.DNSComputer != "" {
		name := strings.ToUpper(text.Clean(f.NTLM.DNSComputer))
		if key := host + "\x00" + name; !g.named[key] {
			g.named[key] = true
			// By name alone: that the host calls itself so is all that was seen.
			if err := g.edge(graphEdge{"SignetCallsItself", byID(host), graphEnd{"name", name, "Computer"}, map[string]any{"from": l.Endpoint.String()}}); err != nil {
				return err
			}
		}
	}
	id := endpointID(l.Endpoint, l.Check)
	if err := g.node(graphNode{id, []string{"SignetEndpoint", "Signet"}, endpointProperties(l, &f)}); err != nil {
		return err
	}
	if err := g.edge(graphEdge{"SignetServes", byID(host), byID(id), map[string]any{}}); err != nil {
		return err
	}
	for i := range l.Judgement.Findings {
		if err := g.finding(id, &l.Judgement.Findings[i]); err != nil {
			return err
		}
	}
	return nil
}

func hostID(addr netip.Addr) string { return "SIGNET:HOST:" + addr.String() }

func endpointID(at signet.Endpoint, check string) string {
	return strings.ToUpper("signet:endpoint:" + at.AddrPort().String() + "/" + at.Transport.String() + ":" + text.Clean(check))
}

func endpointProperties(l *Line, f *facts) map[string]any {
	p := map[string]any{
		"name": l.AddrPort().String() + "/" + l.Transport.String(), "address": l.Addr.String(), "port": l.Port, "transport": l.Transport.String(), "check": text.Clean(l.Check),
		"outcome": l.Outcome.String(), "verdict": l.Verdict.String(), "at": l.At.UTC().Format("2006-01-02T15:04:05Z"),
	}
	if len(l.Because) > 0 {
		p["because"] = text.CleanAll(l.Because)
	}
	if len(l.Unasked) > 0 {
		p["unasked"] = text.CleanAll(l.Unasked)
	}
	for name, level := range map[string]signet.Level{"signing": f.Signing, "channel_binding": f.ChannelBinding, "epa": f.EPA, "nla": f.NLA} {
		if level != signet.Unknown {
			p[name] = level.String()
		}
	}
	if f.Dialect != "" {
		p["dialect"] = text.Clean(f.Dialect)
	}
	if o := f.SMB1.Offered; o != nil {
		p["smb1_offered"] = *o
	}
	return p
}

func (g *OpenGraph) finding(endpoint string, f *signet.Finding) error {
	id, err := g.rule(f)
	if err != nil {
		return err
	}
	return g.edge(graphEdge{"SignetBreaks", byID(endpoint), byID(id), breach(f)})
}

// rule adds the node of a finding's rule the first time, and names it.
func (g *OpenGraph) rule(f *signet.Finding) (id string, err error) {
	rule := text.Clean(f.Rule)
	id = "SIGNET:RULE:" + strings.ToUpper(rule)
	if !g.named[id] {
		g.named[id] = true
		r := g.rules.of(f.Rule)
		p := map[string]any{"name": rule, "title": text.Clean(f.Title), "relay": r.rule.Relay()}
		if r.rule.Requires != "" {
			p["wanted"] = r.rule.Requires
		}
		if r.advice.Setting != "" {
			p["fix"] = r.advice.Setting
		}
		if err := g.node(graphNode{id, []string{"SignetRule", "Signet"}, p}); err != nil {
			return "", err
		}
	}
	return id, nil
}

// breach is what an edge says of a finding.
func breach(f *signet.Finding) map[string]any {
	p := map[string]any{"severity": f.Severity.String()}
	if f.Where != "" {
		p["where"] = text.Clean(f.Where)
	}
	if len(f.Because) > 0 {
		p["because"] = text.CleanAll(f.Because)
	}
	return p
}

func byID(id string) graphEnd { return graphEnd{MatchBy: "id", Value: id} }

func (g *OpenGraph) node(n graphNode) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if !g.first {
		b = append([]byte(",\n"), b...)
	}
	g.first = false
	_, err = g.b.Write(b)
	return err
}

func (g *OpenGraph) edge(e graphEdge) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if g.edges.size > 0 {
		b = append([]byte(",\n"), b...)
	}
	_, err = g.edges.Write(b)
	return err
}

// End writes the edges and closes the document.
func (g *OpenGraph) End(*Summary) error {
	g.b.WriteString("],\n\"edges\":[")
	if err := g.edges.flush(g.b); err != nil {
		return err
	}
	g.b.WriteString("]}}\n")
	return g.b.Flush()
}
