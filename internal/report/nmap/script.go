package nmap

import (
	"strings"

	"signet/internal/check"
	"signet/internal/report"
	"signet/internal/text"
)

// appendScript writes the element as nmap 7.93 does: the tree as text in an attribute, then as tables.
func appendScript(b []byte, s *check.Script) []byte {
	if len(s.Entries) == 0 {
		return b
	}
	var output strings.Builder
	var tree []byte
	for _, e := range s.Entries {
		value := text.Clean(e.Value)
		output.WriteString("\n  " + e.Key + ": " + value)
		if e.List == nil {
			tree = append(append(append(tree, "<elem"...), ` key="`+report.EscapeXML(e.Key)+`">`...), report.EscapeXML(value)+"</elem>\n"...)
			continue
		}
		tree = append(tree, `<table key="`+report.EscapeXML(e.Key)+"\">\n"...)
		for _, item := range text.CleanAll(e.List) {
			output.WriteString("\n    " + item)
			tree = append(tree, "<elem>"+report.EscapeXML(item)+"</elem>\n"...)
		}
		tree = append(tree, "</table>\n"...)
	}
	b = append(b, `<script id="`+report.XMLText(s.ID)+`" output="`+report.EscapeXML(output.String())+`">`...)
	return append(append(b, tree...), "</script>"...)
}

// judged is a script of our own, signet-CHECK, with what no script of nmap's says.
func judged(l *report.Line) check.Script {
	s := check.Script{ID: "signet-" + l.Check}
	s.Add("outcome", l.Outcome.String())
	s.Add("verdict", l.Verdict.String())
	s.AddList("because", l.Because...)
	var findings []string
	for i := range l.Judgement.Findings {
		f := &l.Judgement.Findings[i]
		text := f.Severity.String() + " " + f.Rule
		if f.Where != "" {
			text += " at " + f.Where
		}
		findings = append(findings, text)
	}
	s.AddList("findings", findings...)
	s.AddList("unasked", l.Unasked...)
	if l.Err != nil {
		s.Add("error", l.Err.Phase+": "+l.Err.Text)
	}
	return s
}
