package prose

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"signet"
	"signet/internal/report"
	"signet/internal/report/reporttest"
)

// standing is an endpoint of every standing: which rules it breaks, and which of them are accepted.
func standing(addr string, v signet.Verdict, rules ...string) *report.Line {
	l := reporttest.Verdict(addr, v)
	for _, r := range rules {
		f := signet.Finding{Rule: strings.TrimPrefix(r, "-"), Severity: signet.High, Title: "Title", Because: []string{"finding of " + addr}}
		if f.Rule == "http-note" {
			f.Severity = signet.Info
		}
		if strings.HasPrefix(r, "-") {
			l.Excepted = append(l.Excepted, signet.Excepted{Finding: f, Owner: "Mara", Until: "2026-06-30"})
		} else {
			l.Judgement.Findings = append(l.Judgement.Findings, f)
		}
	}
	return l
}

// Every endpoint stands in one section and there once, under one finding or, where it breaks nothing, under its reason.
func TestEveryEndpointStandsOnce(t *testing.T) {
	whole := standing("10.0.0.7", signet.Exposed, "-smb-signing-not-required")
	whole.Accepted = true
	lines := []*report.Line{
		standing("10.0.0.1", signet.Exposed, "smb1-enabled", "smb-signing-not-required", "http-ntlm-plain"),
		standing("10.0.0.2", signet.Exposed, "smb-signing-not-required"),
		standing("10.0.0.3", signet.Undetermined, "smb1-enabled", "smb-signing-not-required"),
		standing("10.0.0.4", signet.Undetermined, "http-note"),
		standing("10.0.0.5", signet.Guarded, "smb1-enabled", "http-note"),
		standing("10.0.0.6", signet.Unseen, "smb1-enabled"),
		whole,
		standing("10.0.0.8", signet.Exposed, "-smb-signing-not-required", "smb1-enabled"),
		standing("10.0.0.9", signet.Guarded),
		standing("10.0.0.10", signet.Unseen),
		standing("10.0.0.11", signet.Exposed), // a policy switched its rules off
	}
	want := map[string]string{ // where, and what is said
		"10.0.0.1": "exposed/smb-signing-not-required: finding of 10.0.0.1", "10.0.0.2": "exposed/smb-signing-not-required: finding of 10.0.0.2",
		"10.0.0.3": "undetermined/smb1-enabled: the reason of 10.0.0.3", "10.0.0.4": "undetermined/: the reason of 10.0.0.4",
		"10.0.0.5": "other findings/smb1-enabled: finding of 10.0.0.5", "10.0.0.6": "other findings/smb1-enabled: finding of 10.0.0.6",
		"10.0.0.7": "accepted risks/smb-signing-not-required", "10.0.0.8": "other findings/smb1-enabled: finding of 10.0.0.8",
		"10.0.0.9": "guarded/: the reason of 10.0.0.9", "10.0.0.10": "unseen/: the reason of 10.0.0.10", "10.0.0.11": "exposed/: the reason of 10.0.0.11",
	}
	h := reporttest.Header()
	h.All = true
	section := regexp.MustCompile(`^(?:## )?(EXPOSED|UNDETERMINED|OTHER FINDINGS|ACCEPTED RISKS|GUARDED|UNSEEN|Exposed|Undetermined|Other findings|Accepted risks|Guarded|Unseen)\b`)
	rule := regexp.MustCompile("^  high .*\\(([a-z0-9-]+)\\), |^`([a-z0-9-]+)` · high")
	at := regexp.MustCompile("(10\\.0\\.0\\.\\d+):80`?(?: \\|  \\||) *(.*)$")
	for _, f := range []report.Format{Text(), Markdown()} {
		out := string(reporttest.RenderLines(t, f, h, lines))
		got := map[string]string{}
		in, under := "", ""
		for _, line := range strings.Split(out, "\n") {
			if m := section.FindStringSubmatch(line); m != nil {
				in, under = strings.ToLower(m[1]), ""
			} else if m := rule.FindStringSubmatch(line); m != nil {
				under = m[1] + m[2]
			} else if strings.Contains(line, "No finding") {
				under = ""
			}
			if in == "accepted risks" {
				continue // which says of findings, not of endpoints, that they are accepted
			}
			if m := at.FindStringSubmatch(line); m != nil {
				if got[m[1]] != "" {
					t.Errorf("%s: %s stands twice", f.Name, m[1])
				}
				got[m[1]] = in + "/" + under + ": " + strings.TrimSuffix(m[2], " |")
			}
		}
		got["10.0.0.7"] += "accepted risks/smb-signing-not-required" // which another test looks at
		for addr, where := range want {
			if got[addr] != where {
				t.Errorf("%s: %s stands at %q, want %q", f.Name, addr, got[addr], where)
			}
		}
		if !strings.Contains(out, "no relay by themselves: 3 endpoints that are guarded or unseen, or exposed by an accepted risk alone") {
			t.Errorf("%s does not say what stands under other findings", f.Name)
		}
		if t.Failed() {
			t.Logf("%s", out)
		}
	}
}

