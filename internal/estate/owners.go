package estate

import (
	"slices"

	"signet/internal/judge"
	"signet/internal/owner"
)

// Given is the board with the owners that rules name. Marked comes after it: whom somebody named goes before any rule.
func (b *Board) Given(m *owner.Matcher) *Board {
	c := *b
	c.owners, c.given = m, nil
	if len(m.Rules) == 0 {
		return &c
	}
	c.given = make([]uint16, len(b.items))
	spot, was := -1, -1 // items of a host may stand anywhere: what is said of it is kept
	known := map[uint32]int{}
	for i := range b.items {
		x := &b.items[i]
		if !b.there(x) {
			h := &b.known.hosts[b.hostOf(x)]
			c.given[i] = uint16(1 + m.Of(addrOf(h.hi, h.lo), []string{b.known.texts.word(h.name)}, nil))
			continue
		}
		w := &b.e.rows[x.known]
		if !m.Tagged() {
			if int(w.spot) != spot {
				var ok bool
				if was, ok = known[w.spot]; !ok {
					was = m.Of(b.addr(x), b.e.placeNames(int(w.spot)), nil)
					known[w.spot] = was
				}
				spot = int(w.spot)
			}
			c.given[i] = uint16(1 + was)
			continue
		}
		at := judge.Place{Addr: b.addr(x), Names: b.e.placeNames(int(w.spot))}
		policy := b.e.sources[w.source].Judge.Policy()
		c.given[i] = uint16(1 + m.Of(at.Addr, at.Names, func(tag string) bool { return policy.Tagged(tag, at) }))
	}
	return &c
}

// ownerOf is whose an item is.
func (b *Board) ownerOf(i int) (name string, byRule bool) {
	if m := b.marks[i]; m.Owner != "" {
		return m.Owner, false
	}
	if b.given != nil && b.given[i] > 0 {
		return b.owners.Rules[b.given[i]-1].Owner, true
	}
	return "", false
}

func (b *Board) owns(i int, who string) bool {
	name, _ := b.ownerOf(i)
	return name == who
}

// GivenCount is what a rule of owners comes to.
type GivenCount struct {
	Rows   int // that are not closed and have their owner by it
	ByHand int // that would have, and somebody named another
}

// GivenCounts says of each rule what it comes to.
func (b *Board) GivenCounts() []GivenCount {
	if b.owners == nil {
		return nil
	}
	out := make([]GivenCount, len(b.owners.Rules))
	for i, rule := range b.given {
		switch {
		case rule == 0 || b.state(i) == Closed:
		case b.marks[i].Owner != "":
			out[rule-1].ByHand++
		default:
			out[rule-1].Rows++
		}
	}
	return out
}

// Owners are those who have a row, by name.
func (b *Board) Owners() (list []string) {
	seen := map[string]bool{}
	for _, i := range b.owned {
		if name, _ := b.ownerOf(i); !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
