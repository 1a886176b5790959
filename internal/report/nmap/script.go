package nmap

import (
	"strings"

	"signet/internal/report"
	"signet/internal/text"
)

// script is what nmap calls the structured output of one of its scripts: keys in order, each with a value or a list.
type script struct {
	id      string
	entries []scriptEntry
}

type scriptEntry struct {
	key   string
	value string
	list  []string // in place of value
}

func (s *script) say(key, value string) {
	if value != "" {
		s.entries = append(s.entries, scriptEntry{key: key, value: text.Clean(value)})
	}
}

func (s *script) list(key string, list ...string) {
	if len(list) > 0 {
		s.entries = append(s.entries, scriptEntry{key: key, list: text.CleanAll(list)})
	}
}

// append writes the element as nmap 7.93 does: the tree as text in an attribute, then as tables.
func (s *script) append(b []byte) []byte {
	if len(s.entries) == 0 {
		return b
	}
	var text strings.Builder
	var tree []byte
	for _, e := range s.entries {
		text.WriteString("\n  " + e.key + ": " + e.value)
		if e.list == nil {
			tree = append(append(append(tree, "<elem"...), ` key="`+report.EscapeXML(e.key)+`">`...), report.EscapeXML(e.value)+"</elem>\n"...)
			continue
		}
		tree = append(tree, `<table key="`+report.EscapeXML(e.key)+"\">\n"...)
		for _, item := range e.list {
			text.WriteString("\n    " + item)
			tree = append(tree, "<elem>"+report.EscapeXML(item)+"</elem>\n"...)
		}
		tree = append(tree, "</table>\n"...)
	}
	b = append(b, `<script id="`+report.XMLText(s.id)+`" output="`+report.EscapeXML(text.String())+`">`...)
	return append(append(b, tree...), "</script>"...)
}

// judged is a script of our own, signet-CHECK, with what no script of nmap's says.
func judged(l *report.Line) script {
	s := script{id: "signet-" + l.Check}
	s.say("outcome", l.Outcome.String())
	s.say("verdict", l.Verdict.String())
	s.list("because", l.Because...)
	var findings []string
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		text := f.Severity.String() + " " + f.Rule
		if f.Where != "" {
			text += " at " + f.Where
		}
		findings = append(findings, text)
	}
	s.list("findings", findings...)
	s.list("unasked", l.Unasked...)
	if l.Err != nil {
		s.say("error", l.Err.Phase+": "+l.Err.Text)
	}
	return s
}
