// Command changes assembles the change log from changes/, which holds one file for each change that a user notices.
//
//	go run ./tools/changes                 prints the whole log, with what is not released yet at its head
//	go run ./tools/changes VERSION DATE    writes that into CHANGELOG.md as the release VERSION, and removes the files
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// kinds in the order in which a release tells them: what a reader must know before updating stands first.
var kinds = []string{"changed", "added", "fixed"}

var form = regexp.MustCompile(`^(` + strings.Join(kinds, "|") + `): (\S.*\n)(\S.*\n)*$`)

// change is one file: its kind and its text, of one line or more.
type change struct{ kind, text string }

// read returns the changes of a folder, sorted by file name, or every file that has not the right form.
func read(dir string) ([]change, []string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	var all []change
	var files []string
	var wrong []error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		c, err := parse(e.Name(), string(b))
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", path, err))
			continue
		}
		all, files = append(all, c), append(files, path)
	}
	return all, files, errors.Join(wrong...)
}

func parse(name, text string) (change, error) {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.md$`).MatchString(name) {
		return change{}, errors.New("a file is called by a few words in lower case, as in newly-asked.md")
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !form.MatchString(text) {
		return change{}, fmt.Errorf("want `KIND: text.` on one line or more, without empty lines or indentation; KIND is one of %s", strings.Join(kinds, ", "))
	}
	kind, rest, _ := strings.Cut(text, ": ")
	rest = strings.TrimSuffix(rest, "\n")
	if !strings.HasSuffix(rest, ".") {
		return change{}, errors.New("the text ends with a full stop")
	}
	return change{kind, rest}, nil
}

// section words changes under a heading, each as an item of a list.
func section(heading string, all []change) string {
	if len(all) == 0 {
		return ""
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b change) int { return slices.Index(kinds, a.kind) - slices.Index(kinds, b.kind) })
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n", heading)
	for _, c := range all {
		word := strings.ToUpper(c.kind[:1]) + c.kind[1:]
		fmt.Fprintf(&b, "- %s: %s\n", word, strings.ReplaceAll(c.text, "\n", "\n  "))
	}
	return b.String()
}

// note is what CHANGELOG.md says of the changes that it does not hold.
const note = "What is not released yet stands in changes/, one file for each change.\n"

// insert puts a section before the releases of a log.
func insert(log, section string, keep bool) (string, error) {
	head, rest, ok := strings.Cut(log, note)
	if !ok {
		return "", errors.New("CHANGELOG.md does not say where unreleased changes stand")
	}
	if keep {
		head += note + "\n"
	}
	if rest = strings.TrimLeft(rest, "\n"); rest != "" && section != "" {
		section += "\n"
	}
	return head + section + rest, nil
}

func run(args []string) error {
	all, files, err := read("changes")
	if err != nil {
		return err
	}
	log, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	log = bytes.ReplaceAll(log, []byte("\r\n"), []byte("\n"))
	switch len(args) {
	case 0:
		text, err := insert(string(log), section("Unreleased", all), false)
		if err != nil {
			return err
		}
		_, err = os.Stdout.WriteString(text)
		return err
	case 2:
		text, err := insert(string(log), section(args[0]+", "+args[1], all), true)
		if err != nil {
			return err
		}
		if err := os.WriteFile("CHANGELOG.md", []byte(text), 0o644); err != nil {
			return err
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("usage: changes [VERSION DATE]")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "changes:", err)
		os.Exit(1)
	}
}
