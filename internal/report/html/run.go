package html

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// run writes a run: figures over all hosts, and the hosts at most risk with what was seen of them.
type run struct {
	report.Ignore
	interner
	w     io.Writer
	rules *report.Rulebook
	h     report.Header

	hosts   map[netip.Addr]*host // under way
	total   *total
	budget  budget
	steps   *report.Steps
	domains *report.Domains
	picture picture
	risks   report.Risks
	blind   *report.Blind
}

func newRun(w io.Writer, o *report.Options) report.Handler {
	rules := report.NewRulebook(o.Checks)
	return &run{interner: newInterner(), w: w, rules: rules, hosts: map[netip.Addr]*host{}, total: newTotal(rules), budget: budget{room: pageRoom}, steps: report.NewSteps(rules), domains: report.NewDomains(o.Checks), picture: picture{}, blind: report.NewBlind(o.Checks)}
}

// Begin remembers the header.
func (r *run) Begin(h *report.Header) error { r.h = *h; return nil }

// Endpoint files one line under its host.
func (r *run) Endpoint(l *report.Line) error {
	r.blind.Note(l)
	if !l.Reached() {
		return nil
	}
	r.risks.Note(l)
	r.steps.Note(l)
	h := r.hosts[l.Addr]
	if h == nil {
		h = &host{addr: l.Addr}
		r.hosts[l.Addr] = h
	}
	if h.name == "" {
		h.name = r.lineName(l)
	}
	e := endpoint{port: l.Port, transport: l.Transport, outcome: l.Outcome, verdict: l.Verdict, accepted: l.Accepted, check: r.text(l.Check), because: append(r.texts(l.Because), r.texts(l.Disagreements)...), unasked: r.texts(l.Unasked)}
	if l.Err != nil {
		e.failure = text.Clean(l.Err.Phase + ": " + l.Err.Text)
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		e.findings = append(e.findings, finding{rule: r.text(f.Rule), title: r.text(f.Title), where: r.text(f.Where), severity: f.Severity, because: r.texts(f.Because)})
	}
	if len(e.findings) > 0 || l.Verdict == signet.Undetermined {
		for _, x := range l.Trace {
			e.trace = append(e.trace, exchange{r.text(x.Note), evidence(x.Sent), evidence(x.Received)})
		}
	}
	h.ends = append(h.ends, e)
	return nil
}

// lineName names the host behind a line where no host line does.
func (r *run) lineName(l *report.Line) string {
	if name := l.Who(); name != "" {
		return name
	}
	if _, raw := l.Facts.(signet.RawFacts); raw {
		f := report.FactsOf(l)
		return f.HostName(l)
	}
	return ""
}

// Host files what is known of a whole host, and counts it.
func (r *run) Host(host *signet.Host) error {
	r.domains.Note(host)
	h := r.hosts[host.Address]
	if h == nil {
		return nil // nothing of it was reached
	}
	if host.Name != "" {
		h.name = text.Clean(host.Name)
	}
	h.os, h.domain = r.text(host.OS), r.text(host.Domain)
	for _, role := range host.Roles {
		word := roleWords(role.Role)
		if !role.Certain {
			word += " (likely)"
		}
		h.roles = append(h.roles, r.text(word))
	}
	return r.Left(host.Address)
}

// Left counts the host of an address: nothing more comes of it.
func (r *run) Left(addr netip.Addr) error {
	h := r.hosts[addr]
	if h == nil {
		return nil
	}
	delete(r.hosts, addr)
	slices.SortStableFunc(h.ends, func(a, b endpoint) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.transport, b.transport), strings.Compare(a.check, b.check))
	})
	r.total.count(h)
	r.budget.keep(h)
	return nil
}

// Wants hosts for their cards, and paths for the picture.
func (r *run) Wants() report.Wants { return report.Wants{Hosts: true, Paths: true} }

// Paths tells which paths each fix removes.
func (r *run) Paths(sums *signet.Paths) error { r.steps.Weigh(sums); return nil }

// Path adds one class of paths to the picture. One that is closed is not drawn.
func (r *run) Path(x *signet.Path) error {
	if x.State != signet.PathClosed {
		r.picture.count(r.text(x.Source), r.text(x.Finding), x)
	}
	return nil
}

// End writes the page.
func (r *run) End(s *report.Summary) error {
	for _, addr := range slices.SortedFunc(maps.Keys(r.hosts), netip.Addr.Compare) {
		if err := r.Left(addr); err != nil {
			return err
		}
	}
	js, taken, err := encode(r.budget.sorted(), r.budget.room, r.rules)
	if err != nil {
		return err
	}
	v := r.view(s)
	v.Data = template.JS(js)
	if hosts := r.total.hosts(); hosts > uint64(taken) {
		v.LeftOut = fmt.Sprintf("This page lists the %s hosts at most risk of %s. Its figures and findings count all of them. The other %s are in -o csv, -o jsonl and -o xlsx.",
			text.Grouped(uint64(taken)), text.Grouped(hosts), text.Grouped(hosts-uint64(taken)))
		v.Notes = append(v.Notes, v.LeftOut)
	}
	return v.write(r.w, "page.tmpl", "page.js", v)
}
