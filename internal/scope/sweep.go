package scope

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// entry is a span and the rule that holds for it. Entries may overlap.
type entry struct {
	span
	rule uint32
}

// segment is a span whose addresses are all asked the same. Segments are sorted and
// do not overlap; before counts the addresses of the segments ahead of it, and stays at
// the maximum once there are more than 2^64.
type segment struct {
	span
	before uint64
	ask    uint32
}

// entries collects spans. It joins what overlaps within one rule whenever it has doubled,
// so that a file that says the same a million times costs no more than one that says it once.
type entries struct {
	list    []entry
	tidyAt  int
	onwards int // list[onwards:] came after the last tidying
}

const tidyFirstAt = 1 << 14

func (e *entries) add(s span, rule uint32) {
	if n := len(e.list); n > e.onwards {
		// Scans and lists mostly go upwards: join with the one before without sorting.
		if last := &e.list[n-1]; last.rule == rule && !s.first.less(last.first) && touches(last.span, s) {
			if last.last.less(s.last) {
				last.last = s.last
			}
			return
		}
	}
	e.list = append(e.list, entry{s, rule})
	if len(e.list) >= max(e.tidyAt, tidyFirstAt) {
		e.tidy()
		e.tidyAt = 2 * len(e.list)
	}
}

func (e *entries) addRange(r Range, rule uint32) {
	spans, n := spansOf(r)
	for _, s := range spans[:n] {
		e.add(s, rule)
	}
}

func (e *entries) tidy() {
	slices.SortFunc(e.list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), a.first.cmp(b.first))
	})
	out := e.list[:0]
	for _, x := range e.list {
		if n := len(out); n > 0 && out[n-1].rule == x.rule && touches(out[n-1].span, x.span) {
			if out[n-1].last.less(x.last) {
				out[n-1].last = x.last
			}
			continue
		}
		out = append(out, x)
	}
	e.list, e.onwards = out, len(out)
}

// sweep walks over all entries in address order and cuts them into segments, in each of
// which the same rules hold. It uses up the entries.
func (e *entries) sweep(book *rulebook) ([]segment, []Ask) {
	e.tidy()
	list := e.list
	slices.SortFunc(list, func(a, b entry) int { return a.first.cmp(b.first) })
	asks := combiner{book: book, number: map[string]int{}, same: map[string]int{}}
	var segments []segment
	var active []entry
	var at key
	for next := 0; ; {
		if len(active) == 0 {
			if next == len(list) {
				break
			}
			at = list[next].first
		}
		for next < len(list) && list[next].first == at {
			active = append(active, list[next])
			next++
		}
		end := active[0].last
		for _, a := range active[1:] {
			if a.last.less(end) {
				end = a.last
			}
		}
		if next < len(list) && !end.less(list[next].first) {
			end = list[next].first.prev()
		}
		if ask := asks.of(active); ask >= 0 {
			segments = appendSegment(segments, span{at, end}, uint32(ask))
		}
		active = slices.DeleteFunc(active, func(a entry) bool { return !end.less(a.last) })
		at = end.add(1) // back to 0 after the very last address, where no entry is left
	}
	total := uint64(0)
	for i := range segments {
		segments[i].before = total
		n, tooMany := segments[i].count()
		if total += n; tooMany || total < n {
			total = ^uint64(0)
		}
	}
	return slices.Clip(segments), asks.list
}

func appendSegment(segments []segment, s span, ask uint32) []segment {
	if n := len(segments); n > 0 {
		if last := &segments[n-1]; last.ask == ask && touches(last.span, s) {
			last.last = s.last
			return segments
		}
	}
	return append(segments, segment{span: s, ask: ask})
}

// combiner remembers what a set of rules came to, and gives equal Asks the same number.
type combiner struct {
	book    *rulebook
	list    []Ask
	number  map[string]int // by the set of rules; -1: nothing to ask
	numbers []uint32
	same    map[string]int // by content, without names
	buffer  []byte
}

func (c *combiner) of(active []entry) int {
	c.numbers = c.numbers[:0]
	for _, a := range active {
		c.numbers = append(c.numbers, a.rule)
	}
	slices.Sort(c.numbers)
	c.buffer = c.buffer[:0]
	for _, n := range c.numbers {
		c.buffer = binary.BigEndian.AppendUint32(c.buffer, n)
	}
	if n, ok := c.number[string(c.buffer)]; ok {
		return n
	}
	n := -1
	if ask, ok := c.book.combine(c.numbers); ok {
		n = c.place(ask)
	}
	c.number[string(c.buffer)] = n
	return n
}

// place finds an Ask of the same content, so that segments that differ only in how they
// were typed can join. Asks with names belong to single addresses and are not looked for.
func (c *combiner) place(ask Ask) int {
	if ask.Name == "" {
		same := contents(ask)
		if n, ok := c.same[same]; ok {
			return n
		}
		c.same[same] = len(c.list)
	}
	c.list = append(c.list, ask)
	return len(c.list) - 1
}

func contents(a Ask) string {
	b := make([]byte, 0, 1+2*len(a.Ports))
	if a.Default {
		b = append(b, 'd')
	}
	for _, p := range a.Ports {
		b = binary.BigEndian.AppendUint16(b, p)
	}
	return string(b)
}
