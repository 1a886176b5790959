package tools_test

import (
	"regexp"
	"strings"
	"testing"
)

// What the page on production says that targets log, and on which ports they are asked, is what `signet checks` says: no event
// and no port of the default checks is missing there.
func TestProductionPageNamesWhatTargetsLog(t *testing.T) {
	page := read(t, "../docs/production.md")
	told, listed := 0, run(t, "..", "go", "run", "./cmd/signet", "checks")
	listed, _, _ = strings.Cut(listed, "\nnames ") // asked only when named
	listed = regexp.MustCompile(`\n {8,}`).ReplaceAllString(listed, " ")
	for line := range strings.Lines(listed) {
		label, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if label != "logs" && label != "ports" {
			continue
		}
		for _, n := range regexp.MustCompile(`\b\d{2,5}(\.\d)?\b`).FindAllString(strings.ReplaceAll(rest, "127.0.0.1", ""), -1) {
			told++
			if !regexp.MustCompile(`\b` + regexp.QuoteMeta(n) + `\b`).MatchString(page) {
				t.Errorf("%s is not on the page: %s", n, strings.TrimSpace(line))
			}
		}
	}
	if told < 30 {
		t.Errorf("only %d numbers were found in what signet checks prints", told)
	}
}
