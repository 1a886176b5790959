package signet_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// A room has at most mostFiles files besides its tests, and a file at most mostLines lines, so that a newcomer finds the
// place. What is larger stands below with its size and the reason why it is not cut.
const (
	mostFiles = 20
	mostLines = 400
)

type size struct {
	most   int
	reason string
}

var largeRooms = map[string]size{
	"internal/check":      {21, "one file for each thing that others read of a check"},
	"internal/check/http": {24, "one check of thirteen kinds of web service: telling them apart takes more files than one conversation"},
	"internal/check/smb":  {26, "two protocols, their controls against each other, and two ports, behind one verdict"},
	"internal/cli":        {42, "one file a command, and what they share of flags, terminal, output files and signals"},
	"internal/estate":     {22, "one file for each thing that is asked of several runs seen as one"},
	"internal/desk":       {25, "one file for each kind of thing that people decide"},
	"internal/engine":     {24, "the event loop of Linux, the portable driver, and the questions both ask"},
	"internal/hub":        {28, "one file for each thing that a server does by itself, over one state"},
	"internal/run":        {27, "one file for each step between an order and its report, and the limits of a process"},
	"internal/scope":      {24, "one file for each form of target and of list"},
	"internal/web":        {29, "one file for each group of calls of the API, and what all of them share"},
	"internal/store":      {23, "two contracts, and what every database shares: packing, pages, export and import"},
}

var longFiles = map[string]size{
	"arch_test.go":                          {420, "one table of rooms, one of ways out and in, and what holds them"},
	"internal/check/http/interview_test.go": {420, "one table of whole visits"},
	"internal/check/smb/malformed_test.go":  {450, "one table of everything a peer may send wrongly"},
	"internal/dial/backoff_test.go":         {480, "simulated subnets, each with its own story"},
	"internal/imports/foreign_test.go":      {430, "one table of files of other tools"},
	"internal/scope/scope_test.go":          {450, "one table of forms of targets"},
	"internal/wire/dcerpc/dcerpc_test.go":   {420, "one table of PDUs"},
}

// oversize holds the files of each room and the lines of each file against the law; reasons that are not needed any more
// are told too.
func oversize(files, lines map[string]int, rooms, long map[string]size) []string {
	var out []string
	hold := func(what, unit string, counts map[string]int, most int, known map[string]size) {
		for name, n := range counts {
			limit, ok := known[name]
			switch {
			case !ok && n > most:
				out = append(out, fmt.Sprintf("%s has %d %s, more than %d: cut it, or give the reason in %s", name, n, unit, most, what))
			case ok && n > limit.most:
				out = append(out, fmt.Sprintf("%s has %d %s, more than the %d of %s: cut it", name, n, unit, limit.most, what))
			case ok && n <= most:
				out = append(out, fmt.Sprintf("%s has only %d %s: take it out of %s", name, n, unit, what))
			}
		}
		for name, s := range known {
			if _, ok := counts[name]; !ok || s.reason == "" {
				out = append(out, fmt.Sprintf("%s stands in %s and is not there, or has no reason", name, what))
			}
		}
	}
	hold("largeRooms", "files", files, mostFiles, rooms)
	hold("longFiles", "lines", lines, mostLines, long)
	return out
}

func TestRoomsAndFilesAreSmall(t *testing.T) {
	files, lines := map[string]int{}, map[string]int{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata" || name == "dist") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		lines[name] = bytes.Count(b, []byte("\n"))
		if !strings.HasSuffix(name, "_test.go") {
			files[path.Dir(name)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range oversize(files, lines, largeRooms, longFiles) {
		t.Error(c)
	}
}

func TestOversizeFails(t *testing.T) {
	known := map[string]size{"a": {30, "because"}}
	for _, n := range []int{mostFiles, 31} {
		if len(oversize(map[string]int{"a": n}, nil, known, nil)) != 1 {
			t.Errorf("a room with a reason has %d files, and nothing complains", n)
		}
	}
	if got := oversize(map[string]int{"a": 30, "b": mostFiles}, map[string]int{"b/c.go": mostLines}, known, nil); got != nil {
		t.Errorf("what the law allows it complains of: %q", got)
	}
	if len(oversize(map[string]int{"b": mostFiles + 1}, map[string]int{"b/c.go": mostLines + 1}, nil, nil)) != 2 {
		t.Error("a room and a file grow, and nothing complains")
	}
	if len(oversize(nil, nil, known, nil)) != 1 || len(oversize(map[string]int{"a": 25}, nil, map[string]size{"a": {30, ""}}, nil)) != 1 {
		t.Error("a reason for a room that is gone, or none for one that is there, and nothing complains")
	}
}
