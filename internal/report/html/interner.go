package html

import "signet/internal/text"

// mostInterned is how many texts are looked for when they come again.
const mostInterned = 1 << 14

// interner keeps each text once, clean: reasons and titles are the same at most endpoints.
type interner struct{ kept map[string]string }

func newInterner() interner { return interner{map[string]string{}} }

// text cleans a text and keeps it.
func (n *interner) text(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := n.kept[s]; ok {
		return kept
	}
	c := text.Clean(s)
	if len(s) > 4000 { // the key itself is kept too
		return c
	}
	if len(n.kept) == mostInterned {
		clear(n.kept) // what stands in hosts stays there
	}
	n.kept[s] = c
	return c
}

// texts is text for each of a list; nil for an empty one.
func (n *interner) texts(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = n.text(s)
	}
	return out
}
