package prose

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// How much the view by host shows.
const (
	mostHosts     = 200  // that are kept
	mostHostsAll  = 1000 // where all was asked for
	mostHostLines = 450
	mostHostEnds  = 50   // endpoints of one host
	mostHostRows  = 1000 // where all was asked for
)

// hostLists are the endpoints of a run under their hosts. It keeps the worst hosts, and counts the others.
type hostLists struct {
	under    map[netip.Addr]*hostList // of which more may come
	worst    []*hostList              // the worst first
	verdicts report.Counts            // of hosts
	all      bool                     // list what is guarded and unseen too
	calm     int                      // hosts that are left out, since they are guarded or unseen and break nothing
}

// hostList is a host and its endpoints.
type hostList struct {
	addr     netip.Addr
	name     string
	about    []string // roles, system
	verdict  signet.Verdict
	severity signet.Severity
	findings int
	ends     []hostEnd
	calm     int // endpoints that are left out, since they are guarded or unseen and break nothing
	more     int // that are left out, since there are so many
}

// hostEnd is an endpoint of a host.
type hostEnd struct {
	at      signet.Endpoint
	check   string
	verdict signet.Verdict
	words   string // what it breaks, or why it has its verdict
}

// endpoint files an endpoint under its host.
func (l *hostLists) endpoint(line *report.Line) {
	h := l.under[line.Addr]
	if h == nil {
		h = &hostList{addr: line.Addr, verdict: signet.Unseen}
		l.under[line.Addr] = h
	}
	h.name = cmp.Or(h.name, line.Who())
	h.verdict = h.verdict.Worse(line.Verdict)
	var words []string
	for i := range line.Judgement.Findings {
		f := &line.Judgement.Findings[i]
		h.severity = max(h.severity, f.Severity)
		said := text.Clean(f.Title) + " (" + text.Clean(f.Rule) + ", " + f.Severity.String() + ")"
		if !slices.Contains(words, said) { // another page
			words = append(words, said)
			h.findings++
		}
	}
	calm := len(words) == 0 && len(line.Excepted) == 0 && (line.Verdict == signet.Guarded || line.Verdict == signet.Unseen)
	for i := range line.Excepted {
		e := &line.Excepted[i]
		words = append(words, text.Clean(e.Title)+" ("+text.Clean(e.Rule)+", accepted until "+text.Clean(e.Until)+")")
	}
	if calm && !l.all {
		h.calm++
		return
	}
	if len(words) == 0 {
		words = text.CleanAll(line.Because)
	}
	h.ends = append(h.ends, hostEnd{line.Endpoint, text.Clean(line.Check), line.Verdict, text.Cut(strings.Join(words, "; "), mostReason)})
}

// host adds what is known of a whole host, of which nothing more comes.
func (l *hostLists) host(h *signet.Host) {
	if list := l.under[h.Address]; list != nil {
		list.name = cmp.Or(text.Clean(h.Name), list.name)
		for _, r := range h.Roles {
			list.about = append(list.about, text.Clean(r.Role)+text.Either(r.Certain, "", " (likely)"))
		}
		if h.OS != "" {
			list.about = append(list.about, text.Clean(h.OS))
		}
	}
	l.left(h.Address)
}

// left settles the place of a host of which nothing more comes.
func (l *hostLists) left(addr netip.Addr) {
	h := l.under[addr]
	if h == nil {
		return
	}
	delete(l.under, addr)
	l.verdicts[h.verdict]++
	if len(h.ends) == 0 {
		l.calm++
		return
	}
	slices.SortFunc(h.ends, func(a, b hostEnd) int {
		return cmp.Or(a.verdict.Rank()-b.verdict.Rank(), cmp.Compare(a.at.Port, b.at.Port), strings.Compare(a.check, b.check))
	})
	most, ends := mostHosts, mostHostEnds
	if l.all {
		most, ends = mostHostsAll, mostHostRows
	}
	if more := len(h.ends) - ends; more > 0 {
		h.more, h.ends = more, slices.Clone(h.ends[:ends])
	}
	at, _ := slices.BinarySearchFunc(l.worst, h, worseHost)
	if at < most {
		l.worst = slices.Insert(l.worst[:min(len(l.worst), most-1)], at, h)
	}
}

