package prose

import (
	"fmt"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// A report begins with the work in its one order, with how each step is done and what it is good for, says where the rest is, and
// nowhere lists the fixes again.
func TestReportsNameTheWorkInItsOrder(t *testing.T) {
	checks := all.Checks()
	steps := report.NewSteps(report.NewRulebook(checks))
	var lines []*report.Line
	for _, c := range checks {
		lines = append(lines, brokenBy(c))
		steps.Note(lines[len(lines)-1])
	}
	paths := &signet.Paths{Sources: 1, Fixes: []signet.PathFix{{Finding: "mssql-epa-off", Open: 12}, {Finding: "ldap-signing-not-required", Conditional: 3}}}
	steps.Weigh(paths)
	list := steps.Sorted()
	if len(list) <= mostSteps {
		t.Fatalf("%d steps", len(list))
	}
	for _, f := range []report.Format{Text(), Markdown()} {
		for _, stored := range []bool{true, false} {
			var b strings.Builder
			o := &report.Options{Checks: checks, Width: 240}
			rest := fmt.Sprintf("… and %d more below, with their endpoints", len(list)-mostSteps)
			if stored {
				o.Origin = report.Origin{Command: "signet report", Stored: true, Flags: " --policy strict"}
				rest = fmt.Sprintf("… and %d more: signet fix --from RUN --policy strict", len(list)-mostSteps)
			}
			w := f.Run(&b, o)
			for _, err := range []error{w.Begin(&report.Header{Run: "RUN"}), w.Paths(paths)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, l := range lines {
				if err := w.Endpoint(l); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.End(reporttest.Summary(lines)); err != nil {
				t.Fatal(err)
			}
			rules := strings.NewReplacer("`", "", "\\", "", "&#58;", ":").Replace(b.String())
			section := rules[strings.Index(strings.ToUpper(rules), "WHAT TO DO FIRST"):]
			section = section[:strings.Index(section, rest)+len(rest)]
			for i := range list[:mostSteps] {
				s := &list[i]
				words := []string{s.Severity.String(), s.Title, "(" + s.Rule + ")", strings.ReplaceAll(s.Fix, "`", ""), s.Closes()}
				if stored {
					words = append(words, "signet fix "+s.Rule+" --from RUN --policy strict")
				}
				for _, word := range words {
					at := strings.Index(section, word)
					if at < 0 {
						t.Fatalf("%s: step %d (%s) lacks %q, or it stands earlier:\n%s", f.Name, i+1, s.Rule, word, rules)
					}
					section = section[at:]
				}
			}
			for _, s := range list {
				if n := strings.Count(rules, strings.ReplaceAll(s.Fix, "`", "")); n > 1 && !sharedFix(list, s.Fix) {
					t.Errorf("%s says %d times how %s is fixed", f.Name, n, s.Rule)
				}
			}
		}
	}
}

// brokenBy is an exposed endpoint that breaks every rule of a check.
func brokenBy(c check.Check) *report.Line {
	l := reporttest.Verdict("10.0.0.1", signet.Exposed)
	l.Check = c.Name
	for i, r := range c.Rules {
		l.Judgement.Findings = append(l.Judgement.Findings, signet.Finding{Rule: r.ID, Title: r.Title, Severity: signet.Severity(1 + i%4)})
	}
	return l
}

// sharedFix tells whether several steps are done by one setting.
func sharedFix(list []report.Step, fix string) bool {
	n := 0
	for _, s := range list {
		if s.Fix == fix {
			n++
		}
	}
	return n > 1
}
