package check

import (
	"fmt"
	"io/fs"
	"strings"
)

// Advice is what is said about a rule, from its advice/<rule>.md.
type Advice struct {
	Title string
	// Setting is the fix in one line, the first paragraph under "Fix".
	Setting  string
	Sections []Section
	Text     string // the whole file
}

// Section is one heading and its Markdown.
type Section struct{ Heading, Body string }

// Headings lists the sections every advice has, in order.
func Headings() []string {
	return []string{"What it means", "What an attacker needs", "Fix", "What may break", "Verify", "False answers"}
}

// AdviceFor reads what the check says about one of its rules.
func (c Check) AdviceFor(rule string) (Advice, error) {
	if c.Advice == nil {
		return Advice{}, fmt.Errorf("check %s has no advice", c.Name)
	}
	b, err := fs.ReadFile(c.Advice, "advice/"+rule+".md")
	if err != nil {
		return Advice{}, err
	}
	a := Advice{Text: string(b)}
	for _, part := range strings.Split("\n"+a.Text, "\n## ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		a.Sections = append(a.Sections, Section{strings.TrimSpace(heading), strings.TrimSpace(body)})
	}
	first, _, _ := strings.Cut(a.Text, "\n")
	title, ok := strings.CutPrefix(first, "# ")
	if !ok {
		return Advice{}, fmt.Errorf("advice/%s.md: the first line is not a title", rule)
	}
	a.Title = strings.TrimSpace(title)
	want := Headings()
	if len(a.Sections) != len(want) {
		return Advice{}, fmt.Errorf("advice/%s.md has %d sections, want %d", rule, len(a.Sections), len(want))
	}
	for i, s := range a.Sections {
		if s.Heading != want[i] || s.Body == "" {
			return Advice{}, fmt.Errorf("advice/%s.md: section %d is %q, want %q with a text", rule, i+1, s.Heading, want[i])
		}
		if s.Heading == "Fix" {
			paragraph, _, _ := strings.Cut(s.Body, "\n\n")
			a.Setting = strings.Join(strings.Fields(paragraph), " ")
		}
	}
	return a, nil
}
