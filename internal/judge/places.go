package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"signet"
	"signet/internal/bounds"
	"signet/internal/check"
)

// Rating is the severity of a rule on hosts that play a role and stand in a scope; what it leaves out does not matter.
type Rating struct {
	Rule     string `yaml:"rule"` // or *
	Role     string `yaml:"role"`
	Scope    Scope  `yaml:"scope"`
	Severity string `yaml:"severity"`

	severity signet.Severity
	terms    []term
	line     int
}

// Exception takes the findings of a rule in a scope out of judgements until the end of a day (UTC). The verdict stays
// what it is: an exception accepts a weakness, it does not close it.
type Exception struct {
	Rule   string `yaml:"rule"` // or *
	Scope  Scope  `yaml:"scope"`
	Owner  string `yaml:"owner"`
	Reason string `yaml:"reason"`
	Until  string `yaml:"until"` // 2006-01-02

	until time.Time // the first moment after it
	terms []term
	line  int
}

// UnmarshalYAML keeps where the rating stands.
func (r *Rating) UnmarshalYAML(n *yaml.Node) error {
	type plain Rating
	if err := known(n, "rule", "role", "scope", "severity"); err != nil {
		return err
	}
	if err := bounds.Decode(n, (*plain)(r)); err != nil {
		return err
	}
	r.line = n.Line
	return nil
}

// UnmarshalYAML keeps where the exception stands.
func (e *Exception) UnmarshalYAML(n *yaml.Node) error {
	type plain Exception
	if err := known(n, "rule", "scope", "owner", "reason", "until"); err != nil {
		return err
	}
	if err := bounds.Decode(n, (*plain)(e)); err != nil {
		return err
	}
	e.line = n.Line
	return nil
}

// known refuses keys that a mapping has not: a decoder inside a decoder does not.
func known(n *yaml.Node, keys ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want a mapping with %s", n.Line, strings.Join(keys, ", "))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains(keys, k.Value) {
			return fmt.Errorf("line %d: unknown key %q (%s)", k.Line, k.Value, strings.Join(keys, ", "))
		}
	}
	return nil
}

// readPlaces reads Tags, Severities and Exceptions.
func (p *Policy) readPlaces() error {
	for _, name := range slices.Sorted(maps.Keys(p.Tags)) {
		for _, term := range p.Tags[name] {
			text := wrongTerm(term, nil)
			if strings.HasPrefix(term, tagPrefix) {
				text = "a tag names no other tag"
			}
			if text != "" {
				return fmt.Errorf("line %d: tags: %s: %s", p.lines["tags/"+name], name, text)
			}
		}
	}
	for i := range p.Severities {
		r := &p.Severities[i]
		bad := func(format string, args ...any) error {
			return fmt.Errorf("line %d: severities: %s", r.line, fmt.Sprintf(format, args...))
		}
		if r.Rule == "" {
			return bad("the rule is missing (* is any)")
		}
		if r.Role != "" && !slices.Contains(check.Roles(), r.Role) {
			return bad("there is no role %q (%s)", r.Role, strings.Join(check.Roles(), ", "))
		}
		if r.Role == "" && len(r.Scope) == 0 {
			return bad("neither role nor scope: a rating that holds everywhere stands under rules")
		}
		if err := r.severity.UnmarshalText([]byte(r.Severity)); err != nil {
			return bad("%v; what is not to be a finding is an exception", err)
		}
		if text := wrongScope(r.Scope, p.Tags); text != "" {
			return bad("%s", text)
		}
		r.terms = r.Scope.terms(p.Tags)
		p.hosts = p.hosts || r.Role != "" || r.Scope.named(p.Tags)
	}
	for i := range p.Exceptions {
		e := &p.Exceptions[i]
		bad := func(format string, args ...any) error {
			return fmt.Errorf("line %d: exceptions: %s", e.line, fmt.Sprintf(format, args...))
		}
		for _, f := range [][2]string{{"rule", e.Rule}, {"owner", e.Owner}, {"reason", e.Reason}, {"until", e.Until}} {
			if strings.TrimSpace(f[1]) == "" {
				return bad("the %s is missing", f[0])
			}
		}
		if len(e.Scope) == 0 {
			return bad("the scope is missing: addresses, CIDR blocks, names, tag:NAME")
		}
		day, err := time.Parse(time.DateOnly, e.Until)
		if err != nil {
			return bad("until %q is not a day like 2027-01-31", e.Until)
		}
		e.until = day.AddDate(0, 0, 1)
		if text := wrongScope(e.Scope, p.Tags); text != "" {
			return bad("%s", text)
		}
		e.terms = e.Scope.terms(p.Tags)
		p.hosts = p.hosts || e.Scope.named(p.Tags)
	}
	return nil
}

func wrongScope(s Scope, tags map[string]Scope) string {
	for _, term := range s {
		if text := wrongTerm(term, tags); text != "" {
			return "scope: " + text
		}
	}
	return ""
}

func (r *Rating) fits(rule string, roles []string, at Place) bool {
	return (r.Rule == rule || r.Rule == anyRule) &&
		(r.Role == "" || slices.Contains(roles, r.Role)) &&
		(len(r.Scope) == 0 || hold(r.terms, at))
}

// exception finds the exception for a finding on a day: one that holds, else one that has expired, else nil.
func (p *Policy) exception(rule string, at Place, day time.Time) (e *Exception, expired bool) {
	for i := range p.Exceptions {
		x := &p.Exceptions[i]
		if x.Rule != rule && x.Rule != anyRule || !hold(x.terms, at) {
			continue
		}
		if day.Before(x.until) {
			return x, false
		}
		e, expired = x, true
	}
	return e, expired
}

// Expired lists the exceptions that no longer hold on a day.
func (p *Policy) Expired(day time.Time) []Exception {
	return slices.DeleteFunc(slices.Clone(p.Exceptions), func(e Exception) bool { return day.Before(e.until) })
}

func (e *Exception) because(rule string) string {
	return fmt.Sprintf("excepted until %s by %s: %s (%s)", e.Until, e.Owner, rule, e.Reason)
}

func (e *Exception) lapsed() string {
	return fmt.Sprintf("the exception of %s (%s) expired on %s", e.Owner, e.Reason, e.Until)
}
