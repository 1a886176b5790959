package run

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/fix"
	"signet/internal/judge"
	"signet/internal/relay"
	"signet/internal/report"
	"signet/internal/text"
)

// PathRules are the rules of relay paths, which belong to no check.
func PathRules() []relay.Rule { return relay.Rules() }

// ExplainPath says what a rule of relay paths means; false: it is none.
func ExplainPath(rule string) (string, bool) { return relay.Explain(rule) }

// RuleNames are the names of every rule there is.
func (e *Env) RuleNames() []string {
	var names []string
	for _, c := range e.Checks {
		for _, r := range c.Rules {
			names = append(names, r.ID)
		}
	}
	for _, r := range relay.Rules() {
		names = append(names, r.ID)
	}
	return names
}

// KnownRules refuses names of rules that nothing closes: those that are no rule's, and those of relay paths, which end with the rules that open
// them.
func (e *Env) KnownRules(rules []string) error {
	names := e.RuleNames()
	for _, r := range rules {
		if _, ok := relay.Explain(r); ok {
			return refuse("rules", "%s is a way for logons, not a setting: fix the rules that open it (signet explain %s names them)", r, r)
		}
		if !slices.Contains(names, r) {
			return refuse("rules", "no rule is called %q%s (signet explain lists them)", r, text.DidYouMean(r, names))
		}
	}
	return nil
}

// HasRule tells whether a check has a rule of that name.
func (e *Env) HasRule(rule string) bool {
	_, r := check.FindRule(e.Checks, rule)
	return r != nil
}

// Advice is what is said about a rule of a check; false: there is none of that name.
func (e *Env) Advice(rule string) (check.Advice, bool) {
	c, r := check.FindRule(e.Checks, rule)
	if r == nil {
		return check.Advice{}, false
	}
	a, err := c.AdviceFor(rule)
	return a, err == nil
}

// Work is the order of work of a run: what to do first, and what that closes.
type Work struct {
	Steps   []report.Step
	Sources uint64 // Windows hosts that paths are counted from
}

// Work orders the fixes of all that a run shows to be broken, as its reports do.
func (e *Env) Work(ctx context.Context, in *Input, j *judge.Judge) (*Work, error) {
	of := &work{steps: report.NewSteps(report.NewRulebook(e.Checks))}
	if _, err := e.Report(ctx, in, &Replay{Judge: j}, of); err != nil {
		return nil, err
	}
	return &Work{of.steps.Sorted(), of.sources}, nil
}

// work hears of a run what makes its order of work.
type work struct {
	report.Ignore
	steps   *report.Steps
	sources uint64
}

func (w *work) Wants() report.Wants { return report.Wants{Paths: true} }

func (w *work) Endpoint(l *report.Line) error {
	w.steps.Note(l)
	return nil
}

func (w *work) Paths(p *signet.Paths) error {
	w.steps.Weigh(p)
	w.sources = p.Sources
	return nil
}

// FixFormats are the formats of Fix.
func FixFormats() []string { return fix.Formats() }

// FixFormat refuses a format that is none of FixFormats.
func FixFormat(format string) error {
	if !slices.Contains(fix.Formats(), format) {
		return refuse("format", "{format} %q: there is %s%s", format, strings.Join(fix.Formats(), ", "), text.DidYouMean(format, fix.Formats()))
	}
	return nil
}

// Target is a place where a rule is broken, as a script is told of it.
type Target = fix.Target

// Script writes a script that closes findings of these rules at places that are known already. of names what they are known from. The
// format is one of FixFormats.
func (e *Env) Script(of string, rules []string, places []Target, format string) ([]byte, error) {
	if err := FixFormat(format); err != nil {
		return nil, err
	}
	p := &fix.Plan{Run: of, Targets: places}
	for _, rule := range rules {
		_, r := check.FindRule(e.Checks, rule)
		p.Rules = append(p.Rules, r)
	}
	script, _ := fix.Write(format, p) // which knows its formats
	return script, nil
}

// Fix writes a script that closes findings of these rules on the hosts of a run that break them, and counts the places. The
// format is one of FixFormats.
func (e *Env) Fix(in *Input, j *judge.Judge, rules []string, format string) (script []byte, places int, err error) {
	if err := FixFormat(format); err != nil {
		return nil, 0, err
	}
	asked := &askedNames{of: map[netip.Addr]string{}, at: map[string]netip.Addr{}, several: map[string]bool{}}
	hosts, err := e.hostsOf(in, j, asked.see)
	if err != nil {
		return nil, 0, err
	}
	var list []Target
	for _, rule := range rules {
		for _, h := range hosts {
			for _, b := range h.Findings {
				if b.Rule == rule {
					list = append(list, Target{Rule: rule, Addr: h.Address, Port: b.Port, Asked: asked.name(h.Address), Name: h.Name, Where: b.Where, Windows: h.Windows, Samba: h.Samba})
				}
			}
		}
	}
	script, err = e.Script(in.Name, rules, list, format)
	return script, len(list), err
}

// askedNames are the names under which addresses were asked: typed by the user, and resolved when they were asked.
type askedNames struct {
	of      map[netip.Addr]string
	at      map[string]netip.Addr
	several map[string]bool // names of more than one address, which lead to any of them
}

// see takes the name of an observation of our own. What another tool or a capture calls a host is hearsay.
func (n *askedNames) see(o *signet.Observation) {
	name := strings.ToLower(o.Name)
	if name == "" || o.Source != "" {
		return
	}
	if at, known := n.at[name]; known && at != o.Addr {
		n.several[name] = true
	}
	n.at[name] = o.Addr
	if n.of[o.Addr] == "" {
		n.of[o.Addr] = name
	}
}

