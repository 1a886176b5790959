package scope

import (
	"encoding/binary"
	"slices"
)

// Ask says what the user typed about an address. It is shared by every address it holds
// for: read it, never change it.
type Ask struct {
	Name    string   // the first name typed that stands for the address, "" without one
	Names   []string // all of them, in the order typed
	Ports   []uint16 // ports typed with the address or one of its names, ascending
	Default bool     // it was typed without ports too: ask each check's own ports as well
}

// rule is what one target or exclusion says about its addresses; rules meeting at an
// address are added up by rulebook.combine.
type rule struct {
	void    bool     // excluded altogether
	plain   bool     // typed without ports
	name    string   // typed as this name
	ports   []uint16 // typed with these ports
	without []uint16 // these ports are excluded
}

// rulebook gives every different rule a number, so that a range carries four bytes.
type rulebook struct {
	rules  []rule
	number map[string]uint32
	buffer []byte
}

func (b *rulebook) intern(r rule) uint32 {
	flags := byte(0)
	if r.void {
		flags |= 1
	}
	if r.plain {
		flags |= 2
	}
	k := binary.AppendUvarint(append(b.buffer[:0], flags), uint64(len(r.name)))
	k = append(k, r.name...)
	k = binary.AppendUvarint(k, uint64(len(r.ports)))
	for _, p := range r.ports {
		k = binary.BigEndian.AppendUint16(k, p)
	}
	for _, p := range r.without {
		k = binary.BigEndian.AppendUint16(k, p)
	}
	b.buffer = k
	if n, ok := b.number[string(k)]; ok {
		return n
	}
	if b.number == nil {
		b.number = make(map[string]uint32)
	}
	n := uint32(len(b.rules))
	b.rules = append(b.rules, r)
	b.number[string(k)] = n
	return n
}

// combine adds up the rules that hold for one address; nothing is left to ask where ok
// is false. Exclusions win over everything.
func (b *rulebook) combine(numbers []uint32) (a Ask, ok bool) {
	var without []uint16
	for _, n := range numbers {
		r := &b.rules[n]
		if r.void {
			return Ask{}, false
		}
		a.Default = a.Default || r.plain
		a.Ports = append(a.Ports, r.ports...)
		without = append(without, r.without...)
		if r.name != "" && !slices.Contains(a.Names, r.name) {
			a.Names = append(a.Names, r.name)
		}
	}
	a.Ports = sortedPorts(a.Ports)
	if len(without) > 0 {
		without = sortedPorts(without)
		a.Ports = slices.DeleteFunc(a.Ports, func(p uint16) bool {
			_, excluded := slices.BinarySearch(without, p)
			return excluded
		})
	}
	if len(a.Ports) == 0 {
		a.Ports = nil
	}
	if len(a.Names) > 0 {
		a.Name = a.Names[0]
	}
	return a, a.Default || len(a.Ports) > 0
}
