package signet

import "fmt"

// name returns the word of v, or "unknown(v)" for a value that no word stands for.
func name[E ~uint8](words []string, v E) string {
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("unknown(%d)", uint8(v))
}

// parse finds a word; what is the kind of word, for the error.
func parse[E ~uint8](words []string, what string, text []byte) (E, error) {
	for i, w := range words {
		if w == string(text) {
			return E(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a %s", text, what)
}
