package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

// A template makes the body of a webhook: JSON, in the language of text/template. Whatever it shows of a message is escaped for a string of
// JSON, so that "{{.Title}}" stays one string whatever a server calls itself; json writes a value whole, quotes and all.
//
// What it may use is listed, so that none runs for long: ranges over rows alone and not one in another, no templates of its own.

const (
	mostTemplate = 16 << 10
	mostFilled   = 256 << 10
)

// inString is text as a template shows it: escaped for the inside of a string of JSON.
type inString string

func (s inString) String() string {
	b, err := json.Marshal(string(s))
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

// shown is a message as a template sees it.
type shown struct {
	ID, Kind, Severity, Title, Site, Run, Link, Time inString

	Rows []shownRow
	More int
}

type shownRow struct {
	Change, Rule, Severity, Host, Address, Check, Where, Owner, Text, Line inString

	Port uint16
}

func show(m *Message) shown {
	s := shown{ID: inString(m.ID), Kind: inString(m.Kind), Severity: inString(m.Severity), Title: inString(m.Title), Site: inString(m.Site), Run: inString(m.Run),
		Link: inString(m.Link), Time: inString(m.At.UTC().Format(time.RFC3339)), More: m.More}
	for i := range m.Rows {
		r := &m.Rows[i]
		s.Rows = append(s.Rows, shownRow{inString(r.Change), inString(r.Rule), inString(r.Severity), inString(r.Host), inString(r.Address), inString(r.Check),
			inString(r.Where), inString(r.Owner), inString(r.Text), inString(r.line()), r.Port})
	}
	return s
}

// functions are those that a template may use.
func functions() template.FuncMap {
	return template.FuncMap{
		"json": func(v any) (string, error) {
			if s, ok := v.(inString); ok {
				v = string(s)
			}
			b, err := json.Marshal(v)
			return string(b), err
		},
	}
}

// builtins are the functions of the language itself that it may use. printf and the like are not among them: a width of a billion is one
// call.
func builtins() []string {
	return []string{"json", "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len"}
}

// parseTemplate reads one, and refuses what is not listed: a *FieldError.
func parseTemplate(text string) (*template.Template, error) {
	if len(text) > mostTemplate {
		return nil, wrong("template", "has more than %d bytes", mostTemplate)
	}
	t, err := template.New("template").Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return nil, wrong("template", "%s", strings.TrimPrefix(err.Error(), "template: "))
	}
	if len(t.Templates()) > 1 {
		return nil, wrong("template", "defines a template of its own")
	}
	if t.Tree == nil || t.Tree.Root == nil {
		return nil, wrong("template", "is empty")
	}
	if err := allowed(t.Tree.Root, false); err != nil {
		return nil, wrong("template", "%v", err)
	}
	if _, err := execute(t, &Message{ID: "msg", Kind: Test, Title: `a "title"`, Rows: []Row{{Rule: "rule", Address: "192.0.2.1", Port: 445}}}); err != nil {
		return nil, wrong("template", "%v", err)
	}
	return t, nil
}

// allowed walks a template, inside a range or not.
func allowed(n parse.Node, ranged bool) error {
	switch n := n.(type) {
	case nil, *parse.TextNode, *parse.CommentNode, *parse.BreakNode, *parse.ContinueNode:
		return nil
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			if err := allowed(c, ranged); err != nil {
				return err
			}
		}
		return nil
	case *parse.ActionNode:
		return allowedPipe(n.Pipe)
	case *parse.IfNode:
		return errors.Join(allowedPipe(n.Pipe), allowed(n.List, ranged), allowed(n.ElseList, ranged))
	case *parse.WithNode:
		return errors.Join(allowedPipe(n.Pipe), allowed(n.List, ranged), allowed(n.ElseList, ranged))
	case *parse.RangeNode:
		if ranged {
			return errors.New("has a range in a range")
		}
		over := n.Pipe.Cmds
		if len(over) != 1 || len(over[0].Args) != 1 || !slices.Contains([]string{".Rows", "$.Rows"}, over[0].Args[0].String()) {
			return errors.New("has a range over something else than .Rows")
		}
		return errors.Join(allowed(n.List, true), allowed(n.ElseList, ranged))
	}
	return fmt.Errorf("has %.40q, which is not allowed", n.String())
}

func allowedPipe(p *parse.PipeNode) error {
	for _, c := range p.Cmds {
		for _, a := range c.Args {
			switch a := a.(type) {
			case *parse.PipeNode:
				if err := allowedPipe(a); err != nil {
					return err
				}
			case *parse.IdentifierNode:
				if !slices.Contains(builtins(), a.Ident) {
					return fmt.Errorf("uses the function %.40q: want one of %s", a.Ident, strings.Join(builtins(), ", "))
				}
			}
		}
	}
	return nil
}

// limited is a buffer that takes so much and no more.
type limited struct{ bytes.Buffer }

var errFilled = fmt.Errorf("makes more than %d bytes", mostFilled)

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > mostFilled {
		return 0, errFilled
	}
	return l.Buffer.Write(b)
}

func execute(t *template.Template, m *Message) ([]byte, error) {
	var out limited
	if err := t.Execute(&out, show(m)); err != nil {
		if errors.Is(err, errFilled) {
			return nil, errFilled
		}
		return nil, err
	}
	if !json.Valid(out.Bytes()) {
		return nil, errors.New("does not make JSON: text stands in quotes, as in {\"text\": \"{{.Title}}\"}")
	}
	return out.Bytes(), nil
}

// fill makes the body of a message by a template.
func fill(text string, m *Message) ([]byte, error) {
	t, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	return execute(t, m)
}
