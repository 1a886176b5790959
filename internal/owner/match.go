package owner

import (
	"net/netip"
	"path"
	"slices"
	"strings"
)

// Matcher holds rules so that a host finds its own quickly: an estate has a hundred thousand. It is not changed any more and may be shared.
type Matcher struct {
	Rules    []Rule
	subnets  map[netip.Prefix]int // the first rule of each
	lengths  []int                // of subnets, as bits; those of IPv6 have 1000 more
	names    map[string]int       // whole names
	endings  map[string]int       // of patterns *.corp.example: ".corp.example"
	patterns []pattern            // all others
	tags     []pattern
}

type pattern struct {
	text string
	rule int
}

// NewMatcher holds rules, in their order. One that Check finds wrong matches nothing.
func NewMatcher(rules []Rule) *Matcher {
	m := &Matcher{Rules: rules, subnets: map[netip.Prefix]int{}, names: map[string]int{}, endings: map[string]int{}}
	for i, r := range rules {
		text := strings.ToLower(strings.TrimSuffix(r.Match, "."))
		if tag, ok := strings.CutPrefix(r.Match, tagPrefix); ok {
			m.tags = append(m.tags, pattern{tag, i})
		} else if p, err := prefix(r.Match); err == nil {
			first(m.subnets, p, i)
			if n := length(p.Addr(), p.Bits()); !slices.Contains(m.lengths, n) {
				m.lengths = append(m.lengths, n)
			}
		} else if !strings.ContainsAny(text, `*?[\`) {
			first(m.names, text, i)
		} else if ending, ok := strings.CutPrefix(text, "*."); ok && !strings.ContainsAny(ending, `*?[\`) {
			first(m.endings, "."+ending, i)
		} else {
			m.patterns = append(m.patterns, pattern{text, i})
		}
	}
	return m
}

func first[K comparable](m map[K]int, k K, i int) {
	if _, ok := m[k]; !ok {
		m[k] = i
	}
}

func length(a netip.Addr, bits int) int {
	if a.Is4() {
		return bits
	}
	return bits + 1000
}

// Tagged tells whether rules ask for tags.
func (m *Matcher) Tagged() bool { return len(m.tags) > 0 }

// Of is the index of the rule that a host at an address with these names has its owner by; -1: there is none. tagged tells whether the
// host has a tag; nil: it has none.
func (m *Matcher) Of(addr netip.Addr, names []string, tagged func(tag string) bool) int {
	best := len(m.Rules)
	for _, n := range m.lengths {
		bits := n % 1000
		if (n < 1000) != addr.Is4() {
			continue
		}
		if p, err := addr.Prefix(bits); err == nil {
			if i, ok := m.subnets[p]; ok {
				best = min(best, i)
			}
		}
	}
	for _, name := range names {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if i, ok := m.names[name]; ok {
			best = min(best, i)
		}
		if len(m.endings) > 0 {
			for at := strings.IndexByte(name, '.'); at >= 0; {
				if i, ok := m.endings[name[at:]]; ok {
					best = min(best, i)
				}
				next := strings.IndexByte(name[at+1:], '.')
				if next < 0 {
					break
				}
				at += 1 + next
			}
		}
		for _, p := range m.patterns {
			if p.rule >= best {
				break
			}
			if ok, err := path.Match(p.text, name); ok && err == nil {
				best = p.rule
			}
		}
	}
	for _, p := range m.tags {
		if p.rule < best && tagged != nil && tagged(p.text) {
			best = p.rule
		}
	}
	if best == len(m.Rules) {
		return -1
	}
	return best
}
