package judge

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"signet/internal/bounds"
)

// Scope says where a rating or an exception holds: in any of its terms. A term is an address, a CIDR block, a name or a
// pattern of names (`printer-*.corp.example`; * and ? stand for what they stand for in a shell, dots included, case does
// not matter) or `tag:NAME`. An empty scope is everywhere.
type Scope []string

// UnmarshalYAML reads one term or a list of them.
func (s *Scope) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*s = Scope{n.Value}
		return nil
	}
	return bounds.Decode(n, (*[]string)(s))
}

// Place is where a finding stands: an address and the names that its host is known by.
type Place struct {
	Addr  netip.Addr
	Names []string
}

const (
	tagPrefix = "tag:"
	anyRule   = "*"
)

// wrongTerm says what is wrong with a term, or "".
func wrongTerm(term string, tags map[string]Scope) string {
	if name, tagged := strings.CutPrefix(term, tagPrefix); tagged {
		if _, ok := tags[name]; !ok {
			return fmt.Sprintf("no tag is called %q", name)
		}
		return ""
	}
	if strings.ContainsAny(term, "/:") || strings.Trim(term, "0123456789.") == "" {
		if _, err := prefix(term); err != nil {
			return fmt.Sprintf("%q is not an address, a CIDR block, a pattern of names or tag:NAME", term)
		}
		return ""
	}
	if _, err := path.Match(term, ""); err != nil || strings.ContainsFunc(term, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Sprintf("%q is not a pattern of names", term)
	}
	return ""
}

// prefix reads an address or a CIDR block.
func prefix(term string) (netip.Prefix, error) {
	if strings.Contains(term, "/") {
		p, err := netip.ParsePrefix(term)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(term)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// named tells whether a term of the scope is a name.
func (s Scope) named(tags map[string]Scope) bool {
	return slices.ContainsFunc(s, func(term string) bool {
		if name, tagged := strings.CutPrefix(term, tagPrefix); tagged {
			return tags != nil && tags[name].named(nil)
		}
		_, err := prefix(term)
		return err != nil
	})
}

// term is a term of a scope, read once: an exception is held against every finding of an estate.
type term struct {
	within  netip.Prefix // the zero value: a pattern
	pattern string       // in lower case
}

// terms reads a scope that wrongScope found nothing wrong with. Tags do not name tags.
func (s Scope) terms(tags map[string]Scope) (list []term) {
	for _, text := range s {
		if name, tagged := strings.CutPrefix(text, tagPrefix); tagged {
			list = append(list, tags[name].terms(nil)...)
		} else if p, err := prefix(text); err == nil {
			list = append(list, term{within: p})
		} else {
			list = append(list, term{pattern: strings.ToLower(text)})
		}
	}
	return list
}

// hold tells whether a place is in a scope of these terms.
func hold(terms []term, at Place) bool {
	for i := range terms {
		t := &terms[i]
		if t.within.IsValid() {
			if t.within.Contains(at.Addr) {
				return true
			}
			continue
		}
		for _, n := range at.Names {
			if ok, err := path.Match(t.pattern, strings.ToLower(strings.TrimSuffix(n, "."))); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// Tagged tells whether a place has a tag of the policy; one of no tag that it names has it not.
func (p *Policy) Tagged(tag string, at Place) bool {
	scope, ok := p.Tags[tag]
	return ok && hold(scope.terms(nil), at)
}

// Fits gives what tells whether a place is in a scope that names no tags; of an empty one every place is.
func (s Scope) Fits() func(Place) bool {
	if len(s) == 0 {
		return func(Place) bool { return true }
	}
	terms := s.terms(nil)
	return func(at Place) bool { return hold(terms, at) }
}
