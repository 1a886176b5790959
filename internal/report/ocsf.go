package report

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"time"

	"signet"
	"signet/internal/text"
)

// OCSF writes Compliance Findings (class 2003) of the Open Cybersecurity Schema Framework 1.3.0 as JSON lines: one
// that failed per finding, one with a warning per endpoint that stayed undetermined, one that passed per endpoint
// that breaks no rule, with the status unknown where it is unseen. It streams.
type OCSF struct {
	Ignore
	ocsfLines
}

// ocsfLines are events of a run, or of what changed between two.
type ocsfLines struct {
	b                 *bufio.Writer
	rules             *Rulebook
	tool, run, policy string
}

type ocsfEvent struct {
	ActivityID   int            `json:"activity_id"`
	ActivityName string         `json:"activity_name"`
	CategoryUID  int            `json:"category_uid"`
	CategoryName string         `json:"category_name"`
	ClassUID     int            `json:"class_uid"`
	ClassName    string         `json:"class_name"`
	TypeUID      int            `json:"type_uid"`
	TypeName     string         `json:"type_name"`
	Time         int64          `json:"time"` // milliseconds since 1970
	SeverityID   int            `json:"severity_id"`
	Severity     string         `json:"severity"`
	StatusID     int            `json:"status_id"`
	Status       string         `json:"status"`
	Message      string         `json:"message"`
	Metadata     ocsfMetadata   `json:"metadata"`
	FindingInfo  ocsfInfo       `json:"finding_info"`
	Compliance   ocsfCompliance `json:"compliance"`
	Remediation  *ocsfText      `json:"remediation,omitempty"`
	Resources    []ocsfResource `json:"resources"`
	Unmapped     map[string]any `json:"unmapped"`
}

type ocsfMetadata struct {
	Version     string      `json:"version"`
	Product     ocsfProduct `json:"product"`
	Correlation string      `json:"correlation_uid"`
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version"`
}

type ocsfInfo struct {
	UID     string   `json:"uid"`
	Title   string   `json:"title"`
	Desc    string   `json:"desc,omitempty"`
	Types   []string `json:"types,omitempty"`
	Created int64    `json:"created_time"`
}

type ocsfCompliance struct {
	Standards []string `json:"standards"`
	Control   string   `json:"control"`
	StatusID  int      `json:"status_id"`
	Status    string   `json:"status"`
	Detail    string   `json:"status_detail,omitempty"`
}

type ocsfText struct {
	Desc string `json:"desc"`
}

type ocsfResource struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// The statuses of a compliance object.
const (
	ocsfUnknown = 0
	ocsfPass    = 1
	ocsfWarning = 2
	ocsfFail    = 3
)

// NewOCSF writes to w.
func NewOCSF(w io.Writer, rules *Rulebook) *OCSF {
	return &OCSF{ocsfLines: ocsfLines{b: bufio.NewWriterSize(w, 64<<10), rules: rules}}
}

// Begin remembers the header: a line is an event, and a run is none.
func (o *OCSF) Begin(h *Header) error {
	o.tool, o.run, o.policy = h.Tool, h.Run, h.Policy
	return nil
}

// Endpoint writes the events of one endpoint.
func (o *OCSF) Endpoint(l *Line) error {
	if !l.Reached() && !l.Lost() {
		return nil
	}
	f := factsOf(l)
	about := ocsfAbout{at: l.Endpoint, host: f.hostName(l), check: l.Check, verdict: l.Verdict, when: l.At}
	because := strings.Join(text.CleanAll(l.Because), "; ")
	passed := true
	write := func(e *ocsfEvent) error {
		e.Unmapped["outcome"] = l.Outcome.String()
		return o.write(e)
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !counted(f) {
			continue
		}
		passed = false
		if err := write(o.finding(&about, f, ocsfFail)); err != nil {
			return err
		}
	}
	switch {
	case l.Outcome == signet.Skipped:
		return write(o.verdict(&about, ocsfUnknown, "It was not asked, for a reason of ours", because))
	case l.Verdict == signet.Undetermined:
		return write(o.verdict(&about, ocsfWarning, "It could not be told whether the endpoint is guarded", because))
	case passed && l.Verdict == signet.Unseen: // no rule is broken, but nothing was seen to pass either
		return write(o.verdict(&about, ocsfUnknown, "No NTLM and no guard was seen", because))
	case passed:
		return write(o.verdict(&about, ocsfPass, "No rule of the policy is broken", because))
	}
	return nil
}

// ocsfAbout is what an event stands for beside a finding.
type ocsfAbout struct {
	at      signet.Endpoint
	host    string // clean
	check   string
	verdict signet.Verdict
	when    time.Time
}

// finding makes the event of one.
func (o *ocsfLines) finding(about *ocsfAbout, f *signet.Finding, status int) *ocsfEvent {
	e := o.event(about, text.Clean(f.Rule), text.Clean(f.Where), status)
	e.SeverityID, e.Severity = ocsfSeverity(f.Severity)
	e.FindingInfo.Title = text.Clean(f.Title)
	e.Compliance.Detail = strings.Join(text.CleanAll(f.Because), "; ")
	if fix := o.rules.fix(f.Rule); fix != "" {
		e.Remediation = &ocsfText{fix}
	}
	return e
}

// verdict makes the event of an endpoint that no finding stands for.
func (o *ocsfLines) verdict(about *ocsfAbout, status int, title, because string) *ocsfEvent {
	e := o.event(about, "verdict", "", status)
	e.FindingInfo.Title, e.Compliance.Detail = title, because
	return e
}

// event fills what every event has. rule and where are clean.
func (o *ocsfLines) event(about *ocsfAbout, rule, where string, status int) *ocsfEvent {
	_, version, _ := strings.Cut(o.tool, "/")
	at, when := about.at, about.when.UnixMilli()
	resource := ocsfResource{UID: at.AddrPort().String() + "/" + at.Transport.String(), Name: text.Either(about.host == "", at.Addr.String(), about.host), Type: "endpoint"}
	e := &ocsfEvent{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2003, ClassName: "Compliance Finding",
		TypeUID: 200301, TypeName: "Compliance Finding: Create", Time: when, SeverityID: 1, Severity: "Informational",
		StatusID: 1, Status: "New",
		Metadata:    ocsfMetadata{Version: "1.3.0", Product: ocsfProduct{Name: "Signet", Vendor: "Signet", Version: text.Clean(version)}, Correlation: text.Clean(o.run)},
		FindingInfo: ocsfInfo{UID: identity(rule, at, about.check, where), Types: []string{rule}, Created: when},
		Compliance:  ocsfCompliance{Standards: []string{"signet " + text.Clean(o.policy)}, Control: rule, StatusID: status, Status: []string{"Unknown", "Pass", "Warning", "Fail"}[status]},
		Resources:   []ocsfResource{resource},
		Unmapped:    map[string]any{"check": text.Clean(about.check), "verdict": about.verdict.String()},
	}
	if where != "" {
		e.Unmapped["where"] = where
	}
	return e
}

func ocsfSeverity(v signet.Severity) (int, string) {
	words := []string{"Informational", "Low", "Medium", "High", "Critical"}
	if int(v) >= len(words) {
		return 0, "Unknown"
	}
	return int(v) + 1, words[v]
}

func (o *ocsfLines) write(e *ocsfEvent) error {
	e.Message = e.FindingInfo.Title + " at " + e.Resources[0].UID
	e.FindingInfo.Desc = e.Compliance.Detail
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = o.b.Write(append(b, '\n'))
	return err
}

// End flushes.
func (o *OCSF) End(*Summary) error { return o.b.Flush() }
