package report

import (
	"cmp"
	"embed"
	"encoding/hex"
	"io"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

//go:embed html
var htmlFiles embed.FS

// HTML writes one page that loads nothing: figures and fixes for who decides, every host with its evidence for who
// repairs. A page has bounds: hosts that are worst come first, and what does not fit is counted and said. So has what is
// kept for it: sums, and the hosts that may still fit.
type HTML struct {
	Ignore
	w      io.Writer
	checks []check.Check
	rules  *Rulebook
	h      Header

	interned map[string]string
	hosts    map[netip.Addr]*htmlHost // under way
	total    *htmlTotal
	shelf    shelf
	sums     *signet.Paths
	edges    map[pathEdge]*pathSum
	room     int // bytes that the data of hosts may take
}

// htmlHost is what the page says of one host. Texts are clean and shared.
type htmlHost struct {
	addr             netip.Addr
	rank             int // its risk, once it is whole
	name, os, domain string
	roles            []string
	ends             []htmlEnd
}

type htmlEnd struct {
	port      uint16
	transport signet.Transport
	outcome   signet.Outcome
	verdict   signet.Verdict
	check     string
	failure   string
	because   []string
	unasked   []string
	findings  []htmlFinding
	trace     []htmlExchange
}

type htmlFinding struct {
	rule, title, where string
	severity           signet.Severity
	because            []string
}

// htmlExchange is an exchange as hexadecimal, cut.
type htmlExchange struct{ note, sent, received string }

// Bounds of the page. Six megabytes is what a browser opens at once and a mail takes; the page itself, its advice
// and its lists need less than half of one.
const (
	htmlRoom     = 5_400_000
	mostEvidence = 384     // bytes of each direction of an exchange
	mostInterned = 1 << 14 // texts that are looked for when they come again
)

// NewHTML writes to w.
func NewHTML(w io.Writer, checks []check.Check, rules *Rulebook) *HTML {
	return &HTML{w: w, checks: checks, rules: rules, interned: map[string]string{}, hosts: map[netip.Addr]*htmlHost{}, total: newHTMLTotal(rules), edges: map[pathEdge]*pathSum{}, room: htmlRoom, shelf: shelf{room: htmlRoom}}
}

// Begin remembers the header.
func (p *HTML) Begin(h *Header) error { p.h = *h; return nil }

// text cleans a text and keeps it once: reasons and titles are the same at most endpoints.
func (p *HTML) text(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := p.interned[s]; ok {
		return kept
	}
	c := text.Clean(s)
	if len(s) > 4000 { // the key itself is kept too
		return c
	}
	if len(p.interned) == mostInterned {
		clear(p.interned) // what stands in hosts stays there
	}
	p.interned[s] = c
	return c
}

func (p *HTML) texts(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = p.text(s)
	}
	return out
}

// Endpoint files one line under its host.
func (p *HTML) Endpoint(l *Line) error {
	if !l.Reached() {
		return nil
	}
	h := p.hosts[l.Addr]
	if h == nil {
		h = &htmlHost{addr: l.Addr}
		p.hosts[l.Addr] = h
	}
	if h.name == "" {
		h.name = p.lineName(l)
	}
	e := htmlEnd{port: l.Port, transport: l.Transport, outcome: l.Outcome, verdict: l.Verdict, check: p.text(l.Check), because: append(p.texts(l.Because), p.texts(l.Disagreements)...), unasked: p.texts(l.Unasked)}
	if l.Err != nil {
		e.failure = text.Clean(l.Err.Phase + ": " + l.Err.Text)
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		e.findings = append(e.findings, htmlFinding{rule: p.text(f.Rule), title: p.text(f.Title), where: p.text(f.Where), severity: f.Severity, because: p.texts(f.Because)})
	}
	if len(e.findings) > 0 || l.Verdict == signet.Undetermined {
		for _, x := range l.Trace {
			e.trace = append(e.trace, htmlExchange{p.text(x.Note), evidence(x.Sent), evidence(x.Received)})
		}
	}
	h.ends = append(h.ends, e)
	return nil
}

// evidence is bytes in hexadecimal, the beginning of them where they are many.
func evidence(b []byte) string {
	if len(b) <= mostEvidence {
		return hex.EncodeToString(b)
	}
	return hex.EncodeToString(b[:mostEvidence]) + " … " + text.Count(uint64(len(b)-mostEvidence), "byte more", "bytes more")
}

// lineName names the host behind a line where no host line does.
func (p *HTML) lineName(l *Line) string {
	if name := who(l); name != "" {
		return name
	}
	if _, raw := l.Facts.(signet.RawFacts); raw {
		f := factsOf(l)
		return f.hostName(l)
	}
	return ""
}

// Host files what is known of a whole host, and counts it.
func (p *HTML) Host(host *signet.Host) error {
	h := p.hosts[host.Address]
	if h == nil {
		return nil // nothing of it was reached
	}
	if host.Name != "" {
		h.name = text.Clean(host.Name)
	}
	h.os, h.domain = p.text(host.OS), p.text(host.Domain)
	for _, r := range host.Roles {
		word := roleWords(r.Role)
		if !r.Certain {
			word += " (likely)"
		}
		h.roles = append(h.roles, p.text(word))
	}
	return p.Left(host.Address)
}

// roleWords names a role as people write it.
func roleWords(role string) string {
	switch role {
	case check.RoleADFS:
		return "AD FS"
	case check.RoleCAWeb:
		return "certificate enrolment (web)"
	case check.RoleExchange:
		return "Exchange"
	case check.RoleMECM:
		return "Configuration Manager"
	case check.RoleNAS:
		return "NAS"
	case check.RoleRDGateway:
		return "RD Gateway"
	case check.RoleReporting:
		return "Reporting Services"
	case check.RoleSharePoint:
		return "SharePoint"
	case check.RoleSkype:
		return "Skype for Business"
	case check.RoleSQLServer:
		return "SQL Server"
	case check.RoleWSUS:
		return "WSUS"
	}
	return strings.ReplaceAll(text.Clean(role), "-", " ")
}

// Left counts the host of an address: nothing more comes of it.
func (p *HTML) Left(addr netip.Addr) error {
	h := p.hosts[addr]
	if h == nil {
		return nil
	}
	delete(p.hosts, addr)
	slices.SortStableFunc(h.ends, func(a, b htmlEnd) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.transport, b.transport), strings.Compare(a.check, b.check))
	})
	p.total.add(h)
	p.shelf.add(h)
	return nil
}

// verdict is the worst of the host's endpoints.
func (h *htmlHost) verdict() signet.Verdict {
	v := signet.Unseen
	for i := range h.ends {
		v = v.Worse(h.ends[i].verdict)
	}
	return v
}

// severity is the worst of its findings; info for none.
func (h *htmlHost) severity() signet.Severity {
	worst := signet.Info
	for i := range h.ends {
		for j := range h.ends[i].findings {
			worst = max(worst, h.ends[i].findings[j].severity)
		}
	}
	return worst
}
