package signet_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var renew = flag.Bool("anchors", false, "set the lines of the links in ARCHITECTURE.md and CONTRIBUTING.md again")

// drift is how many lines a link may be off: what it names still stands on the page that opens.
const drift = 25

// documents are held to the code: their links name a symbol and lead to the line that declares it, and the paths they
// mention are there.
var documents = []string{"ARCHITECTURE.md", "CONTRIBUTING.md"}

var (
	anchor = regexp.MustCompile(`\[(\w+)\]\(([\w./-]+\.go)#L(\d+)\)`)
	quoted = regexp.MustCompile("`((?:internal|cmd|tools|bench|lab|docs|changes|packaging)/[\\w./*<>-]*|\\w+\\.(?:go|md))`")
)

func TestAnchors(t *testing.T) {
	for _, name := range documents {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, p := range quoted.FindAllStringSubmatch(text, -1) {
			if c := missing(p[1]); c != "" {
				t.Errorf("%s: %s", name, c)
			}
		}
		found := anchor.FindAllStringSubmatch(text, -1)
		if name == "ARCHITECTURE.md" && len(found) < 20 {
			t.Errorf("%s leads to %d places: is this the way of a host through the files?", name, len(found))
		}
		for _, m := range found {
			line, _ := strconv.Atoi(m[3])
			at, c := astray(m[1], m[2], line)
			switch {
			case *renew && at > 0:
				text = strings.ReplaceAll(text, m[0], fmt.Sprintf("[%s](%s#L%d)", m[1], m[2], at))
			case c != "":
				t.Errorf("%s: %s", name, c)
			}
		}
		if *renew && text != string(b) {
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// missing says that a path is not there; <name> and * stand for any.
func missing(path string) string {
	pattern := regexp.MustCompile(`<\w+>`).ReplaceAllString(strings.TrimSuffix(path, "/"), "*")
	if !strings.Contains(pattern, "/") && pattern != "arch_test.go" && strings.HasSuffix(pattern, ".go") {
		return "" // a file of every room, such as doc.go
	}
	if found, err := filepath.Glob(filepath.FromSlash(pattern)); err != nil || len(found) == 0 {
		return path + " is not there"
	}
	return ""
}

// astray returns the line on which a file declares a symbol, and what is wrong with a link to another line. A name that is
// declared twice, as methods of two types may be, is the declaration nearest to the link.
func astray(symbol, file string, line int) (at int, complaint string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, err.Error()
	}
	var lines []int
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == symbol {
				lines = append(lines, fset.Position(d.Name.Pos()).Line)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.TypeSpec); ok && s.Name.Name == symbol {
					lines = append(lines, fset.Position(s.Name.Pos()).Line)
				}
			}
		}
	}
	if len(lines) == 0 {
		return 0, fmt.Sprintf("%s declares no %s", file, symbol)
	}
	off := func(l int) int { return max(l-line, line-l) }
	at = slices.MinFunc(lines, func(a, b int) int { return off(a) - off(b) })
	if off(at) > drift {
		return at, fmt.Sprintf("%s is declared on line %d of %s, not near line %d: go test -run TestAnchors -anchors . sets it again", symbol, at, file, line)
	}
	return at, ""
}

func TestAnchorsFail(t *testing.T) {
	const file = "internal/check/stepper.go"
	at, c := astray("Stepper", file, 1)
	if at, c := astray("Stepper", file, at+drift); at == 0 || c != "" {
		t.Errorf("a link that is a little off is refused: %s", c)
	}
	if _, far := astray("Stepper", file, at+drift+1); c != "" || far == "" {
		t.Error("a link to another line is taken")
	}
	if _, c := astray("NoSuchName", file, 1); c == "" {
		t.Error("a link that names what is not there is taken")
	}
	if _, c := astray("Stepper", "internal/check/nothing.go", 1); c == "" {
		t.Error("a link to a file that is not there is taken")
	}
	for path, bad := range map[string]bool{"internal/nowhere": true, "nothing.md": true, "internal/wire/<protocol>": false, "internal/store/*": false, "doc.go": false} {
		if (missing(path) != "") != bad {
			t.Errorf("%s: %q", path, missing(path))
		}
	}
}

// The table of floors in ARCHITECTURE.md is that of the law: every room stands in the row of its floor, and no other. Rooms
// that are for tests stand below it.
func TestFloorsAreThoseOfTheLaw(t *testing.T) {
	b, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d) \| (.*) \|$`).FindAllStringSubmatch(string(b), -1) {
		floor, _ := strconv.Atoi(row[1])
		for _, r := range regexp.MustCompile("`((?:internal|cmd)/[\\w/*]+)`").FindAllStringSubmatch(row[2], -1) {
			said[r[1]] = floor
		}
	}
	forTests := regexp.MustCompile(`^internal/(fuzzing|corpus|\w+/\w+test)$`)
	for _, l := range law {
		if l.room == "" {
			continue
		}
		floor, ok := said[l.room]
		switch {
		case forTests.MatchString(l.room):
			if ok || !strings.Contains(string(b), "`"+l.room+"`") {
				t.Errorf("ARCHITECTURE.md does not name %s among the rooms for tests", l.room)
			}
		case !ok || floor != l.floor:
			t.Errorf("the table of floors in ARCHITECTURE.md does not have %s on floor %d", l.room, l.floor)
		}
		delete(said, l.room)
	}
	for r := range said {
		t.Errorf("the table of floors in ARCHITECTURE.md has %s, which the law does not know", r)
	}
}
