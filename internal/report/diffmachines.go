package report

import (
	"io"
	"strings"
	"time"

	"signet"
	"signet/internal/compare"
	"signet/internal/text"
)

// DiffSARIF writes a log whose results say by their baselineState what became of a finding: new, updated (another
// severity, or it cannot be told whether it still stands) or absent. What did not change is counted, not listed.
type DiffSARIF struct {
	sarifLog
	h DiffHeader
}

// NewDiffSARIF writes to w.
func NewDiffSARIF(w io.Writer, rules *Rulebook) *DiffSARIF {
	return &DiffSARIF{sarifLog: newSARIFLog(w, rules)}
}

// Begin opens the log.
func (d *DiffSARIF) Begin(h *DiffHeader) error { d.h = *h; return d.open() }

// Change writes the results of one change.
func (d *DiffSARIF) Change(c *compare.Change) error {
	for _, e := range effects(c) {
		if e.finding != nil && !counted(e.finding) && e.what != "rated" {
			continue
		}
		if err := d.result(e.at, text.Clean(c.Host), d.effect(c, &e)); err != nil {
			return err
		}
	}
	return nil
}

func (d *DiffSARIF) effect(c *compare.Change, e *effect) *sarifResult {
	r := &sarifResult{Kind: "fail", Properties: sarifProperties{Change: c.Kind.String(), Check: text.Clean(c.Check), Verdict: standing(c).String()}}
	r.Baseline = "updated"
	switch {
	case !c.Old.Addr.IsValid() || e.what == "gained":
		r.Baseline = "new"
	case e.what == "lost" && fixed(c):
		r.Baseline = "absent"
	}
	if e.finding == nil {
		r.RuleID, r.Level = sarifVerdict, "none"
		r.Kind = map[signet.Verdict]string{signet.Exposed: "review", signet.Guarded: "pass", signet.Unseen: "notApplicable"}[standing(c)]
		if r.Kind == "" {
			r.RuleID, r.Kind = sarifUndetermined, "open"
		}
		r.Message.Text = e.at.String() + ": " + verdictChange(c)
		if len(c.Because) > 0 {
			r.Message.Text += ": " + strings.Join(text.CleanAll(c.Because), "; ")
		}
		return r
	}
	f := e.finding
	r.RuleID, r.Level, r.Message.Text = f.Rule, sarifLevel(f.Severity), findingText(f, e.at)
	r.Properties.Severity, r.Properties.Where = f.Severity.String(), text.Clean(f.Where)
	if e.what == "rated" {
		r.Properties.Was = e.was.String()
	}
	if e.what == "lost" {
		r.Message.Text = title(c.Kind) + ": " + r.Message.Text
	}
	if e.what == "lost" && !fixed(c) { // §3.27.9: too little was known to decide
		r.Kind, r.Level = "open", "none"
		r.Message.Text += ". " + strings.Join(text.CleanAll(c.Because), "; ")
	}
	return r
}

func title(k compare.Kind) string {
	t, _ := kindWords(k)
	return t
}

// End closes the log.
func (d *DiffSARIF) End(s *compare.Summary) error {
	invocation := map[string]any{"executionSuccessful": true,
		"properties": map[string]any{"old": text.Clean(d.h.Old), "new": text.Clean(d.h.New), "policy": text.Clean(d.h.Policy), "unchanged": s.Changes[compare.Same], "warnings": text.CleanAll(d.h.Warnings)}}
	return d.close(d.h.Tool, "diff/"+d.h.Old+"/"+d.h.New, invocation)
}

// DiffOCSF writes the life of findings as events: Create for one that came, Update for one rated anew or that cannot be
// told any more, Close for one that is gone. finding_info.uid is that of the run's own events.
type DiffOCSF struct {
	ocsfLines
	when time.Time
}

// NewDiffOCSF writes to w.
func NewDiffOCSF(w io.Writer, rules *Rulebook) *DiffOCSF {
	return &DiffOCSF{ocsfLines: NewOCSF(w, rules).ocsfLines}
}

// Begin remembers the header.
func (d *DiffOCSF) Begin(h *DiffHeader) error {
	d.tool, d.run, d.policy, d.when = h.Tool, h.New, h.Policy, h.seen()
	return nil
}

