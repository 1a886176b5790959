package tools_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"signet/internal/cli"
)

// pages are README.md and what stands beside it in docs/, by the paths that releases carry them at.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d pages: %v", len(files), err)
	}
	out := map[string]string{"README.md": read(t, "../README.md")}
	for _, f := range files {
		out["docs/"+filepath.Base(f)] = read(t, f)
	}
	return out
}

// Whoever unpacks a release can follow every link: it leads to a file that tools/dist packs, and to a heading of that page.
func TestPagesLinkToWhatReleasesCarry(t *testing.T) {
	packed := regexp.MustCompile(`(?m)^  cp (.+) "\$out/\$name/"$`).FindStringSubmatch(read(t, "../tools/dist"))
	if packed == nil {
		t.Fatal("tools/dist packs no page")
	}
	carried := append(strings.Fields(packed[1]), "CHANGELOG.md", "THIRD-PARTY-LICENSES.txt")
	files, err := filepath.Glob("../docs/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		carried = append(carried, "docs/"+filepath.Base(f))
	}
	all := pages(t)
	links := 0
	for page, text := range all {
		for _, l := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			path, heading, _ := strings.Cut(l[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			links++
			target := page
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), path))
			}
			if !slices.Contains(carried, target) {
				t.Errorf("%s links to %s, which no release carries", page, l[1])
			} else if heading != "" && !slices.Contains(headings(all[target]), heading) {
				t.Errorf("%s links to %s: there is no such heading", page, l[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links were found", links)
	}
}

// headings are the anchors of a page, as GitHub makes them.
func headings(text string) []string {
	var out []string
	for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(h[1]), "")
		out = append(out, strings.ReplaceAll(slug, " ", "-"))
	}
	return out
}

// Every command and flag that a page types exists.
func TestPagesTypeCommandsThatExist(t *testing.T) {
	typed := 0
	for page, text := range pages(t) {
		for _, line := range commandLines(text) {
			typed++
			if wrong := mistyped(line); wrong != "" {
				t.Errorf("%s: %q: %s", page, line, wrong)
			}
		}
	}
	if typed < 70 {
		t.Errorf("only %d commands were found", typed)
	}
	for _, line := range []string{"scan --nonsense", "skan", "runs --all", "report -z"} {
		if mistyped(line) == "" {
			t.Errorf("nothing is wrong with %q", line)
		}
	}
}

// commandLines are what stands behind the program's name in blocks of code and in code within a line.
func commandLines(text string) []string {
	program := `(?:\.\\)?signet(?:\.exe)? `
	var out []string
	for _, m := range regexp.MustCompile("(?m)`"+program+"([a-z][^`]*)`|^(?:    | *- run: | *- |\\$ )+"+program+"([a-z].*)$").FindAllStringSubmatch(text, -1) {
		line, _, _ := strings.Cut(m[1]+m[2], " #")
		for i, part := range strings.Split(line, " | ") {
			part, is := strings.CutPrefix(part, "signet ")
			if i == 0 || is {
				out = append(out, part)
			}
		}
	}
	return out
}

// mistyped says what of a command line does not exist.
func mistyped(line string) string {
	cmd := cli.Root()
	for word := range strings.FieldsSeq(line) {
		name, _, _ := strings.Cut(strings.Trim(word, `[]"',.`), "=")
		switch {
		case len(cmd.Commands()) > 0 && !strings.HasPrefix(word, "-") && strings.ToLower(name) == name && regexp.MustCompile(`^[a-z]+$`).MatchString(name):
			next := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
			if next < 0 && name != "help" {
				return "no command " + name
			}
			if next >= 0 {
				cmd = cmd.Commands()[next]
			}
		case strings.HasPrefix(name, "--"):
			if cmd.Flags().Lookup(name[2:]) == nil && name != "--help" && name != "--version" {
				return "no flag " + name
			}
		case len(name) == 2 && name[0] == '-':
			if cmd.Flags().ShorthandLookup(name[1:]) == nil {
				return "no flag " + name
			}
		}
	}
	return ""
}

// What a stranger looks for stands in a heading, in the words that one would search by.
func TestPagesAnswerUnderTheWordsOfTheQuestion(t *testing.T) {
	var all []string
	for _, text := range pages(t) {
		for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
			all = append(all, strings.ToLower(h[1]))
		}
	}
	for _, words := range []string{"scan from windows", "weekly scan", "alert", "50,000 addresses", "how long a scan takes", "siem", "edr", "safe in production",
		`what to do with "undetermined"`, "cannot tell", "verify a download", "exit codes"} {
		if !slices.ContainsFunc(all, func(h string) bool { return strings.Contains(h, words) }) {
			t.Errorf("no heading has %q", words)
		}
	}
}
