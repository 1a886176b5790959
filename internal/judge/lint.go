package judge

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"signet"
	"signet/internal/bounds"
	"signet/internal/check"
)

// Problem is a mistake in a policy file, or what deserves a look.
type Problem struct {
	Line, Column int // from 1
	Text         string
	Warning      bool // the policy works all the same
}

// mostProblems is how many anybody reads at once.
const mostProblems = 100

// Lint finds every mistake in a policy file: Parse and New stop at the first. day is today's, for exceptions that expired.
func Lint(b []byte, checks []check.Check, day time.Time) []Problem {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	l := &linter{rules: map[string]bool{}, tags: map[string]Scope{}, day: day}
	for _, c := range checks {
		for _, r := range c.Rules {
			l.rules[r.ID] = true
		}
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return []Problem{{Line: 1, Column: 1, Text: "the policy is empty"}}
	}
	doc, err := bounds.YAML(b)
	if err != nil {
		return []Problem{fromError(err)}
	}
	if len(doc.Content) == 0 {
		return []Problem{{Line: 1, Column: 1, Text: "the policy is empty"}}
	}
	l.policy(doc.Content[0])
	if !slices.ContainsFunc(l.found, func(p Problem) bool { return !p.Warning }) {
		if err := refused(b, checks); err != nil { // what this walk does not know and the reader does
			l.found = append(l.found, fromError(err))
		} else {
			l.lowering(b, doc.Content[0])
		}
	}
	slices.SortStableFunc(l.found, func(a, b Problem) int { return a.Line - b.Line })
	if n := len(l.found) - mostProblems; n > 0 {
		l.found = append(l.found[:mostProblems], Problem{Line: l.found[mostProblems].Line, Column: 1, Text: fmt.Sprintf("%d more mistakes from here on", n)})
	}
	return l.found
}

// lowering warns of a default, written or not, that takes rules below baseline.
func (l *linter) lowering(b []byte, doc *yaml.Node) {
	p, err := Parse(b)
	if err != nil {
		return // said already
	}
	said := p.lowering(slices.Collect(maps.Keys(l.rules)))
	if said == "" {
		return
	}
	at := doc
	for i := 0; i+1 < len(doc.Content); i += 2 {
		if doc.Content[i].Value == "default" {
			at = doc.Content[i]
		}
	}
	l.add(at, "%s", said)
	l.found[len(l.found)-1].Warning = true
}

func refused(b []byte, checks []check.Check) error {
	p, err := Parse(b)
	if err == nil {
		_, err = New(checks, p)
	}
	return err
}

func fromError(err error) Problem {
	p := Problem{Line: 1, Column: 1, Text: err.Error()}
	if m := regexp.MustCompile(`\bline (\d+)(?:, column (\d+))?`).FindStringSubmatch(p.Text); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits
		if m[2] != "" {
			p.Column, _ = strconv.Atoi(m[2])
		}
		p.Text = strings.TrimPrefix(p.Text, m[0]+": ") // who prints it names the place
	}
	return p
}

type linter struct {
	rules map[string]bool
	tags  map[string]Scope
	day   time.Time
	found []Problem
}

func (l *linter) add(n *yaml.Node, format string, args ...any) {
	l.found = append(l.found, Problem{Line: n.Line, Column: n.Column, Text: fmt.Sprintf(format, args...)})
}

// each calls f for the entries of a mapping.
func (l *linter) each(n *yaml.Node, what string, f func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		l.add(n, "%s: want a mapping of keys to values", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; seen[k.Value] {
			l.add(k, "%s: %q stands there twice", what, k.Value)
		} else {
			seen[k.Value] = true
			f(k, n.Content[i+1])
		}
	}
}

