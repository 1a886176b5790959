package judge

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"signet"
	"signet/internal/bounds"
)

// Policy says how severe each rule is. Rules that neither it nor the policy it extends names take Default.
type Policy struct {
	Name    string            `yaml:"name"`
	Version int               `yaml:"version"`
	About   string            `yaml:"about"`
	Changes []string          `yaml:"changes"` // newest first: "2: …"
	Extends string            `yaml:"extends"` // a built-in policy, for what this one leaves out
	Default string            `yaml:"default"`
	Rules   map[string]string `yaml:"rules"` // rule → severity, or "off"
	// Roles rate rules on hosts that are known to play a role: role → rule → severity. The worst of a host's roles
	// counts, instead of the rule's own rating.
	Roles map[string]map[string]string `yaml:"roles"`
	// Tags name scopes, for `tag:NAME` in the scopes of Severities and Exceptions.
	Tags map[string]Scope `yaml:"tags"`
	// Severities rate rules in places; the first that fits counts, before Roles and Rules.
	Severities []Rating `yaml:"severities"`
	// Exceptions take findings out of judgements until a day.
	Exceptions []Exception `yaml:"exceptions"`

	byRole     map[string]map[string]signet.Severity // rule → role → severity
	lines      map[string]int                        // of "rules/RULE" and "roles/ROLE/RULE"
	severities map[string]signet.Severity
	off        map[string]bool
	hosts      bool // a rating or an exception depends on the roles or names of a host
	fallback   signet.Severity
	base       string // ID of the policy it extends
	shipped    bool   // with Signet
}

//go:embed policies/*.yaml
var builtin embed.FS

// BuiltIn returns the policy of that name that ships with Signet.
func BuiltIn(name string) (*Policy, error) {
	b, err := builtin.ReadFile("policies/" + name + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no built-in policy %.80q: there are %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, err
	}
	p, err := Parse(b)
	if err != nil {
		return nil, err
	}
	p.shipped = true
	return p, nil
}

// Source is the text of a built-in policy, comments included; "" where there is none of that name.
func Source(name string) string {
	b, err := builtin.ReadFile("policies/" + name + ".yaml")
	if err != nil {
		return ""
	}
	return string(b)
}

// Names lists the built-in policies.
func Names() []string {
	entries, err := builtin.ReadDir("policies")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// aPolicy is what a file of one is called where it holds something else.
const aPolicy = "a policy"

// mostName bounds a policy's name, which stands in every report.
const mostName = 200

// Parse reads a policy from YAML. Errors name line and column; unknown keys are refused.
func Parse(b []byte) (*Policy, error) {
	p := &Policy{}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	doc, err := bounds.YAML(b)
	if err != nil {
		return nil, err
	}
	if len(doc.Content) > 0 && doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: %s: want a mapping of keys to values", doc.Content[0].Line, aPolicy)
	}
	if err := bounds.Decode(doc, p); err != nil {
		return nil, err
	}
	if p.Name == "" {
		return nil, errors.New("the policy has no name")
	}
	if len(p.Name) > mostName {
		return nil, fmt.Errorf("the policy's name is longer than %d bytes", mostName)
	}
	if p.Version < 1 {
		return nil, errors.New("the policy has no version (a number from 1)")
	}
	p.severities, p.off = map[string]signet.Severity{}, map[string]bool{}
	p.fallback = signet.Medium
	if p.Default != "" {
		if err := p.fallback.UnmarshalText([]byte(p.Default)); err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
	}
	for rule, word := range p.Rules {
		if word == "off" {
			p.off[rule] = true
			continue
		}
		var s signet.Severity
		if err := s.UnmarshalText([]byte(word)); err != nil {
			return nil, fmt.Errorf("rules: %s: %w, or off", rule, err)
		}
		p.severities[rule] = s
	}
	p.lines = keyLines(doc)
	if err := p.readRoles(); err != nil {
		return nil, err
	}
	if err := p.readPlaces(); err != nil {
		return nil, err
	}
	if err := p.inherit(); err != nil {
		return nil, err
	}
	return p, nil
}

// ID is the policy's name and version, `baseline/1`.
func (p *Policy) ID() string { return fmt.Sprintf("%s/%d", p.Name, p.Version) }

// Severity of a rule; ok is false when the policy switches the rule off.
func (p *Policy) Severity(rule string) (s signet.Severity, ok bool) {
	if p.off[rule] {
		return 0, false
	}
	if s, ok := p.severities[rule]; ok {
		return s, true
	}
	return p.fallback, true
}
