package prose

import (
	"fmt"
	"io"
	"strings"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/text"
)

// textRun writes what an administrator pastes into a ticket: coverage first, then what to do, then the endpoints, each once:
// exposed ones by finding, the worst first, those without a verdict, those that break rules without being open to a relay, and
// what is guarded and unseen in numbers.
type textRun struct {
	digest
	canvas
	checks    []check.Check
	estate    estate
	domains   *report.Domains
	overheard []signet.Client // the first of them
	clients   int
}

func newText(w io.Writer, o *report.Options) report.Handler {
	return &textRun{digest: newDigest(o), canvas: newCanvas(w, o), checks: o.Checks, domains: report.NewDomains(o.Checks)}
}

// Begin prints what is known of a run that was made before; of one under way nothing is printed before the end.
func (t *textRun) Begin(h *report.Header) error {
	t.begin(h)
	if h.Known == nil {
		return nil
	}
	if c := &h.Known.Coverage; c.Outcomes[signet.Skipped]+c.Outcomes[signet.Fault] > 0 { // what was lost stands first, and is known at the end
		t.h.Known = nil
		return nil
	}
	p := t.page()
	t.printHead(p, h.Known)
	return t.print(p)
}

// End prints the report.
func (t *textRun) End(s *report.Summary) error {
	p := t.page()
	t.nameHosts()
	if t.h.Known == nil {
		t.printHead(p, s)
	}
	t.printVerdicts(p, s)
	t.printSteps(p)
	if t.by != nil {
		t.by.end()
		t.printHostLists(p)
		t.printBlind(p, s)
		return t.print(p)
	}
	most := t.share()
	t.printSection(p, "EXPOSED", "a relay of NTLM from at least one kind of client is possible", &t.exposed, most)
	t.printDomains(p)
	t.printSection(p, "UNDETERMINED", text.Count(t.undetermined.total, "endpoint", "endpoints")+" without a verdict", &t.undetermined, most)
	t.printSection(p, "OTHER FINDINGS", t.weakAbout(), &t.weak, most)
	t.printRisks(p)
	t.printCalm(p)
	t.printHosts(p)
	t.printClients(p)
	t.printBlind(p, s)
	return t.print(p)
}

// printHead prints what was asked, what is missing of it, and how much of it answered.
func (t *textRun) printHead(p *page, s *report.Summary) {
	p.field("Signet", strings.Join(text.CleanAll(t.h.Targets), ", "))
	took := s.Ended.Sub(t.h.Started).Round(time.Second / 10)
	p.field("", fmt.Sprintf("%s, %s, policy %s, depth %s, checks %s", t.h.Started.UTC().Format("2006-01-02 15:04 UTC"), took, t.h.Policy, t.h.Depth, strings.Join(t.h.Checks, " ")))
	if s.Interrupted {
		p.field("", t.style.bold("Interrupted: what follows is what was learned until then."))
	}
	for _, w := range t.h.Warnings {
		p.field("", text.Clean(w))
	}
	for _, lost := range s.Missing() {
		p.field("", t.style.bold(lost))
	}
	p.blank()
	c := &s.Coverage
	p.field("Coverage", fmt.Sprintf("%s, %d alive; %s asked", text.Count(c.Addresses, "address", "addresses"), c.Alive, text.Count(c.Asked, "endpoint", "endpoints")))
	parts := []string{fmt.Sprintf("%d answered", c.Outcomes[signet.Answered])}
	for _, o := range []signet.Outcome{signet.Foreign, signet.Broken, signet.Withheld, signet.Fault, signet.Skipped} {
		if n := c.Outcomes[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	parts = append(parts, fmt.Sprintf("%d refused", c.Outcomes[signet.Refused]), fmt.Sprintf("%d silent", c.Outcomes[signet.Silent]))
	p.field("", strings.Join(parts, ", "))
}

// printVerdicts prints the sums of this run, the severest first, and those of earlier ones of the same scope.
func (t *textRun) printVerdicts(p *page, s *report.Summary) {
	p.field("Findings", s.Severities.Words(t.style.severity)+t.risks.Beside())
	p.field("Verdicts", t.counted(s.Verdicts, s.Excepted))
	for i, before := range t.h.Trend {
		label := ""
		if i == 0 {
			label = "Before"
		}
		p.field(label, before.Started.UTC().Format("2006-01-02 15:04")+": "+t.counted(before.Verdicts, 0)+t.style.faint(" ("+text.Clean(before.Run)+", as judged then)"))
	}
}

// counted says how many endpoints have each verdict, the worst first, and how many of the exposed ones are excepted.
func (t *textRun) counted(verdicts report.Counts, excepted uint64) string {
	var parts []string
	for _, v := range signet.Verdicts() {
		part := t.style.verdict(v, fmt.Sprintf("%d %s", verdicts[v], v))
		if v == signet.Exposed {
			part += report.Excepted(excepted)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// label is an endpoint and what its host calls itself.
func label(e entry) string {
	if e.who == "" {
		return e.at.String()
	}
	return e.at.String() + " " + text.Cut(e.who, 40)
}