// Change writes the events of one change.
func (d *DiffOCSF) Change(c *compare.Change) error {
	for _, e := range effects(c) {
		if e.finding != nil && !counted(e.finding) && e.what != "rated" {
			continue
		}
		about := &ocsfAbout{at: e.at, host: text.Clean(c.Host), check: c.Check, verdict: standing(c), when: d.when}
		var event *ocsfEvent
		switch {
		case e.what == "lost" && fixed(c):
			event = d.finding(about, e.finding, ocsfPass)
			event.life(3, "Close", 4, "Resolved")
		case e.what == "lost":
			event = d.finding(about, e.finding, ocsfWarning)
			event.life(2, "Update", 2, "In Progress")
			event.Compliance.Detail = title(c.Kind) + ": " + strings.Join(text.CleanAll(c.Because), "; ")
		case e.what == "rated":
			event = d.finding(about, e.finding, ocsfFail)
			event.life(2, "Update", 2, "In Progress")
			event.Unmapped["was"] = e.was.String()
		case e.what == "gained":
			event = d.finding(about, e.finding, ocsfFail)
		case standing(c) == signet.Unseen:
			event = d.verdict(about, ocsfUnknown, "No NTLM and no guard was seen", verdictChange(c))
		case standing(c) == signet.Guarded:
			event = d.verdict(about, ocsfPass, "No rule of the policy is broken", verdictChange(c))
		default:
			event = d.verdict(about, ocsfWarning, title(c.Kind), verdictChange(c))
		}
		event.Unmapped["change"] = c.Kind.String()
		if err := d.write(event); err != nil {
			return err
		}
	}
	return nil
}

// life says what became of a finding.
func (e *ocsfEvent) life(activity int, name string, status int, word string) {
	e.ActivityID, e.ActivityName, e.StatusID, e.Status = activity, name, status, word
	e.TypeUID, e.TypeName = e.ClassUID*100+activity, e.ClassName+": "+name
}

// End flushes.
func (d *DiffOCSF) End(*compare.Summary) error { return d.b.Flush() }

// DiffJUnit writes a test per change: one that got worse or came with a weakness failed, one that cannot be told any more
// or was not asked in one of the runs was skipped, any other passed.
type DiffJUnit struct {
	w      io.Writer
	rules  *Rulebook
	h      DiffHeader
	suites map[string]*suite
}

// NewDiffJUnit writes to w.
func NewDiffJUnit(w io.Writer, rules *Rulebook) *DiffJUnit {
	return &DiffJUnit{w: w, rules: rules, suites: map[string]*suite{}}
}

// Begin remembers the header.
func (d *DiffJUnit) Begin(h *DiffHeader) error { d.h = *h; return nil }

// Change files one test.
func (d *DiffJUnit) Change(c *compare.Change) error {
	s := d.suites[c.Check]
	if s == nil {
		s = &suite{}
		d.suites[c.Check] = s
	}
	class, name := testClass(c.Check, place(c).Addr, text.Clean(c.Host)), place(c).String()+" "+c.Kind.String()
	said := append([]string{sentence(c)}, c.Because...)
	switch {
	case broke(c):
		s.failures++
		worst := signet.Info
		for _, e := range effects(c) {
			if e.finding != nil && e.what != "lost" {
				worst = max(worst, e.finding.Severity)
			}
		}
		for i := range c.Gained {
			if fix := d.rules.fix(c.Gained[i].Rule); fix != "" {
				said = append(said, "Fix: "+fix)
			}
		}
		return s.test(class, name, 0, attributes([]byte("<failure"), "type", worst.String(), "message", title(c.Kind)+": "+sentence(c)), xmlLines(said...), "failure")
	case c.Kind == compare.Undetermined || c.Kind == compare.NotAsked || c.Kind == compare.NewlyAsked:
		s.skipped++
		return s.test(class, name, 0, attributes([]byte("<skipped"), "message", title(c.Kind)+": "+strings.Join(said, "; ")), "", "skipped")
	}
	return s.test(class, name, 0, []byte("<system-out"), xmlLines(said...), "system-out")
}

// End writes the document.
func (d *DiffJUnit) End(*compare.Summary) error {
	return writeSuites(d.w, d.suites, "signet diff "+d.h.Old+" "+d.h.New, d.h.seen(), 0, [][2]string{{"tool", d.h.Tool}, {"policy", d.h.Policy}, {"old", d.h.Old}, {"new", d.h.New}})
}

// DiffNmap writes the endpoints that changed as the new run has them, each with a script that says what changed.
type DiffNmap struct {
	*Nmap
	when time.Time
}

// NewDiffNmap writes to w.
func NewDiffNmap(w io.Writer) *DiffNmap { return &DiffNmap{Nmap: NewNmap(w)} }