// What endpoints break besides the finding that they are listed under is said beside it, with how many of them do.
func TestOtherFindingsOfListedEndpoints(t *testing.T) {
	lines := []*report.Line{
		standing("10.0.0.1", signet.Exposed, "smb-signing-not-required", "http-ntlm-plain", "http-ntlm-plain", "http-note"),
		standing("10.0.0.2", signet.Exposed, "smb-signing-not-required", "http-ntlm-plain"),
	}
	many := standing("10.0.0.3", signet.Guarded, "smb1-enabled")
	for i := range mostAlso + 2 {
		many.Judgement.Findings = append(many.Judgement.Findings, signet.Finding{Rule: fmt.Sprintf("rule-%d", i), Severity: signet.Low})
	}
	lines = append(lines, many)
	for name, want := range map[string][]string{
		"text":     {"also at these endpoints: http-ntlm-plain (high) at 2, http-note (info) at 1\n", "rule-4 (low) at 1, 2 more rules\n"},
		"markdown": {"\nAlso at these endpoints: `http-ntlm-plain` (high) at 2, `http-note` (info) at 1.\n", "`rule-4` (low) at 1, 2 more rules.\n"},
	} {
		f := Text()
		if name == "markdown" {
			f = Markdown()
		}
		out := string(reporttest.RenderLines(t, f, reporttest.Header(), lines))
		for _, w := range want {
			if !strings.Contains(strings.ReplaceAll(out, "\n            ", " "), w) {
				t.Errorf("%s lacks %q:\n%s", name, w, out)
			}
		}
	}
}

// Of more findings than a section shows the mildest are counted; endpoints without a finding are none of them, and are shown.
func TestFindingsLeftOut(t *testing.T) {
	var lines []*report.Line
	for i := range mostGroups + 2 {
		l := standing(fmt.Sprintf("10.0.0.%d", i+1), signet.Undetermined, fmt.Sprintf("rule-%02d", i))
		if i >= mostGroups {
			l.Judgement.Findings[0].Severity = signet.Low
		}
		lines = append(lines, l)
	}
	lines = append(lines, standing("10.0.0.100", signet.Undetermined), standing("10.0.0.101", signet.Undetermined))
	for _, f := range []report.Format{Text(), Markdown()} {
		out := string(reporttest.RenderLines(t, f, reporttest.Header(), lines))
		for _, want := range []string{"rule-11", "o finding", "10.0.0.100:80", "10.0.0.101:80", "… and 2 findings at 2 endpoints more: the same command with -o csv"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", f.Name, want, out)
			}
		}
		if strings.Contains(out, "10.0.0.13:80") {
			t.Errorf("%s shows the mildest:\n%s", f.Name, out)
		}
	}
}