// worseHost orders hosts, the worst first.
func worseHost(a, b *hostList) int {
	return cmp.Or(a.verdict.Rank()-b.verdict.Rank(), cmp.Compare(b.severity, a.severity), b.findings-a.findings, a.addr.Compare(b.addr))
}

// end settles the hosts that nobody said anything more of.
func (l *hostLists) end() {
	for _, addr := range slices.SortedFunc(maps.Keys(l.under), netip.Addr.Compare) {
		l.left(addr)
	}
}

// title says what a host is, and how it stands.
func (h *hostList) title() string {
	return strings.Join(append(h.about, h.standing()), "; ")
}

// standing is its verdict and the worst severity of its findings.
func (h *hostList) standing() string {
	if h.findings == 0 {
		return h.verdict.String()
	}
	return h.verdict.String() + ", worst finding " + h.severity.String()
}

// sum says how many hosts there are of each verdict.
func (l *hostLists) sum() string {
	var parts []string
	for _, v := range signet.Verdicts() {
		parts = append(parts, fmt.Sprintf("%d %s", l.verdicts[v], v))
	}
	return strings.Join(parts, ", ")
}

// leftOutHosts says which hosts are not shown, and the commands that show them.
func (d *digest) leftOutHosts(shown int) (list []string) {
	if more := int(d.by.verdicts.Total()) - d.by.calm - shown; more > 0 {
		list = append(list, d.more(more, "-o csv"))
	}
	if d.by.calm > 0 {
		list = append(list, fmt.Sprintf("… and %s that %s guarded or unseen: %s", text.Count(d.by.calm, "host", "hosts"), text.Noun(d.by.calm, "is", "are"), d.origin.Show(d.h.Run, "--by host --all")))
	}
	return list
}

// printHostLists prints the hosts with their endpoints, the worst first.
func (t *textRun) printHostLists(p *page) {
	p.heading("HOSTS", "the worst first: "+t.by.sum())
	lines, shown := 0, 0
	for _, h := range t.by.worst {
		one := t.page()
		if shown > 0 {
			one.blank()
		}
		one.hang(2, t.style.bold(strings.TrimSpace(h.addr.String()+" "+text.Cut(h.name, 60))), strings.TrimSuffix(h.title(), h.standing())+t.style.verdict(h.verdict, h.standing()))
		for _, e := range h.ends {
			one.hang(10, text.Pad(e.at.PortString(), 5)+" "+text.Pad(e.check, 5)+" "+t.style.verdict(e.verdict, text.Pad(e.verdict.String(), 12)), e.words)
		}
		if h.more > 0 {
			one.whole(10, t.style.faint(t.more(h.more, "-o csv")))
		}
		if h.calm > 0 {
			one.text(10, 10, t.style.faint(text.Count(h.calm, "endpoint more is", "endpoints more are")+" guarded or unseen"))
		}
		if lines += strings.Count(one.b.String(), "\n"); lines > mostHostLines && shown > 0 && !t.h.All {
			break
		}
		p.b.WriteString(one.b.String())
		shown++
	}
	for _, words := range t.leftOutHosts(shown) {
		p.whole(2, t.style.faint(words))
	}
}

// hostTable is the same for Markdown: a row for each endpoint, the host in the first of them.
func (m *markdownRun) hostTable() {
	m.line("\n## Hosts: %s\n\n| host | endpoint | check | verdict | findings |\n|---|---|---|---|---|", m.by.sum())
	lines, shown := 0, 0
	for _, h := range m.by.worst {
		if lines += len(h.ends); lines > mostHostLines && shown > 0 && !m.h.All {
			break
		}
		shown++
		who := strings.TrimSpace("`"+code(h.addr.String())+"` "+markdown(text.Cut(h.name, 60))) + ": " + markdown(h.title())
		for _, e := range h.ends {
			m.line("| %s | `%s` | %s | %s | %s |", who, code(e.at.String()), markdown(e.check), e.verdict, markdown(e.words))
			who = ""
		}
		if h.more > 0 {
			m.line("|  | %s |  |  |  |", m.more(h.more, "-o csv"))
		}
	}
	for _, words := range m.leftOutHosts(shown) {
		m.line("\n%s.", words)
	}
}
