package judge

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"signet/internal/bounds"
)

// WithExceptions is the text of a policy with exceptions added behind its own: the policy that judges by both, as a file of its
// own. Comments stand. Where there are none to add it is the text as it was.
func WithExceptions(text []byte, more []Exception) ([]byte, error) {
	if len(more) == 0 {
		return text, nil
	}
	doc, err := bounds.YAML(text)
	if err != nil {
		return nil, err
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("a policy is a mapping")
	}
	list := sequenceOf(doc.Content[0], "exceptions")
	for i := range more {
		var n yaml.Node
		if err := n.Dump(&more[i]); err != nil {
			return nil, err
		}
		list.Content = append(list.Content, &n)
	}
	return yaml.Dump(doc)
}

// sequenceOf gives the sequence under a key of a mapping, and makes one where there is none.
func sequenceOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != key {
			continue
		}
		if v := mapping.Content[i+1]; v.Kind == yaml.SequenceNode {
			v.Style = 0 // a line of its own for each
			return v
		}
		mapping.Content[i+1] = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		return mapping.Content[i+1]
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, list)
	return list
}
