package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Message is what is told at once. Everything in it may come from a server that was asked, and is not trusted to be harmless.
type Message struct {
	ID       string    // the same, however often it is tried
	At       time.Time // of what it tells
	Kind     Kind
	Severity string // critical, high, medium, low, info; empty: none
	Title    string // one line
	Site     string // name; empty: what belongs to none
	Run      string // ID; empty: it is about none
	Link     string // to the page that says more
	Rows     []Row  // at most MostRows
	More     int    // rows beyond those
	Files    []File // of mail alone
}

// MostRows is how many rows a message has at most.
const MostRows = 20

// Kind is what a message is about.
type Kind string

const (
	Worsened  Kind = "findings.worsened" // or appeared exposed
	Ending    Kind = "exception.ending"
	JobFailed Kind = "job.failed"
	JobMissed Kind = "job.missed"
	Coverage  Kind = "coverage.fell"
	Digest    Kind = "digest"
	Report    Kind = "report"
	Test      Kind = "test"
)

// Row is one thing of many that a message tells of. The names are those of the JSON lines.
type Row struct {
	Change   string `json:"change,omitempty"` // worsened, appeared, …
	Rule     string `json:"rule,omitempty"`
	Severity string `json:"severity,omitempty"`
	Host     string `json:"host,omitempty"` // a name, where one is known
	Address  string `json:"address,omitempty"`
	Port     uint16 `json:"port,omitempty"`
	Check    string `json:"check,omitempty"`
	Where    string `json:"where,omitempty"`
	Owner    string `json:"owner,omitempty"`
	Text     string `json:"text,omitempty"` // what is to be said besides
}

// File is what a mail brings with it.
type File struct {
	Name, Type string
	Body       []byte
}

// line is a row for people.
func (r *Row) line() string {
	at := r.Address
	if r.Port != 0 {
		at = fmt.Sprintf("%s port %d", at, r.Port)
	}
	if r.Host != "" {
		at = strings.TrimSpace(r.Host + " " + at)
	}
	var parts []string
	for _, p := range []string{r.Severity, strings.TrimSpace(r.Rule + " " + r.Change), at, r.Where, r.Text} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	s := strings.Join(parts, ", ")
	if r.Owner != "" {
		s += " (" + r.Owner + ")"
	}
	return s
}

// more is what stands behind the last row.
func (m *Message) more() string {
	if m.More == 0 {
		return ""
	}
	return fmt.Sprintf("and %d more", m.More)
}

// event is a message as JSON, in the form of Standard Webhooks.
type event struct {
	Type      Kind      `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Title    string `json:"title"`
	Severity string `json:"severity,omitempty"`
	Site     string `json:"site,omitempty"`
	Run      string `json:"run,omitempty"`
	Link     string `json:"link,omitempty"`
	Rows     []Row  `json:"rows"`
	More     int    `json:"more"`
}

func (m *Message) event() event {
	e := event{m.Kind, m.At.UTC(), data{Title: m.Title, Severity: m.Severity, Site: m.Site, Run: m.Run, Link: m.Link, Rows: m.Rows, More: m.More}}
	if e.Data.Rows == nil {
		e.Data.Rows = []Row{}
	}
	return e
}

// body is the message as a webhook has it where its channel has no template.
func (m *Message) body() ([]byte, error) { return json.Marshal(m.event()) }
