package xlsx

import (
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// summarize fills the first sheet: the run, what of it was covered, what was found, what to do first, and what to know.
func (r *run) summarize(s *report.Summary) {
	sheet := r.summary
	sheet.heading("Run", "")
	sheet.list([2]any{"Targets", report.Cell(strings.Join(r.h.Targets, ", "))}, [2]any{"Started", r.h.Started.UTC().Format(sheetTime)}, [2]any{"Ended", s.Ended.UTC().Format(sheetTime)},
		[2]any{"Policy", report.Cell(r.h.Policy)}, [2]any{"Depth", r.h.Depth.String()}, [2]any{"Checks", report.Cell(strings.Join(r.h.Checks, " "))}, [2]any{"Run", report.Cell(r.h.Run)}, [2]any{"Tool", report.Cell(r.h.Tool)})
	if s.Interrupted {
		sheet.list([2]any{"Interrupted", "what was learned until then"})
	}
	sheet.heading("Coverage", "")
	sheet.list([2]any{"Addresses", s.Coverage.Addresses}, [2]any{"Alive", s.Coverage.Alive}, [2]any{"Endpoints asked", s.Coverage.Asked}, [2]any{"Answered", s.Coverage.Outcomes[signet.Answered]})
	sheet.heading("Verdicts", "endpoints")
	sheet.list([2]any{"Exposed", s.Verdicts[signet.Exposed]}, [2]any{"Of them excepted", s.Excepted}, [2]any{"Undetermined", s.Verdicts[signet.Undetermined]}, [2]any{"Guarded", s.Verdicts[signet.Guarded]}, [2]any{"Unseen", s.Verdicts[signet.Unseen]})
	sheet.heading("Findings", "")
	for v := signet.Critical; ; v-- {
		sheet.list([2]any{text.Capital(v.String()), s.Severities[v]})
		if v == signet.Info {
			break
		}
	}
	r.work()
	sheet.heading("Notes", "")
	sheet.notes("Note", s.Missing())
	sheet.notes("Note", r.h.Warnings)
	r.overflow(sheet)
	sheet.notes(report.BlindTitle, r.blind.Sentences(&r.h, s))
}

// work adds the order of work, as every report has it.
func (r *run) work() {
	steps := r.steps.Sorted()
	if len(steps) == 0 {
		return
	}
	r.summary.heading("Order of work", "What is wrong", "How to close it", "Rule", "Exposed endpoints", "Other endpoints", "Open paths", "Conditional paths", "Paths that may be open")
	for i := range steps {
		s := &steps[i]
		r.summary.add(0, []any{s.Severity.String(), report.Cell(s.Title), report.Cell(r.rules.PlainFix(s.Rule)), report.Cell(s.Rule), s.Exposed, s.Other, s.Open, s.Conditional, s.Unknown})
	}
}
