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
)

// SARIF writes a log of version 2.1.0: a result per finding above information, and one of kind "open" per endpoint
// that stayed undetermined (§3.27.9: evaluated, and too little was known to decide). Results stream; the tool and its
// rules stand behind them, as the order of members is free.
type SARIF struct {
	b     *bufio.Writer
	rules *Rulebook
	h     Header
	first bool
	used  map[string]bool // rules that results named
}

const sarifUndetermined = "undetermined"

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
	Check    string   `json:"check"`
	Outcome  string   `json:"outcome"`
	Verdict  string   `json:"verdict"`
	Where    string   `json:"where,omitempty"`
	Unasked  []string `json:"unasked,omitempty"`
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
	return &SARIF{b: bufio.NewWriterSize(w, 64<<10), rules: rules, first: true, used: map[string]bool{}}
}

// Begin opens the log.
func (s *SARIF) Begin(h *Header) error {
	s.h = *h
	_, err := s.b.WriteString(`{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"results":[`)
	return err
}

// Endpoint writes the results of one endpoint.
func (s *SARIF) Endpoint(l *Line) error {
	if !l.Reached() {
		return nil
	}
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		if !counted(f) {
			continue
		}
		text := Clean(f.Title) + " at " + l.Endpoint.String()
		if len(f.Because) > 0 {
			text += ": " + strings.Join(clean(f.Because), "; ")
		}
		if err := s.result(l, Clean(f.Rule), "fail", sarifLevel(f.Severity), text, f.Severity.String(), Clean(f.Where)); err != nil {
			return err
		}
	}
	if l.Verdict != signet.Undetermined {
		return nil
	}
	return s.result(l, sarifUndetermined, "open", "none", l.Endpoint.String()+" could not be told: "+strings.Join(clean(l.Because), "; "), "", "")
}

// result writes one; its texts are clean.
func (s *SARIF) result(l *Line, rule, kind, level, text, severity, where string) error {
	r := sarifResult{RuleID: rule, Kind: kind, Level: level, Message: sarifText{Text: text}, Locations: make([]sarifLocation, 1),
		Fingerprints: map[string]string{"signet/v1": identity(rule, l, where)},
		Properties:   sarifProperties{Severity: severity, Check: l.Check, Outcome: l.Outcome.String(), Verdict: l.Verdict.String(), Where: where, Unasked: clean(l.Unasked)}}
	f := factsOf(l)
	r.Locations[0].Physical.Artifact.URI = l.Transport.String() + "://" + l.AddrPort().String()
	r.Locations[0].Logical = []sarifLogical{{Name: f.hostName(l), Qualified: l.AddrPort().String() + "/" + l.Transport.String(), Kind: "resource"}}
	s.used[rule] = true
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if !s.first {
		b = append([]byte(",\n"), b...)
	}
	s.first = false
	_, err = s.b.Write(b)
	return err
}

// identity names a finding across runs: the same rule at the same endpoint. 128 bits, hex.
func identity(rule string, l *Line, where string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, l.Addr.String(), strconv.Itoa(int(l.Port)), l.Transport.String(), l.Check, where}, "\x00")))
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
	name, version, _ := strings.Cut(s.h.Tool, "/")
	var rules []sarifRule
	for _, id := range slices.Sorted(maps.Keys(s.used)) {
		rules = append(rules, s.rule(id))
	}
	if rules == nil {
		rules = []sarifRule{}
	}
	tail := struct {
		Tool        any    `json:"tool"`
		Automation  any    `json:"automationDetails"`
		Invocations []any  `json:"invocations"`
		ColumnKind  string `json:"columnKind"`
	}{
		Tool:       map[string]any{"driver": map[string]any{"name": either(name == "", "signet", Clean(name)), "version": either(version == "", "unknown", Clean(version)), "rules": rules}},
		Automation: map[string]string{"id": "signet/" + Clean(s.h.Run)},
		Invocations: []any{map[string]any{
			"executionSuccessful": !sum.Interrupted, "startTimeUtc": s.h.Started.UTC().Format(time.RFC3339), "endTimeUtc": sum.Ended.UTC().Format(time.RFC3339),
			"properties": map[string]any{"targets": clean(s.h.Targets), "checks": clean(s.h.Checks), "depth": s.h.Depth.String(), "policy": Clean(s.h.Policy),
				"addresses": sum.Coverage.Addresses, "endpoints_asked": sum.Coverage.Asked, "undetermined": sum.Coverage.Undetermined,
				"exposed": sum.Verdicts[signet.Exposed], "guarded": sum.Verdicts[signet.Guarded]},
		}},
		ColumnKind: "utf16CodeUnits",
	}
	b, err := json.Marshal(tail)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.b, "],\n%s}]}\n", b[1:len(b)-1])
	return s.b.Flush()
}

func (s *SARIF) rule(id string) sarifRule {
	r := sarifRule{ID: id, Short: sarifText{Text: id}}
	r.Defaults.Level = "warning"
	if id == sarifUndetermined {
		r.Short.Text = "It could not be told whether the endpoint is guarded"
		r.Defaults.Level = "none"
		return r
	}
	book := s.rules.of(id)
	if !book.known {
		return r
	}
	r.Short.Text = book.rule.Title
	if book.rule.Relay {
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
