package xlsx

import (
	"io"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// run has sheets of findings, endpoints, hosts and, where there are any, accepted risks.
type run struct {
	report.Ignore
	workbook
	rules *report.Rulebook
	h     report.Header

	findings, endpoints, hosts *sheet
	accepted                   *sheet // nil until there is something for it
	blind                      *report.Blind
}

func newRun(w io.Writer, o *report.Options) report.Handler {
	return &run{rules: report.NewRulebook(o.Checks), blind: report.NewBlind(o.Checks), workbook: workbook{w: w}}
}

// Begin opens the workbook and its sheets.
func (r *run) Begin(h *report.Header) (err error) {
	r.h = *h
	if err := r.open(); err != nil {
		return err
	}
	if r.findings, err = r.sheet("Findings", column{"Address", 18}, column{"Port", 8}, column{"Host", 30}, column{"Check", 8}, column{"Severity", 10}, column{"Rule", 30}, column{"Title", 46}, column{"Where", 24}, column{"Because", 60}, column{"Fix", 60}, column{"Verdict", 14}); err != nil {
		return err
	}
	if r.endpoints, err = r.sheet("Endpoints", column{"Address", 18}, column{"Port", 8}, column{"Transport", 10}, column{"Host", 30}, column{"Check", 8}, column{"Outcome", 12}, column{"Verdict", 14}, column{"Because", 60}, column{"Not asked", 24}, column{"Error", 40}, column{"At", 22}, column{"Sources disagree", 60}); err != nil {
		return err
	}
	r.hosts, err = r.sheet("Hosts", column{"Address", 18}, column{"Name", 30}, column{"Domain", 24}, column{"System", 30}, column{"Roles", 40}, column{"Findings", 10})
	return err
}

// Endpoint adds the endpoint and its findings.
func (r *run) Endpoint(l *report.Line) error {
	r.blind.Note(l)
	failure := ""
	if l.Err != nil {
		failure = l.Err.Phase + ": " + l.Err.Text
	}
	host := report.Cell(l.Who())
	if err := r.endpoints.append([]any{l.Addr.String(), int(l.Port), l.Transport.String(), host, report.Cell(l.Check), l.Outcome.String(), l.Verdict.String(),
		report.Cell(strings.Join(l.Because, "; ")), report.Cell(strings.Join(l.Unasked, " ")), report.Cell(failure), l.At.UTC().Format("2006-01-02 15:04:05"), report.Cell(strings.Join(l.Disagreements, "; "))}); err != nil {
		return err
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if err := r.findings.append([]any{l.Addr.String(), int(l.Port), host, report.Cell(l.Check), f.Severity.String(), report.Cell(f.Rule), report.Cell(f.Title), report.Cell(f.Where),
			report.Cell(strings.Join(f.Because, "; ")), report.Cell(r.rules.PlainFix(f.Rule)), l.Verdict.String()}); err != nil {
			return err
		}
	}
	return r.accept(l, host)
}

// accept adds what the policy excepts, to a sheet of its own.
func (r *run) accept(l *report.Line, host string) (err error) {
	for i := range l.Excepted {
		if r.accepted == nil {
			if r.accepted, err = r.sheet("Accepted risks", column{"Address", 18}, column{"Port", 8}, column{"Host", 30}, column{"Check", 8}, column{"Severity", 10}, column{"Rule", 30}, column{"Title", 46}, column{"Where", 24}, column{"Because", 60}, column{"Owner", 24}, column{"Reason", 46}, column{"Until", 12}, column{"Verdict", 14}); err != nil {
				return err
			}
		}
		e := &l.Excepted[i]
		if err := r.accepted.append([]any{l.Addr.String(), int(l.Port), host, report.Cell(l.Check), e.Severity.String(), report.Cell(e.Rule), report.Cell(e.Title), report.Cell(e.Where),
			report.Cell(strings.Join(e.Because, "; ")), report.Cell(e.Owner), report.Cell(e.Reason), report.Cell(e.Until), l.Verdict.String()}); err != nil {
			return err
		}
	}
	return nil
}

// Wants hosts, which have a sheet.
func (r *run) Wants() report.Wants { return report.Wants{Hosts: true} }

// Host adds one host.
func (r *run) Host(h *signet.Host) error {
	var roles []string
	for _, role := range h.Roles {
		roles = append(roles, role.Role+text.Either(role.Certain, "", " (likely)"))
	}
	return r.hosts.append([]any{h.Address.String(), report.Cell(h.Name), report.Cell(h.Domain), report.Cell(h.OS), report.Cell(strings.Join(roles, ", ")), len(h.Findings)})
}

// End writes the summary and the file.
func (r *run) End(s *report.Summary) error {
	rows := [][]any{
		{"Targets", report.Cell(strings.Join(r.h.Targets, ", "))}, {"Started", r.h.Started.UTC().Format(sheetTime)}, {"Ended", s.Ended.UTC().Format(sheetTime)},
		{"Policy", report.Cell(r.h.Policy)}, {"Depth", r.h.Depth.String()}, {"Checks", report.Cell(strings.Join(r.h.Checks, " "))}, {"Run", report.Cell(r.h.Run)}, {"Tool", report.Cell(r.h.Tool)},
		{"Addresses", s.Coverage.Addresses}, {"Alive", s.Coverage.Alive}, {"Endpoints asked", s.Coverage.Asked}, {"Answered", s.Coverage.Outcomes[signet.Answered]},
		{"Exposed", s.Verdicts[signet.Exposed]}, {"Of them excepted", s.Excepted}, {"Undetermined", s.Verdicts[signet.Undetermined]}, {"Guarded", s.Verdicts[signet.Guarded]}, {"Unseen", s.Verdicts[signet.Unseen]},
	}
	if s.Interrupted {
		rows = append(rows, []any{"Interrupted", "what was learned until then"})
	}
	rows = append(rows, notes(s.Missing())...)
	rows = append(rows, notes(r.h.Warnings)...)
	for _, sentence := range r.blind.Sentences(&r.h, s) {
		rows = append(rows, []any{report.BlindTitle, report.Cell(sentence)})
	}
	return r.finish(rows)
}
