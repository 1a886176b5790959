package main

import (
	"os"
	"strings"
	"testing"
)

// Every file of changes/ has the right form, and CHANGELOG.md has a place for them.
func TestChanges(t *testing.T) {
	all, _, err := read("../../changes")
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := insert(strings.ReplaceAll(string(log), "\r\n", "\n"), section("Unreleased", all), false)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text, "\n- "); n < len(all) {
		t.Errorf("%d items of %d changes", n, len(all))
	}
}

func TestParse(t *testing.T) {
	for name, want := range map[string]change{
		"one.md\nadded: A thing.\n":            {"added", "A thing."},
		"two-lines.md\nfixed: It is\nright.\n": {"fixed", "It is\nright."},
		"a-b-2.md\nchanged: `x: y` is z.\r\n":  {"changed", "`x: y` is z."},
		"A.md\nadded: A thing.\n":              {},
		"a.txt\nadded: A thing.\n":             {},
		"a.md\nA thing.\n":                     {},
		"a.md\nremoved: A thing.\n":            {},
		"a.md\nadded: A thing\n":               {},
		"a.md\nadded: A thing.":                {},
		"a.md\nadded:\n":                       {},
		"a.md\n- added: A thing.\n":            {},
		"a.md\nadded: A thing.\n\nMore.\n":     {},
		"a.md\nadded: A thing\n  is there.\n":  {},
	} {
		file, text, _ := strings.Cut(name, "\n")
		got, err := parse(file, text)
		if got != want || (err == nil) != (want.kind != "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

func TestRelease(t *testing.T) {
	all := []change{{"fixed", "F."}, {"added", "A\nb."}, {"changed", "C."}}
	const old = "# Changes\n\n" + note + "\n## 1.0, 2026-01-01\n- Added: all.\n"
	for _, c := range []struct {
		log, heading string
		keep         bool
		want         string
	}{
		{old, "Unreleased", false, "# Changes\n\n## Unreleased\n- Changed: C.\n- Added: A\n  b.\n- Fixed: F.\n\n## 1.0, 2026-01-01\n- Added: all."},
		{old, "1.1, 2026-02-02", true, "# Changes\n\n" + note + "\n## 1.1, 2026-02-02\n- Changed: C.\n- Added: A\n  b.\n- Fixed: F.\n\n## 1.0, 2026-01-01\n- Added: all."},
		{"# Changes\n\n" + note, "1.0, 2026-01-01", true, "# Changes\n\n" + note + "\n## 1.0, 2026-01-01\n- Changed: C.\n- Added: A\n  b.\n- Fixed: F."},
	} {
		got, err := insert(c.log, section(c.heading, all), c.keep)
		if err != nil || strings.TrimRight(got, "\n") != c.want || !strings.HasSuffix(got, ".\n") || strings.HasSuffix(got, "\n\n") {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.heading, err, got, c.want)
		}
	}
	if _, err := insert("# Changes\n", "", true); err == nil {
		t.Error("a log without a place for unreleased changes is accepted")
	}
}
