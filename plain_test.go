package signet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"signet/internal/check/all"
)

// vague are turns that name nobody who does or knows something.
var vague = regexp.MustCompile(`(?i)(could not|cannot|can't) be (told|seen)|\b(was|were) not told\b|^whether |\bis not known\b|stays open`)

// Reasons, rules and paths are read by people who have to act on them: they say who does what.
func TestSentencesNameTheirActor(t *testing.T) {
	rooms := []string{"internal/check/", "internal/judge/", "internal/relay/", "internal/report/sarif/", "internal/report/ocsf/"}
	sentences := 0
	for _, file := range goFiles(t) {
		in := false
		for _, r := range rooms {
			in = in || strings.HasPrefix(file, r)
		}
		if !in {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text, " ") {
				sentences++
			}
			if m := vague.FindString(text); m != "" {
				t.Errorf("%s: %q in %q names nobody", file, m, text)
			}
			return true
		})
	}
	if sentences < 500 {
		t.Errorf("%d sentences", sentences)
	}
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			if first, _, _ := strings.Cut(r.Requires, " "); regexp.MustCompile(`^(refuses|offers|registers|takes|does|needs|is)$`).MatchString(first) {
				t.Errorf("%s requires that what %q?", r.ID, r.Requires)
			}
		}
	}
}
