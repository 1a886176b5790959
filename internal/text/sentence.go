package text

import "strings"

// Either chooses between two wordings.
func Either(first bool, one, other string) string {
	if first {
		return one
	}
	return other
}

// And lists words in a sentence: "a, b and c".
func And(words []string) string { return joined(words, " and ") }

// Or lists words in a sentence: "a, b or c".
func Or(words []string) string { return joined(words, " or ") }

func joined(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + last + words[n]
}

// Capital begins s, which begins with an ASCII letter, with a capital one.
func Capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
