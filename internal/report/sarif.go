package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet"
	"signet/internal/text"
)

// SARIF writes a log of version 2.1.0: a result per finding above information, and one of kind "open" per endpoint
// that stayed undetermined (§3.27.9: evaluated, and too little was known to decide). Results stream; the tool and its
// rules stand behind them, as the order of members is free.
type SARIF struct {
	Ignore
	sarifLog
	h Header
}

// sarifLog is a log under way, of a run or of what changed between two.
type sarifLog struct {
	b     *bufio.Writer
	rules *Rulebook
	used  map[string]bool // rules that results named
}

// Rules that are none of a check's.
const (
	sarifUndetermined = "undetermined"
	sarifVerdict      = "verdict"
)

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	Kind         string            `json:"kind"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Baseline     string            `json:"baselineState,omitempty"`
	Properties   sarifProperties   `json:"properties"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
	} `json:"physicalLocation"`
	Logical []sarifLogical `json:"logicalLocations"`
}

type sarifLogical struct {
	Name      string `json:"name,omitempty"`
	Qualified string `json:"fullyQualifiedName"`
	Kind      string `json:"kind"`
}

type sarifProperties struct {
	Severity string   `json:"severity,omitempty"`
	Change   string   `json:"change,omitempty"`
	Was      string   `json:"was,omitempty"`
	Check    string   `json:"check"`
	Outcome  string   `json:"outcome,omitempty"`
	Verdict  string   `json:"verdict"`
	Where    string   `json:"where,omitempty"`
	Unasked  []string `json:"unasked,omitempty"`
	// Disagreements are what other sources say of the endpoint, where that is something else.
	Disagreements []string `json:"disagreements,omitempty"`
}

type sarifRule struct {
	ID       string     `json:"id"`
	Name     string     `json:"name,omitempty"`
	Short    sarifText  `json:"shortDescription"`
	Full     *sarifText `json:"fullDescription,omitempty"`
	Help     *sarifText `json:"help,omitempty"`
	Defaults struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

// NewSARIF writes to w.
func NewSARIF(w io.Writer, rules *Rulebook) *SARIF {
	return &SARIF{sarifLog: newSARIFLog(w, rules)}
}

func newSARIFLog(w io.Writer, rules *Rulebook) sarifLog {
	return sarifLog{b: bufio.NewWriterSize(w, 64<<10), rules: rules, used: map[string]bool{}}
}

// Begin opens the log.
func (s *SARIF) Begin(h *Header) error {
	s.h = *h
	return s.open()
}

func (s *sarifLog) open() error {
	_, err := s.b.WriteString(`{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"results":[`)
	return err
}

// Endpoint writes the results of one endpoint.
func (s *SARIF) Endpoint(l *Line) error {
	if !l.Reached() {
		return nil
	}
	f := factsOf(l)
	host := f.hostName(l)
	about := sarifProperties{Check: l.Check, Outcome: l.Outcome.String(), Verdict: l.Verdict.String(), Unasked: text.CleanAll(l.Unasked), Disagreements: text.CleanAll(l.Disagreements)}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !counted(f) {
			continue
		}
		p := about
		p.Severity, p.Where = f.Severity.String(), text.Clean(f.Where)
		if err := s.result(l.Endpoint, host, &sarifResult{RuleID: f.Rule, Kind: "fail", Level: sarifLevel(f.Severity), Message: sarifText{Text: findingText(f, l.Endpoint)}, Properties: p}); err != nil {
			return err
		}
	}
	if l.Verdict != signet.Undetermined {
		return nil
	}
	return s.result(l.Endpoint, host, &sarifResult{RuleID: sarifUndetermined, Kind: "open", Level: "none", Properties: about,
		Message: sarifText{Text: l.Endpoint.String() + " could not be told: " + strings.Join(text.CleanAll(l.Because), "; ")}})
}

// findingText says a finding in a sentence.
func findingText(f *signet.Finding, at signet.Endpoint) string {
	said := text.Clean(f.Title) + " at " + at.String()
	if len(f.Because) > 0 {
		said += ": " + strings.Join(text.CleanAll(f.Because), "; ")
	}
	return said
}

