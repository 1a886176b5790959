package ocsf

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"strings"
	"time"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// lines are the events under way.
type lines struct {
	b                 *bufio.Writer
	rules             *report.Rulebook
	tool, run, policy string
}

func newLines(w io.Writer, o *report.Options) lines {
	return lines{b: bufio.NewWriterSize(w, 64<<10), rules: report.NewRulebook(o.Checks)}
}

// subject is what an event is about beside a finding.
type subject struct {
	at      signet.Endpoint
	host    string // clean
	check   string
	verdict signet.Verdict
	when    time.Time
}

// finding makes the event of a finding.
func (l *lines) finding(about *subject, f *signet.Finding, status int) *event {
	e := l.event(about, text.Clean(f.Rule), text.Clean(f.Where), status)
	e.SeverityID, e.Severity = severity(f.Severity)
	e.FindingInfo.Title = text.Clean(f.Title)
	e.Compliance.Detail = strings.Join(text.CleanAll(f.Because), "; ")
	if fix := l.rules.Fix(f.Rule); fix != "" {
		e.Remediation = &remediation{fix}
	}
	return e
}

// verdict makes the event of an endpoint that no finding stands for.
func (l *lines) verdict(about *subject, status int, title, because string) *event {
	e := l.event(about, "verdict", "", status)
	e.FindingInfo.Title, e.Compliance.Detail = title, because
	return e
}

// event fills what every event has. rule and where are clean.
func (l *lines) event(about *subject, rule, where string, status int) *event {
	_, version, _ := strings.Cut(l.tool, "/")
	at, when := about.at, about.when.UnixMilli()
	place := resource{UID: at.AddrPort().String() + "/" + at.Transport.String(), Name: cmp.Or(about.host, at.Addr.String()), Type: "endpoint"}
	e := &event{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2003, ClassName: "Compliance Finding",
		TypeUID: 200301, TypeName: "Compliance Finding: Create", Time: when, SeverityID: 1, Severity: "Informational",
		StatusID: 1, Status: "New",
		Metadata:    metadata{Version: "1.3.0", Product: product{Name: "Signet", Vendor: "Signet", Version: text.Clean(version)}, Correlation: text.Clean(l.run)},
		FindingInfo: findingInfo{UID: report.FindingID(rule, at, about.check, where), Types: []string{rule}, Created: when},
		Compliance:  compliance{Standards: []string{"signet " + text.Clean(l.policy)}, Control: rule, StatusID: status, Status: []string{"Unknown", "Pass", "Warning", "Fail"}[status]},
		Resources:   []resource{place},
		Unmapped:    map[string]any{"check": text.Clean(about.check), "verdict": about.verdict.String()},
	}
	if where != "" {
		e.Unmapped["where"] = where
	}
	return e
}

// severity is severity_id and its caption.
func severity(v signet.Severity) (int, string) {
	words := []string{"Informational", "Low", "Medium", "High", "Critical"}
	if int(v) >= len(words) {
		return 0, "Unknown"
	}
	return int(v) + 1, words[v]
}

// write fills what follows from the rest, and writes the line.
func (l *lines) write(e *event) error {
	e.Message = e.FindingInfo.Title + " at " + e.Resources[0].UID
	e.FindingInfo.Desc = e.Compliance.Detail
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = l.b.Write(append(b, '\n'))
	return err
}

// life says what became of a finding.
func (e *event) life(activity int, name string, status int, word string) {
	e.ActivityID, e.ActivityName, e.StatusID, e.Status = activity, name, status, word
	e.TypeUID, e.TypeName = e.ClassUID*100+activity, e.ClassName+": "+name
}
