package store

import (
	"fmt"
	"regexp"
)

// idForm is the contract's.
const idForm = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

// CheckID refuses what is no run ID: one is 1 to 64 letters, digits, `-`, `_` or `.`, the first a letter or digit, and none of the
// words that stand for a run.
func CheckID(id string) error {
	if !regexp.MustCompile(idForm).MatchString(id) {
		return fmt.Errorf("%.80q is no run ID: want 1 to 64 letters, digits, - _ or ., the first a letter or digit", id)
	}
	if id == "latest" || id == "previous" {
		return fmt.Errorf("%q is no run ID: it is the word for another run", id)
	}
	return nil
}
