package signet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The schema of our lines of JSON stands in internal/line alone: no other room writes its name, or a line by hand.
// storetest may, whose lines are what a file could hold that no encoder of ours writes.
func TestSchemaStandsInOneRoom(t *testing.T) {
	byHand := regexp.MustCompile(`signet/1($|[^.0-9])|"kind" ?: ?"`)
	seen := 0
	err := filepath.WalkDir("internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		ast.Inspect(f, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING || !byHand.MatchString(strings.ReplaceAll(strings.Trim(l.Value, "`\""), `\"`, `"`)) {
				return true
			}
			switch room {
			case "internal/line":
				seen++
			case "internal/store/storetest":
			default:
				t.Errorf("%s: %s is the schema's: append the line with internal/line", files.Position(l.Pos()), l.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Fatalf("only %d literals of the schema in internal/line: is this test looking for the right thing?", seen)
	}
}
