package estate

import (
	"sort"
	"strings"
)

// haystack is what can be searched of hosts, in their order: a line each, in lower case. Half a million bytes are searched in the time
// that a hundred calls of a function take.
type haystack struct {
	text  string
	lines []uint32 // where each begins
}

func (e *Estate) haystack() haystack {
	var b strings.Builder
	s := haystack{lines: make([]uint32, 0, len(e.order))}
	var names []string
	for _, i := range e.order {
		s.lines = append(s.lines, uint32(b.Len()))
		b.WriteString(e.addrOf(&e.spots[i]).String())
		names = append(names[:0], e.title(int(i)))
		for f := range e.hostsAt(int(i)) {
			names = e.sources[f.source].Reading.placeNames(e.hostOf(f), names)
		}
		for k, n := range names {
			n = lower(n)
			if n == "" || k > 0 && begins(names[:k], n) {
				continue
			}
			b.WriteByte(' ')
			b.WriteString(n)
		}
		b.WriteByte('\n')
	}
	s.text = b.String()
	return s
}

// begins tells whether a name is the beginning of one before it, as FS1 is of fs1.corp.example: whoever looks for it finds that.
func begins(before []string, name string) bool {
	for _, b := range before {
		if len(b) >= len(name) && strings.EqualFold(b[:len(name)], name) {
			return true
		}
	}
	return false
}

// lower is a text in lower case and in one line.
func lower(s string) string { return strings.ReplaceAll(strings.ToLower(s), "\n", " ") }

// find goes through the lines that hold a text, from the line of a number on.
func (s *haystack) find(q string, from int, yield func(line int) bool) {
	q = strings.ToLower(q)
	if strings.Contains(q, "\n") {
		return
	}
	for from < len(s.lines) {
		at := strings.Index(s.text[s.lines[from]:], q)
		if at < 0 {
			return
		}
		hit := s.lines[from] + uint32(at)
		line := from + sort.Search(len(s.lines)-from, func(n int) bool { return s.lines[from+n] > hit }) - 1
		if !yield(line) {
			return
		}
		from = line + 1
	}
}
