package xlsx

import (
	"io"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// run has a summary with the order of work, and sheets of rules, findings, hosts, endpoints and, where there are any, accepted
// risks, each with the worst first.
type run struct {
	report.Ignore
	workbook
	rules  *report.Rulebook
	steps  *report.Steps
	counts counts
	blind  *report.Blind
	h      report.Header

	summary, byRule, findings, hosts, endpoints *sheet
	accepted                                    *sheet // nil until there is something for it
}

func newRun(w io.Writer, o *report.Options) report.Handler {
	rules := report.NewRulebook(o.Checks)
	return &run{rules: rules, steps: report.NewSteps(rules), counts: counts{rules, map[string]*count{}}, blind: report.NewBlind(o.Checks), workbook: workbook{w: w}}
}

// Begin opens the workbook and its sheets.
func (r *run) Begin(h *report.Header) error {
	r.h = *h
	if err := r.open(); err != nil {
		return err
	}
	r.summary = r.sheet("Summary", 9, column{"", 24, false}, column{"", 60, true}, column{"", 56, true}, column{"", 34, false}, column{"", 11, false}, column{"", 11, false}, column{"", 8, false}, column{"", 12, false}, column{"", 12, false})
	r.summary.lead = true
	r.byRule = r.sheet("By rule", 7, column{"Severity", 10, false}, column{"Rule", 34, false}, column{"Title", 50, true}, column{"Exposed endpoints", 10, false}, column{"Other endpoints", 10, false}, column{"Excepted endpoints", 10, false}, column{"Fix", 60, true})
	r.findings = r.sheet("Findings", 7, column{"Address", 18, false}, column{"Port", 8, false}, column{"Host", 28, false}, column{"Severity", 10, false}, column{"Verdict", 14, false}, column{"Title", 56, true}, column{"Where", 44, true},
		column{"Check", 8, false}, column{"Rule", 34, false}, column{"Because", 60, false}, column{"Fix", 60, false})
	r.hosts = r.sheet("Hosts", 8, column{"Address", 18, false}, column{"Name", 30, false}, column{"Verdict", 14, false}, column{"Worst severity", 14, false}, column{"Findings", 10, false}, column{"Exposed endpoints", 10, false}, column{"Roles", 40, true}, column{"System", 30, true}, column{"Domain", 24, false})
	r.endpoints = r.sheet("Endpoints", 7, column{"Address", 18, false}, column{"Port", 8, false}, column{"Host", 30, false}, column{"Check", 8, false}, column{"Verdict", 14, false}, column{"Worst severity", 14, false}, column{"Because", 60, true},
		column{"Transport", 10, false}, column{"Outcome", 12, false}, column{"Not asked", 24, false}, column{"Error", 40, false}, column{"At", 22, false}, column{"Sources disagree", 60, false})
	return nil
}

// Ranks of rows: the worst first. Rows of one rank stay as they come.
func byVerdict(v signet.Verdict, s signet.Severity) int  { return 8*v.Rank() + 7 - int(s) }
func bySeverity(v signet.Verdict, s signet.Severity) int { return 4*(7-int(s)) + v.Rank() }

// severityOf words the worst severity, which nothing has where there is no finding.
func severityOf(worst signet.Severity, findings int) string {
	if findings == 0 {
		return ""
	}
	return worst.String()
}

// Endpoint adds the endpoint and its findings.
func (r *run) Endpoint(l *report.Line) error {
	r.blind.Note(l)
	r.steps.Note(l)
	r.counts.note(l)
	failure := ""
	if l.Err != nil {
		failure = l.Err.Phase + ": " + l.Err.Text
	}
	address, host, check, verdict := l.Addr.String(), report.Cell(l.Who()), report.Cell(l.Check), l.Verdict.String()
	var worst signet.Severity
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		worst = max(worst, f.Severity)
		r.findings.add(bySeverity(l.Verdict, f.Severity), []any{address, int(l.Port), host, f.Severity.String(), verdict, report.Cell(f.Title), report.Cell(f.Where),
			check, report.Cell(f.Rule), report.Cell(strings.Join(f.Because, "; ")), report.Cell(r.rules.PlainFix(f.Rule))})
	}
	r.endpoints.add(byVerdict(l.Verdict, worst), []any{address, int(l.Port), host, check, verdict, severityOf(worst, len(l.Judgement.Findings)), report.Cell(strings.Join(l.Because, "; ")),
		l.Transport.String(), l.Outcome.String(), report.Cell(strings.Join(l.Unasked, " ")), report.Cell(failure), l.At.UTC().Format("2006-01-02 15:04:05"), report.Cell(strings.Join(l.Disagreements, "; "))})
	r.accept(l, host)
	return nil
}

// accept adds what the policy excepts, to a sheet of its own.
func (r *run) accept(l *report.Line, host string) {
	for i := range l.Excepted {
		if r.accepted == nil {
			r.accepted = r.sheet("Accepted risks", 12, column{"Address", 18, false}, column{"Port", 8, false}, column{"Host", 30, false}, column{"Check", 8, false}, column{"Severity", 10, false}, column{"Rule", 34, false}, column{"Title", 50, true}, column{"Where", 24, true}, column{"Because", 60, true}, column{"Owner", 24, true}, column{"Reason", 46, true}, column{"Until", 12, false}, column{"Verdict", 14, false})
		}
		e := &l.Excepted[i]
		r.accepted.add(bySeverity(l.Verdict, e.Severity), []any{l.Addr.String(), int(l.Port), host, report.Cell(l.Check), e.Severity.String(), report.Cell(e.Rule), report.Cell(e.Title), report.Cell(e.Where),
			report.Cell(strings.Join(e.Because, "; ")), report.Cell(e.Owner), report.Cell(e.Reason), report.Cell(e.Until), l.Verdict.String()})
	}
}

// Wants hosts, which have a sheet, and paths, by which the work is put in order.
func (r *run) Wants() report.Wants { return report.Wants{Hosts: true, Paths: true} }

// Host adds one host. Its verdict is the worst of its endpoints.
func (r *run) Host(h *signet.Host) error {
	var roles []string
	for _, role := range h.Roles {
		roles = append(roles, role.Role+text.Either(role.Certain, "", " (likely)"))
	}
	var verdict signet.Verdict
	exposed := 0
	for i := range h.Endpoints {
		v := h.Endpoints[i].Verdict
		if i == 0 {
			verdict = v
		}
		if verdict = verdict.Worse(v); v == signet.Exposed {
			exposed++
		}
	}
	var worst signet.Severity
	for i := range h.Findings {
		worst = max(worst, h.Findings[i].Severity)
	}
	r.hosts.add(byVerdict(verdict, worst), []any{h.Address.String(), report.Cell(h.Name), verdict.String(), severityOf(worst, len(h.Findings)), len(h.Findings), exposed,
		report.Cell(strings.Join(roles, ", ")), report.Cell(h.OS), report.Cell(h.Domain)})
	return nil
}

// Paths weighs the work.
func (r *run) Paths(p *signet.Paths) error {
	r.steps.Weigh(p)
	return nil
}

// End writes the summary, the rules and the file.
func (r *run) End(s *report.Summary) error {
	for _, n := range r.counts.sorted() {
		r.byRule.add(0, []any{n.severity.String(), report.Cell(n.rule), report.Cell(n.title), n.exposed, n.other, n.excepted, report.Cell(r.rules.PlainFix(n.rule))})
	}
	r.summarize(s)
	return r.write()
}
