package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"signet"
	"signet/internal/check"
)

// readRoles reads what Roles says. Roles are words of check.Roles; whether the rules exist is New's to tell.
func (p *Policy) readRoles() error {
	p.byRole = map[string]map[string]signet.Severity{}
	for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
		if !slices.Contains(check.Roles(), role) {
			return fmt.Errorf("line %d: roles: there is no role %q (%s)", p.lines["roles/"+role], role, strings.Join(check.Roles(), ", "))
		}
		for _, rule := range slices.Sorted(maps.Keys(p.Roles[role])) {
			word, at := p.Roles[role][rule], p.lines["roles/"+role+"/"+rule]
			if word == "off" {
				return fmt.Errorf("line %d: roles: %s: %s: a role rates a rule, it cannot switch it off", at, role, rule)
			}
			var s signet.Severity
			if err := s.UnmarshalText([]byte(word)); err != nil {
				return fmt.Errorf("line %d: roles: %s: %s: %w", at, role, rule, err)
			}
			if p.byRole[rule] == nil {
				p.byRole[rule] = map[string]signet.Severity{}
			}
			p.byRole[rule][role] = s
			p.hosts = true
		}
	}
	return nil
}

// keyLines says where the keys under rules and roles stand.
func keyLines(doc *yaml.Node) map[string]int {
	lines := map[string]int{}
	var walk func(n *yaml.Node, prefix string, depth int)
	walk = func(n *yaml.Node, prefix string, depth int) {
		if n.Kind != yaml.MappingNode || depth == 0 {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := prefix + n.Content[i].Value
			lines[key] = n.Content[i].Line
			walk(n.Content[i+1], key+"/", depth-1)
		}
	}
	if len(doc.Content) > 0 {
		walk(doc.Content[0], "", 3)
	}
	return lines
}

// unknownRule finds a rule that no check has, under rules or roles.
func (p *Policy) unknownRule(titles map[string]string) error {
	bad := func(key, rule string) error {
		return fmt.Errorf("policy %s: line %d: no rule is called %q (signet explain lists them)", p.Name, p.lines[key], rule)
	}
	for _, rule := range slices.Sorted(maps.Keys(p.Rules)) {
		if _, ok := titles[rule]; !ok {
			return bad("rules/"+rule, rule)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
		for _, rule := range slices.Sorted(maps.Keys(p.Roles[role])) {
			if _, ok := titles[rule]; !ok {
				return bad("roles/"+role+"/"+rule, rule)
			}
		}
	}
	for i := range p.Severities {
		if r := p.Severities[i].Rule; titles[r] == "" && r != anyRule {
			return fmt.Errorf("policy %s: line %d: severities: no rule is called %q (signet explain lists them)", p.Name, p.Severities[i].line, r)
		}
	}
	for i := range p.Exceptions {
		if r := p.Exceptions[i].Rule; titles[r] == "" && r != anyRule {
			return fmt.Errorf("policy %s: line %d: exceptions: no rule is called %q (signet explain lists them)", p.Name, p.Exceptions[i].line, r)
		}
	}
	return nil
}

// SeverityAt is the severity of a rule on a host that plays the roles and stands in a place: of the first entry of
// Severities that fits, else SeverityOn. A rule that is off stays off.
func (p *Policy) SeverityAt(rule string, roles []string, at Place) (s signet.Severity, ok bool) {
	if p.off[rule] {
		return 0, false
	}
	for i := range p.Severities {
		if r := &p.Severities[i]; r.fits(rule, roles, at) {
			return r.severity, true
		}
	}
	return p.SeverityOn(rule, roles)
}

// SeverityOn is the severity of a rule on a host that plays the roles: the worst that one of them gives it, else the
// rule's own.
func (p *Policy) SeverityOn(rule string, roles []string) (s signet.Severity, ok bool) {
	s, ok = p.Severity(rule)
	if !ok || len(p.byRole[rule]) == 0 {
		return s, ok
	}
	rated := false
	for _, role := range roles {
		if by, named := p.byRole[rule][role]; named && (!rated || by > s) {
			s, rated = by, true
		}
	}
	return s, ok
}
