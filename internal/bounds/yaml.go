package bounds

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// YAML reads a document into nodes, at a cost that its size bounds, and tells whether the nodes may be decoded. A document of
// nothing, or of comments alone, has none.
func YAML(b []byte) (*yaml.Node, error) {
	if len(b) > YAMLSize {
		return nil, &Error{What: fmt.Sprintf("more than %s, the limit", size(YAMLSize))}
	}
	if marks(b) > YAMLNodes {
		return nil, &Error{What: fmt.Sprintf("more than %d lines and entries of lists, the limit", YAMLNodes)}
	}
	doc := &yaml.Node{}
	if blank(b) { // which the decoder calls a mistake
		return doc, nil
	}
	if err := yaml.Load(b, doc, yaml.WithPlugin(limits{})); err != nil {
		return nil, Brief(notYAML(err))
	}
	w := walk{}
	return doc, w.node(doc, 0)
}

// notYAML says what a writer of the file needs, the place and the mistake, and nothing of the reader's inner stages.
func notYAML(err error) error {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return err
	}
	if at.Stage == yaml.ReaderStage {
		return &Error{What: "this is not YAML: the file is binary, or in another encoding than UTF-8"}
	}
	if deep := tooDeep(at.Mark.Line, YAMLDepth); at.Message == deep.What { // heard from limits, below
		return deep
	}
	line, column, what := at.Mark.Line, at.Mark.Column, at.Message
	if at.ContextMsg != "" && at.ContextMark.Line > 0 { // where the unfinished thing begins
		line, column, what = at.ContextMark.Line, at.ContextMark.Column, at.ContextMsg+": "+what
	}
	if line == 0 {
		return &Error{What: "this is not YAML: " + what}
	}
	return &Error{Line: line, Column: column, What: "this is not YAML: " + what}
}

// Decode reads a node into v, a struct with the keys that may be there. The decoder's own look for keys that stand twice is left
// out: it compares each with each, and makes a sentence of every pair that is equal, so that a megabyte of keys would be minutes,
// and of one key terabytes.
func Decode(n *yaml.Node, v any) error {
	if err := twice(n); err != nil {
		return err
	}
	return Brief(unknownKey(n.Load(v, yaml.WithKnownFields(), yaml.WithUniqueKeys(false))))
}

// unknownKey puts the decoder's word for a key that nobody reads, which names a type of Go, in a user's words.
func unknownKey(err error) error {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		return err
	}
	key, isKey := strings.CutPrefix(at.Message, "field ")
	key, _, named := strings.Cut(key, " not found in type ")
	if !isKey || !named {
		return err
	}
	return &Error{Line: at.Mark.Line, What: fmt.Sprintf("unknown key %.60q", key)}
}

// marks counts what separates one thing from the next: there are at most as many things as that, and one.
func marks(b []byte) int {
	n := bytes.Count(b, []byte(": "))
	for _, c := range []byte("\n\r,[{&*!") {
		n += bytes.Count(b, []byte{c})
	}
	return n
}

// blank tells that there is nothing but space and comments.
func blank(b []byte) bool {
	for l := range bytes.Lines(b) {
		if l = bytes.TrimSpace(l); len(l) > 0 && l[0] != '#' {
			return false
		}
	}
	return true
}

// limits is heard by the parser, before it goes deeper.
type limits struct{}

// CheckDepth is part of yaml.LoaderLimitsPlugin.
func (limits) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > YAMLDepth {
		return tooDeep(0, YAMLDepth)
	}
	return nil
}

// CheckAlias is part of yaml.LoaderLimitsPlugin. What aliases repeat is counted node by node below.
func (limits) CheckAlias(int, int) error { return nil }

// walk counts the nodes of a document, as they are decoded.
type walk struct{ nodes int }

func (w *walk) node(n *yaml.Node, depth int) error {
	if w.nodes++; w.nodes > YAMLNodes {
		return &Error{Line: n.Line, What: fmt.Sprintf("more than %d keys and values, those that aliases repeat included, the limit", YAMLNodes)}
	}
	if depth > YAMLDepth+1 { // the document itself is one
		return tooDeep(n.Line, YAMLDepth)
	}
	if n.Kind == yaml.AliasNode {
		return w.node(n.Alias, depth+1)
	}
	for _, c := range n.Content {
		if err := w.node(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// twice is the error of a key that stands twice in one mapping, anywhere below a node.
func twice(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				continue
			}
			if line, twice := seen[k.Value]; twice {
				return &Error{Line: k.Line, What: fmt.Sprintf("key %.60q stands there twice, first on line %d", k.Value, line)}
			}
			seen[k.Value] = k.Line
		}
	}
	for _, c := range n.Content {
		if err := twice(c); err != nil {
			return err
		}
	}
	return nil
}

// most is how many lines of an error anybody reads.
const most = 12

// Brief cuts an error that names every mistake of a file down to the first of them.
func Brief(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	lines := strings.SplitN(text, "\n", most+1)
	if len(lines) <= most && len(text) <= 1<<12 {
		return err
	}
	more := ""
	if len(lines) > most {
		more = fmt.Sprintf("\nand %d more", strings.Count(lines[most], "\n")+1)
	}
	text = strings.Join(lines[:min(len(lines), most)], "\n")
	if len(text) > 1<<12 {
		text = strings.ToValidUTF8(text[:1<<12], "") + "…"
	}
	return errors.New(text + more)
}
