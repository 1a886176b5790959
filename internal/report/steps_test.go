package report_test

import (
	"fmt"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// breaks is an endpoint that breaks rules, given as "rule severity"; what begins with - is accepted.
func breaks(addr string, v signet.Verdict, rules ...string) *report.Line {
	l := reporttest.Verdict(addr, v)
	for _, r := range rules {
		name, word, _ := strings.Cut(strings.TrimPrefix(r, "-"), " ")
		f := signet.Finding{Rule: name, Title: "Title of " + name}
		if err := f.Severity.UnmarshalText([]byte(word)); err != nil {
			panic(err)
		}
		if strings.HasPrefix(r, "-") {
			l.Excepted = append(l.Excepted, signet.Excepted{Finding: f})
		} else {
			l.Judgement.Findings = append(l.Judgement.Findings, f)
		}
	}
	return l
}

func TestSteps(t *testing.T) {
	const signing, plain, ldap, smb1, note = "smb-signing-not-required", "http-ntlm-plain", "ldap-signing-not-required", "smb1-enabled", "http-note"
	exposed, guarded, undetermined, unseen := signet.Exposed, signet.Guarded, signet.Undetermined, signet.Unseen
	silent := breaks("10.0.0.9", undetermined, signing+" high")
	silent.Open, silent.Outcome = false, signet.Silent
	for _, tt := range []struct {
		name  string
		lines []*report.Line
		fixes []signet.PathFix
		want  string // rule severity exposed/other open/conditional/unknown, in order
	}{
		{name: "nothing is broken", lines: reporttest.Verdicts()},
		{name: "the severest first, whatever it removes",
			lines: []*report.Line{breaks("10.0.0.1", exposed, signing+" high", smb1+" medium"), breaks("10.0.0.2", exposed, plain+" critical")},
			fixes: []signet.PathFix{{Finding: signing, Open: 900}, {Finding: smb1, Open: 1000}},
			want:  plain + " critical 1/0 0/0/0, " + signing + " high 1/0 900/0/0, " + smb1 + " medium 0/1 1000/0/0"},
		{name: "of equals the one that removes more open paths, then conditional ones, then unknown ones",
			lines: []*report.Line{breaks("10.0.0.1", exposed, signing+" high", plain+" high", ldap+" high", smb1+" high")},
			fixes: []signet.PathFix{{Finding: ldap, Conditional: 2}, {Finding: plain, Conditional: 2, Unknown: 1}, {Finding: smb1, Open: 1}, {Finding: signing, Conditional: 3}},
			want:  smb1 + " high 0/1 1/0/0, " + signing + " high 1/0 0/3/0, " + plain + " high 1/0 0/2/1, " + ldap + " high 1/0 0/2/0"},
		{name: "without paths the one that closes more exposed endpoints, then more others, then by name",
			lines: []*report.Line{breaks("10.0.0.1", exposed, signing+" high", plain+" high", ldap+" high"), breaks("10.0.0.2", exposed, signing+" high"),
				breaks("10.0.0.3", undetermined, ldap+" high")},
			want: signing + " high 2/0 0/0/0, " + ldap + " high 1/1 0/0/0, " + plain + " high 1/0 0/0/0"},
		{name: "equal in everything: by name",
			lines: []*report.Line{breaks("10.0.0.1", exposed, signing+" high", ldap+" high", plain+" high")},
			want:  plain + " high 1/0 0/0/0, " + ldap + " high 1/0 0/0/0, " + signing + " high 1/0 0/0/0"},
		{name: "what is accepted is no work",
			lines: []*report.Line{breaks("10.0.0.1", exposed, "-"+signing+" critical"), breaks("10.0.0.2", exposed, "-"+plain+" high", smb1+" low")},
			fixes: []signet.PathFix{{Finding: signing, Open: 3}},
			want:  smb1 + " low 0/1 0/0/0"},
		{name: "what is for information is no work, and adds to none",
			lines: []*report.Line{breaks("10.0.0.1", exposed, note+" info", signing+" info"), breaks("10.0.0.2", exposed, signing+" low")},
			want:  signing + " low 1/0 0/0/0"},
		{name: "a rule whose fix nobody knows is no step",
			lines: []*report.Line{breaks("10.0.0.1", exposed, "of-a-later-version critical", smb1+" low")},
			want:  smb1 + " low 0/1 0/0/0"},
		{name: "endpoints that are not exposed count beside those that are",
			lines: []*report.Line{breaks("10.0.0.1", exposed, signing+" high"), breaks("10.0.0.2", undetermined, signing+" high"), breaks("10.0.0.3", guarded, signing+" low"), breaks("10.0.0.4", unseen, signing+" low")},
			want:  signing + " high 1/3 0/0/0"},
		{name: "two pages of an endpoint are one endpoint, and the worse counts",
			lines: []*report.Line{breaks("10.0.0.1", exposed, plain+" low", plain+" critical", plain+" info")},
			want:  plain + " critical 1/0 0/0/0"},
		{name: "what nobody answered breaks nothing", lines: []*report.Line{silent}},
	} {
		s := report.NewSteps(report.NewRulebook(reporttest.Checks()))
		for _, l := range tt.lines {
			s.Note(l)
		}
		s.Weigh(&signet.Paths{Fixes: tt.fixes})
		var got []string
		for _, p := range s.Sorted() {
			got = append(got, fmt.Sprintf("%s %s %d/%d %d/%d/%d", p.Rule, p.Severity, p.Exposed, p.Other, p.Open, p.Conditional, p.Unknown))
			if p.Fix != "Set *it* to required." || p.Title != "Title of "+p.Rule {
				t.Errorf("%s: %s is called %q and closed by %q", tt.name, p.Rule, p.Title, p.Fix)
			}
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, s, tt.want)
		}
	}
}

func TestWhatAStepCloses(t *testing.T) {
	for _, tt := range []struct {
		step report.Step
		want string
	}{
		{report.Step{Exposed: 1}, "closes 1 exposed endpoint"},
		{report.Step{Exposed: 1200, Other: 1, Open: 195000}, "closes 1200 exposed endpoints and 1 other, removes 195000 open paths"},
		{report.Step{Other: 1}, "closes 1 endpoint that is not exposed by it"},
		{report.Step{Other: 12, Open: 1, Conditional: 2, Unknown: 3}, "closes 12 endpoints that are not exposed by it, removes 1 open path, 2 conditional paths and 3 paths that may be open"},
	} {
		if got := tt.step.Closes(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// What a server or a store calls a rule cannot speak to a terminal.
func TestStepsAreClean(t *testing.T) {
	s := report.NewSteps(report.NewRulebook(reporttest.Checks()))
	l := breaks("10.0.0.1", signet.Exposed, "smb1-enabled high")
	l.Judgement.Findings[0].Title = reporttest.Hostile()
	s.Note(l)
	for _, p := range s.Sorted() {
		reporttest.Fit(t, []byte(p.Title))
		return
	}
	t.Error("no step")
}