// Begin remembers the header.
func (d *DiffNmap) Begin(h *DiffHeader) error {
	d.when = h.seen()
	return d.Nmap.Begin(&Header{Tool: h.Tool, Started: h.NewStarted, Targets: []string{"diff", h.Old, h.New}})
}

// Change files one change under its host.
func (d *DiffNmap) Change(c *compare.Change) error {
	at := place(c)
	h, a := d.port(at, d.when, d.when)
	switch {
	case c.New.Addr.IsValid():
		h.up = true
		a.be("open", text.Either(at.Transport == signet.UDP, "udp-response", "syn-ack"))
	case c.Kind == compare.Vanished:
		a.be("closed|filtered", "no-response")
	default:
		a.be("unknown", "unknown-response")
	}
	name := serviceName(c.Check, at.Port, "")
	a.service = string(attributes([]byte("<service"), "name", text.Either(name == "", "unknown", name), "method", "table", "conf", "3")) + "/>"
	s := script{id: "signet-diff"}
	s.add("change", c.Kind.String())
	s.add("host", c.Host)
	s.add("verdict", verdictChange(c))
	if c.Moved() {
		s.add("was at", c.Old.Addr.String())
	}
	var words []string
	for _, e := range effects(c) {
		if e.finding != nil {
			words = append(words, e.word(c))
		}
	}
	s.addList("findings", words...)
	s.addList("because", c.Because...)
	a.scripts = s.append(a.scripts)
	return nil
}

// End writes the document.
func (d *DiffNmap) End(*compare.Summary) error {
	n := uint64(len(d.hosts))
	return d.Nmap.End(&Summary{Ended: d.when, Coverage: Coverage{Addresses: n, Alive: n}})
}

// DiffOpenGraph writes the hosts and endpoints that changed, what they break now that they did not before, and as
// properties what they broke before.
type DiffOpenGraph struct{ *OpenGraph }

// NewDiffOpenGraph writes to w.
func NewDiffOpenGraph(w io.Writer, rules *Rulebook) *DiffOpenGraph {
	return &DiffOpenGraph{NewOpenGraph(w, rules)}
}

// Begin opens the document.
func (d *DiffOpenGraph) Begin(*DiffHeader) error { return d.OpenGraph.Begin(nil) }

// Change adds one endpoint, its host the first time, and the rules it breaks anew.
func (d *DiffOpenGraph) Change(c *compare.Change) error {
	at := place(c)
	host, id := hostID(at.Addr), endpointID(at, c.Check)
	if !d.hosts[at.Addr] {
		d.hosts[at.Addr] = true
		name := text.Clean(c.Host)
		p := map[string]any{"name": text.Either(name == "", at.Addr.String(), strings.ToUpper(name)), "address": at.Addr.String()}
		if c.Moved() {
			p["was_at"] = c.Old.Addr.String()
		}
		if err := d.node(graphNode{host, []string{"SignetHost", "Signet"}, p}); err != nil {
			return err
		}
	}
	p := map[string]any{"name": at.AddrPort().String() + "/" + at.Transport.String(), "address": at.Addr.String(), "port": at.Port, "transport": at.Transport.String(), "check": text.Clean(c.Check),
		"change": c.Kind.String(), "verdict": standing(c).String()}
	if c.Old.Addr.IsValid() {
		p["old_verdict"] = c.OldVerdict.String()
	}
	if len(c.Because) > 0 {
		p["because"] = text.CleanAll(c.Because)
	}
	var gone []string
	for i := range c.Lost {
		gone = append(gone, text.Clean(c.Lost[i].Rule))
	}
	if gone != nil {
		p[text.Either(fixed(c), "no_longer_breaks", "may_still_break")] = gone
	}
	if err := d.node(graphNode{id, []string{"SignetEndpoint", "Signet"}, p}); err != nil {
		return err
	}
	if err := d.edge(graphEdge{"SignetServes", byID(host), byID(id), map[string]any{}}); err != nil {
		return err
	}
	for _, e := range effects(c) {
		if e.finding == nil || e.what == "lost" {
			continue
		}
		rule, err := d.rule(e.finding)
		if err != nil {
			return err
		}
		b := breach(e.finding)
		b["change"] = e.what
		if err := d.edge(graphEdge{"SignetBreaks", byID(id), byID(rule), b}); err != nil {
			return err
		}
	}
	return nil
}

// End closes the document.
func (d *DiffOpenGraph) End(*compare.Summary) error { return d.OpenGraph.End(nil) }
