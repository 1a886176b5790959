package report

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"signet"
)

// OCSF writes Compliance Findings (class 2003) of the Open Cybersecurity Schema Framework 1.3.0 as JSON lines: one
// that failed per finding, one with a warning per endpoint that stayed undetermined, one that passed per endpoint
// that breaks no rule. It streams.
type OCSF struct {
	b     *bufio.Writer
	rules *Rulebook
	h     Header
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
	ocsfPass    = 1
	ocsfWarning = 2
	ocsfFail    = 3
)

// NewOCSF writes to w.
func NewOCSF(w io.Writer, rules *Rulebook) *OCSF {
	return &OCSF{b: bufio.NewWriterSize(w, 64<<10), rules: rules}
}

// Begin remembers the header: a line is an event, and a run is none.
func (o *OCSF) Begin(h *Header) error { o.h = *h; return nil }

// Endpoint writes the events of one endpoint.
func (o *OCSF) Endpoint(l *Line) error {
	if !l.Reached() {
		return nil
	}
	because := strings.Join(clean(l.Because), "; ")
	passed := l.Verdict != signet.Undetermined
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !counted(f) {
			continue
		}
		passed = false
		e := o.event(l, Clean(f.Rule), Clean(f.Where), ocsfFail)
		e.SeverityID, e.Severity = ocsfSeverity(f.Severity)
		e.FindingInfo.Title = Clean(f.Title)
		e.Compliance.Detail = strings.Join(clean(f.Because), "; ")
		if fix := o.rules.fix(f.Rule); fix != "" {
			e.Remediation = &ocsfText{fix}
		}
		if err := o.write(e); err != nil {
			return err
		}
	}
	switch {
	case l.Verdict == signet.Undetermined:
		e := o.event(l, "verdict", "", ocsfWarning)
		e.FindingInfo.Title = "It could not be told whether the endpoint is guarded"
		e.Compliance.Detail = because
		return o.write(e)
	case passed:
		e := o.event(l, "verdict", "", ocsfPass)
		e.FindingInfo.Title = "No rule of the policy is broken"
		e.Compliance.Detail = because
		return o.write(e)
	}
	return nil
}

// event fills what every event has. rule and where are clean.
func (o *OCSF) event(l *Line, rule, where string, status int) *ocsfEvent {
	_, version, _ := strings.Cut(o.h.Tool, "/")
	f := factsOf(l)
	name := f.hostName(l)
	resource := ocsfResource{UID: l.AddrPort().String() + "/" + l.Transport.String(), Name: either(name == "", l.Addr.String(), name), Type: "endpoint"}
	e := &ocsfEvent{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2003, ClassName: "Compliance Finding",
		TypeUID: 200301, TypeName: "Compliance Finding: Create", Time: l.At.UnixMilli(), SeverityID: 1, Severity: "Informational",
		StatusID: 1, Status: "New",
		Metadata:    ocsfMetadata{Version: "1.3.0", Product: ocsfProduct{Name: "Signet", Vendor: "Signet", Version: Clean(version)}, Correlation: Clean(o.h.Run)},
		FindingInfo: ocsfInfo{UID: identity(rule, l, where), Types: []string{rule}, Created: l.At.UnixMilli()},
		Compliance:  ocsfCompliance{Standards: []string{"signet " + Clean(o.h.Policy)}, Control: rule, StatusID: status, Status: []string{"", "Pass", "Warning", "Fail"}[status]},
		Resources:   []ocsfResource{resource},
		Unmapped:    map[string]any{"check": l.Check, "outcome": l.Outcome.String(), "verdict": l.Verdict.String()},
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

func (o *OCSF) write(e *ocsfEvent) error {
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
