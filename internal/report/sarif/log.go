package sarif

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// log is a log under way. Results stream; the tool and its rules stand behind them, as the order of members is free.
type log struct {
	b     *bufio.Writer
	rules *report.Rulebook
	used  map[string]signet.Severity // rules that results named, and the worst rating of each
}

// Rules that are none of a check's.
const (
	ruleUndetermined = "undetermined"
	ruleVerdict      = "verdict"
)

func newLog(w io.Writer, o *report.Options) log {
	return log{b: bufio.NewWriterSize(w, 64<<10), rules: report.NewRulebook(o.Checks), used: map[string]signet.Severity{}}
}

// open begins the document.
func (l *log) open() error {
	_, err := l.b.WriteString(`{"version":"2.1.0","$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"results":[`)
	return err
}

// findingText says a finding in a sentence.
func findingText(f *signet.Finding, at signet.Endpoint) string {
	said := text.Clean(f.Title) + " at " + at.String()
	if len(f.Because) > 0 {
		said += ": " + strings.Join(text.CleanAll(f.Because), "; ")
	}
	return said
}

// result writes one, and says where it stands; its texts are clean. rated is its finding's severity, Info where it has none.
func (l *log) result(at signet.Endpoint, host string, r *result, rated signet.Severity) error {
	r.RuleID = text.Clean(r.RuleID)
	r.Fingerprints = map[string]string{"signet/v1": report.FindingID(r.RuleID, at, r.Properties.Check, r.Properties.Where)}
	r.Locations = make([]location, 1)
	r.Locations[0].Physical.Artifact.URI = at.Transport.String() + "://" + at.AddrPort().String()
	r.Locations[0].Logical = []logical{{Name: host, Qualified: at.AddrPort().String() + "/" + at.Transport.String(), Kind: "resource"}}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(l.used) > 0 {
		b = append([]byte(",\n"), b...)
	}
	l.used[r.RuleID] = max(l.used[r.RuleID], rated)
	_, err = l.b.Write(b)
	return err
}

// level is what viewers sort by.
func level(v signet.Severity) string {
	switch v {
	case signet.Critical, signet.High:
		return "error"
	case signet.Medium:
		return "warning"
	}
	return "note"
}

// securitySeverity is what GitHub sorts and filters rules by: a score in a string, critical above 9.0, high from 7.0, medium
// from 4.0, low from 0.1. It counts 0.0 as no severity, which is what a rule without a finding has.
func securitySeverity(v signet.Severity) string {
	switch v {
	case signet.Critical:
		return "9.5"
	case signet.High:
		return "8.0"
	case signet.Medium:
		return "5.5"
	case signet.Low:
		return "2.0"
	}
	return "0.0"
}

// close writes what stands behind the results.
func (l *log) close(tool, id string, invocation map[string]any) error {
	name, version, _ := strings.Cut(tool, "/")
	rules := []rule{}
	for _, id := range slices.Sorted(maps.Keys(l.used)) {
		rules = append(rules, l.rule(id))
	}
	tail := struct {
		Tool        any    `json:"tool"`
		Automation  any    `json:"automationDetails"`
		Invocations []any  `json:"invocations"`
		ColumnKind  string `json:"columnKind"`
	}{
		Tool:       map[string]any{"driver": map[string]any{"name": cmp.Or(text.Clean(name), "signet"), "version": cmp.Or(text.Clean(version), "unknown"), "rules": rules}},
		Automation: map[string]string{"id": "signet/" + text.Clean(id)}, Invocations: []any{invocation}, ColumnKind: "utf16CodeUnits",
	}
	b, err := json.Marshal(tail)
	if err != nil {
		return err
	}
	fmt.Fprintf(l.b, "],\n%s}]}\n", b[1:len(b)-1])
	return l.b.Flush()
}

// rule describes a rule that results named.
func (l *log) rule(id string) rule {
	r := rule{ID: id, Short: message{Text: id}}
	r.Properties.Tags, r.Properties.Severity = []string{"security"}, securitySeverity(l.used[id])
	r.Defaults.Level = "warning"
	switch id {
	case ruleUndetermined:
		r.Short.Text = "Signet could not tell whether the endpoint is guarded"
		r.Defaults.Level = "none"
		return r
	case ruleVerdict:
		r.Short.Text = "The verdict of an endpoint changed, and no finding with it"
		r.Defaults.Level = "none"
		return r
	}
	book := l.rules.Of(id)
	if !book.Known {
		return r
	}
	r.Short.Text = book.Rule.Title
	if book.Rule.Relay() {
		r.Defaults.Level = "error"
	}
	if book.Rule.Requires != "" {
		r.Full = &message{Text: "Wanted: " + book.Rule.Requires + "."}
	}
	if a := book.Advice; a.Text != "" {
		r.Help = &message{Text: a.Setting, Markdown: a.Text}
	}
	return r
}
