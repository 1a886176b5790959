package estate

import "strings"

// haystack is what can be searched of hosts: a line for each spot, in lower case, so that it stays under another policy. Half a million bytes
// are searched in the time that a hundred calls of a function take.
type haystack struct {
	text string
	ends []uint32 // of each line
}

func (e *Estate) haystack() haystack {
	var b strings.Builder
	s := haystack{ends: make([]uint32, 0, len(e.spots))}
	var names []string
	for i := range e.spots {
		if e.spots[i].flags&spotClient != 0 {
			s.ends = append(s.ends, uint32(b.Len()))
			continue
		}
		b.WriteString(e.addrOf(&e.spots[i]).String())
		names = append(names[:0], e.title(i))
		for f := range e.hostsAt(i) {
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
		s.ends = append(s.ends, uint32(b.Len()))
	}
	s.text = strings.Clone(b.String()) // without room for more
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

// hits are the spots whose lines hold a text: a bit for each.
func (s *haystack) hits(q string) []uint64 {
	hits := make([]uint64, len(s.ends)/64+1)
	q = strings.ToLower(q)
	if strings.Contains(q, "\n") {
		return hits
	}
	line := 0
	for from := 0; from < len(s.text); from = int(s.ends[line]) {
		at := strings.Index(s.text[from:], q)
		if at < 0 {
			break
		}
		for int(s.ends[line]) <= from+at {
			line++
		}
		hits[line/64] |= 1 << (line % 64)
	}
	return hits
}