func (l *linter) policy(n *yaml.Node) {
	has := map[string]bool{}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 { // tags may stand below what names them
			if n.Content[i].Value == "tags" && bounds.Decode(n.Content[i+1], &l.tags) != nil {
				l.tags = map[string]Scope{} // said below
			}
		}
	}
	l.each(n, aPolicy, func(k, v *yaml.Node) {
		has[k.Value] = true
		switch k.Value {
		case "name", "about":
			if v.Kind != yaml.ScalarNode || k.Value == "name" && v.Value == "" {
				l.add(v, "%s: want a text", k.Value)
			}
		case "version":
			if i, err := strconv.Atoi(v.Value); err != nil || i < 1 {
				l.add(v, "version: want a number from 1")
			}
		case "changes":
			if v.Kind != yaml.SequenceNode {
				l.add(v, "changes: want a list of texts, newest first")
			}
		case "extends":
			if !slices.Contains(Names(), v.Value) {
				l.add(v, "extends: no built-in policy %.80q: there are %s", v.Value, strings.Join(Names(), ", "))
			}
		case "default":
			l.severity(v, false)
		case "rules":
			l.each(v, "rules", func(k, v *yaml.Node) { l.rule(k); l.severity(v, true) })
		case "roles":
			l.each(v, "roles", func(k, v *yaml.Node) {
				l.role(k)
				l.each(v, "roles: "+k.Value, func(k, v *yaml.Node) { l.rule(k); l.severity(v, false) })
			})
		case "tags":
			l.each(v, "tags", func(_, v *yaml.Node) { l.scope(v, nil) })
		case "severities":
			l.list(v, "severities", l.rating)
		case "exceptions":
			l.list(v, "exceptions", l.exception)
		default:
			l.add(k, "unknown key %q (name, version, about, changes, extends, default, rules, roles, tags, severities, exceptions)", k.Value)
		}
	})
	for _, k := range []string{"name", "version"} {
		if n.Kind == yaml.MappingNode && !has[k] {
			l.add(n, "the policy has no %s", k)
		}
	}
}

func (l *linter) list(n *yaml.Node, what string, f func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		l.add(n, "%s: want a list", what)
		return
	}
	for _, c := range n.Content {
		f(c)
	}
}

func (l *linter) rule(n *yaml.Node) {
	if !l.rules[n.Value] {
		l.add(n, "no rule is called %q (signet explain lists them)", n.Value)
	}
}

func (l *linter) role(n *yaml.Node) {
	if !slices.Contains(check.Roles(), n.Value) {
		l.add(n, "there is no role %q (%s)", n.Value, strings.Join(check.Roles(), ", "))
	}
}

func (l *linter) severity(n *yaml.Node, off bool) {
	var s signet.Severity
	if n.Value == "off" && off || s.UnmarshalText([]byte(n.Value)) == nil {
		return
	}
	more := ""
	if off {
		more = ", or off"
	}
	l.add(n, "%q is not a severity (info, low, medium, high or critical%s)", n.Value, more)
}

func (l *linter) scope(n *yaml.Node, tags map[string]Scope) {
	terms := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		terms = n.Content
	}
	for _, t := range terms {
		if t.Kind != yaml.ScalarNode {
			l.add(t, "want an address, a CIDR block, a pattern of names or tag:NAME")
		} else if strings.HasPrefix(t.Value, tagPrefix) && tags == nil {
			l.add(t, "a tag names no other tag")
		} else if text := wrongTerm(t.Value, tags); text != "" {
			l.add(t, "%s", text)
		}
	}
}

func (l *linter) rating(n *yaml.Node) {
	has := map[string]bool{}
	l.each(n, "severities", func(k, v *yaml.Node) {
		has[k.Value] = true
		switch k.Value {
		case "rule":
			if v.Value != anyRule {
				l.rule(v)
			}
		case "role":
			l.role(v)
		case "scope":
			l.scope(v, l.tags)
		case "severity":
			l.severity(v, false)
		default:
			l.add(k, "unknown key %q (rule, role, scope, severity)", k.Value)
		}
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, k := range []string{"rule", "severity"} {
		if !has[k] {
			l.add(n, "severities: the %s is missing", k)
		}
	}
	if !has["role"] && !has["scope"] {
		l.add(n, "severities: neither role nor scope: a rating that holds everywhere stands under rules")
	}
}

func (l *linter) exception(n *yaml.Node) {
	has := map[string]bool{}
	l.each(n, "exceptions", func(k, v *yaml.Node) {
		has[k.Value] = true
		switch k.Value {
		case "rule":
			if v.Value != anyRule {
				l.rule(v)
			}
		case "scope":
			l.scope(v, l.tags)
		case "owner", "reason":
			if strings.TrimSpace(v.Value) == "" {
				l.add(v, "exceptions: the %s is empty", k.Value)
			}
		case "until":
			day, err := time.Parse(time.DateOnly, v.Value)
			if err != nil {
				l.add(v, "until %q is not a day like 2027-01-31", v.Value)
			} else if !l.day.Before(day.AddDate(0, 0, 1)) {
				l.add(v, "this exception expired on %s: its findings stand again", v.Value)
				l.found[len(l.found)-1].Warning = true
			}
		default:
			l.add(k, "unknown key %q (rule, scope, owner, reason, until)", k.Value)
		}
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, k := range []string{"rule", "scope", "owner", "reason", "until"} {
		if !has[k] {
			l.add(n, "exceptions: the %s is missing", k)
		}
	}
}