// name is the one that leads to an address and to no other, or empty.
func (n *askedNames) name(addr netip.Addr) string {
	if name := n.of[addr]; !n.several[name] {
		return name
	}
	return ""
}

// hostsOf judges a run and folds it into hosts. see, where it is not nil, is shown every observation.
func (e *Env) hostsOf(in *Input, j *judge.Judge, see func(*signet.Observation)) ([]*signet.Host, error) {
	list := &hostList{}
	hosts := newHosts(e.Checks, j, list, list.Endpoint)
	for o, err := range e.endpoints(in.Observations(), j) {
		if err == nil && see != nil {
			see(o)
		}
		if err == nil {
			err = hosts.pass(&report.Line{Observation: o, Judgement: j.Observation(o)})
		}
		if err != nil {
			return nil, err
		}
	}
	if err := hosts.end(); err != nil {
		return nil, err
	}
	return list.hosts, nil
}

// hostList keeps the hosts of a run.
type hostList struct {
	report.Ignore
	hosts []*signet.Host
}

func (l *hostList) Host(h *signet.Host) error { l.hosts = append(l.hosts, h); return nil }

// Impact is who would break if the fixes of rules were enforced, as far as a run saw it.
type Impact struct {
	Run              string
	Servers, Clients int // hosts that were seen as one
	Rules            []RuleImpact
}

// RuleImpact is who would break by the fix of one rule, host by host.
type RuleImpact struct {
	Rule                   string
	Breaks, NotKnown, Fine []fix.Impact
	Watch                  string // where a step of auditing shows more, or empty
}

// Standing is every host that one thing is true of.
type Standing struct {
	Of    check.Standing
	Hosts []fix.Impact
}

// Standings are all hosts, in the order in which they are read.
func (r *RuleImpact) Standings() []Standing {
	return []Standing{{check.WouldFail, r.Breaks}, {check.NotKnown, r.NotKnown}, {check.Fine, r.Fine}}
}

// Named is a host as others know it.
type Named struct {
	Addr netip.Addr
	Name string
}

// Impact judges who would break by the fixes of these rules.
func (e *Env) Impact(in *Input, j *judge.Judge, rules []string) (*Impact, error) {
	list, err := e.hostsOf(in, j, nil)
	if err != nil {
		return nil, err
	}
	hosts := make([]Named, 0, len(list))
	for _, h := range list {
		hosts = append(hosts, Named{h.Address, h.Name})
	}
	w := e.witness(rules, hosts)
	for m, err := range e.reconciled(in.Observations(), j) {
		if err == nil {
			err = w.hear(m.Observation)
		}
		if err != nil {
			return nil, err
		}
	}
	return w.judge(in.Name), nil
}

// ImpactOn judges who would break by the fixes of these rules, of hosts that are known already, from what several runs saw of them. What the
// checks of other rules saw is not looked into.
func (e *Env) ImpactOn(of string, hosts []Named, runs []*Input, j *judge.Judge, rules []string) (*Impact, error) {
	w := e.witness(rules, hosts)
	var checks []string
	for _, rule := range rules {
		c, _ := check.FindRule(e.Checks, rule)
		checks = append(checks, c.Name)
	}
	for _, in := range runs {
		asked := func(yield func(*signet.Observation, error) bool) {
			for o, err := range in.Observations() {
				if err != nil || o.Check == signet.ClientCheck || slices.Contains(checks, o.Check) {
					if !yield(o, err) {
						return
					}
				} else if w.hear(o) != nil { // that it was there is all that it says
					return
				}
			}
		}
		for m, err := range e.reconciled(asked, j) {
			if err == nil {
				err = w.hear(m.Observation)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return w.judge(of), nil
}

// witnesses hear what runs say of who would break.
type witnesses struct {
	rules   []string
	recipes []*check.Recipe
	each    []*fix.Witness
	hosts   []Named
	servers map[netip.Addr]bool
	clients map[netip.Addr]bool
}

func (e *Env) witness(rules []string, hosts []Named) *witnesses {
	w := &witnesses{rules: rules, hosts: slices.Clip(hosts), servers: map[netip.Addr]bool{}, clients: map[netip.Addr]bool{}}
	for _, rule := range rules {
		c, r := check.FindRule(e.Checks, rule)
		w.each, w.recipes = append(w.each, fix.NewWitness(c, r)), append(w.recipes, r.Recipe)
	}
	for i := range hosts {
		w.servers[hosts[i].Addr] = true
	}
	return w
}

func (w *witnesses) hear(o *signet.Observation) error {
	c, ok, err := signet.ClientOf(o)
	if err != nil {
		return err
	}
	if ok && !w.clients[c.Address] {
		w.clients[c.Address] = true
		if !w.servers[c.Address] {
			w.hosts = append(w.hosts, Named{c.Address, c.Workstation})
		}
	}
	for _, each := range w.each {
		if ok {
			each.HearClient(c)
		} else {
			each.Hear(o)
		}
	}
	return nil
}

func (w *witnesses) judge(of string) *Impact {
	im := &Impact{Run: of, Servers: len(w.servers), Clients: len(w.clients)}
	for i, rule := range w.rules {
		by := map[check.Standing][]fix.Impact{}
		for _, h := range w.hosts {
			one := w.each[i].Judge(h.Addr, h.Name)
			by[one.State] = append(by[one.State], one)
		}
		of := RuleImpact{Rule: rule, Breaks: by[check.WouldFail], NotKnown: by[check.NotKnown], Fine: by[check.Fine]}
		if w.recipes[i] != nil {
			of.Watch = w.recipes[i].Watch
		}
		im.Rules = append(im.Rules, of)
	}
	return im
}