// result writes one, and says where it stands; its texts are clean.
func (s *sarifLog) result(at signet.Endpoint, host string, r *sarifResult) error {
	r.RuleID = text.Clean(r.RuleID)
	r.Fingerprints = map[string]string{"signet/v1": identity(r.RuleID, at, r.Properties.Check, r.Properties.Where)}
	r.Locations = make([]sarifLocation, 1)
	r.Locations[0].Physical.Artifact.URI = at.Transport.String() + "://" + at.AddrPort().String()
	r.Locations[0].Logical = []sarifLogical{{Name: host, Qualified: at.AddrPort().String() + "/" + at.Transport.String(), Kind: "resource"}}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(s.used) > 0 {
		b = append([]byte(",\n"), b...)
	}
	s.used[r.RuleID] = true
	_, err = s.b.Write(b)
	return err
}

// identity names a finding across runs: the same rule at the same endpoint. 128 bits, hex.
func identity(rule string, at signet.Endpoint, check, where string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, at.Addr.String(), strconv.Itoa(int(at.Port)), at.Transport.String(), check, where}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func sarifLevel(v signet.Severity) string {
	switch v {
	case signet.Critical, signet.High:
		return "error"
	case signet.Medium:
		return "warning"
	}
	return "note"
}

// End writes the tool, its rules and the invocation.
func (s *SARIF) End(sum *Summary) error {
	invocation := map[string]any{
		"executionSuccessful": !sum.Interrupted && sum.Lost.Faults == 0 && sum.Lost.Skipped == 0, "startTimeUtc": s.h.Started.UTC().Format(time.RFC3339), "endTimeUtc": sum.Ended.UTC().Format(time.RFC3339),
		"properties": map[string]any{"targets": text.CleanAll(s.h.Targets), "checks": text.CleanAll(s.h.Checks), "depth": s.h.Depth.String(), "policy": text.Clean(s.h.Policy),
			"addresses": sum.Coverage.Addresses, "endpoints_asked": sum.Coverage.Asked, "undetermined": sum.Coverage.Undetermined,
			"exposed": sum.Verdicts[signet.Exposed], "guarded": sum.Verdicts[signet.Guarded], "unseen": sum.Verdicts[signet.Unseen]},
	}
	var told []any
	for _, text := range lostOf(sum) {
		told = append(told, map[string]any{"level": "error", "message": map[string]string{"text": text}})
	}
	if told != nil {
		invocation["toolExecutionNotifications"] = told
	}
	return s.close(s.h.Tool, s.h.Run, invocation)
}

// close writes what stands behind the results.
func (s *sarifLog) close(tool, id string, invocation map[string]any) error {
	name, version, _ := strings.Cut(tool, "/")
	rules := []sarifRule{}
	for _, id := range slices.Sorted(maps.Keys(s.used)) {
		rules = append(rules, s.rule(id))
	}
	tail := struct {
		Tool        any    `json:"tool"`
		Automation  any    `json:"automationDetails"`
		Invocations []any  `json:"invocations"`
		ColumnKind  string `json:"columnKind"`
	}{
		Tool:       map[string]any{"driver": map[string]any{"name": text.Either(name == "", "signet", text.Clean(name)), "version": text.Either(version == "", "unknown", text.Clean(version)), "rules": rules}},
		Automation: map[string]string{"id": "signet/" + text.Clean(id)}, Invocations: []any{invocation}, ColumnKind: "utf16CodeUnits",
	}
	b, err := json.Marshal(tail)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.b, "],\n%s}]}\n", b[1:len(b)-1])
	return s.b.Flush()
}

func (s *sarifLog) rule(id string) sarifRule {
	r := sarifRule{ID: id, Short: sarifText{Text: id}}
	r.Defaults.Level = "warning"
	switch id {
	case sarifUndetermined:
		r.Short.Text = "It could not be told whether the endpoint is guarded"
		r.Defaults.Level = "none"
		return r
	case sarifVerdict:
		r.Short.Text = "The verdict of an endpoint changed, and no finding with it"
		r.Defaults.Level = "none"
		return r
	}
	book := s.rules.of(id)
	if !book.known {
		return r
	}
	r.Short.Text = book.rule.Title
	if book.rule.Relay() {
		r.Defaults.Level = "error"
	}
	if book.rule.Requires != "" {
		r.Full = &sarifText{Text: "Wanted: " + book.rule.Requires + "."}
	}
	if a := book.advice; a.Text != "" {
		r.Help = &sarifText{Text: a.Setting, Markdown: a.Text}
	}
	return r
}
