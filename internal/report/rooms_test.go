package report_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// beside is what rooms show besides formats: pages of a server look like the page of the report, and its tables are workbooks, too.
func beside() []string {
	return []string{"html/palette.go shows Palette", "html/advice.go shows Markdown", "html/lead.go shows Lead",
		"xlsx/tables.go shows Table", "xlsx/tables.go shows Column", "xlsx/tables.go shows Tables"}
}

// The room of a format shows functions that return a report.Format, and nothing else; each of them is among formats.
func TestRoomsShowFormatsAlone(t *testing.T) {
	rooms, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, room := range append(rooms, nil) {
		dir, own := ".", "Format" // this room, which shows other things besides
		if room != nil {
			if !room.IsDir() || room.Name() == "testdata" || room.Name() == "reporttest" {
				continue
			}
			dir, own = room.Name(), "report.Format"
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				for _, name := range exported(d) {
					if format := returns(d) == own; format {
						found++
					} else if shows := filepath.ToSlash(file) + " shows " + name; room != nil && !slices.Contains(beside(), shows) {
						t.Errorf("%s, which is no format", shows)
					}
				}
			}
		}
	}
	if found != len(formats()) {
		t.Errorf("%d functions return a format, %d are listed", found, len(formats()))
	}
}

// exported are the names that a declaration shows of the package; methods are shown by their types.
func exported(d ast.Decl) (names []string) {
	show := func(n *ast.Ident) {
		if n.IsExported() {
			names = append(names, n.Name)
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			show(d.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				show(s.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					show(n)
				}
			}
		}
	}
	return names
}

// returns is the type of the one result of a function, as it is written.
func returns(d ast.Decl) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok || f.Type.Results.NumFields() != 1 {
		return ""
	}
	switch r := f.Type.Results.List[0].Type.(type) {
	case *ast.Ident:
		return r.Name
	case *ast.SelectorExpr:
		if x, ok := r.X.(*ast.Ident); ok {
			return x.Name + "." + r.Sel.Name
		}
	}
	return ""
}
