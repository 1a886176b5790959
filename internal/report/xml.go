package report

import (
	"bytes"
	"encoding/xml"
	"strings"

	"signet/internal/text"
)

// XMLText cleans text and escapes it for an element or an attribute. Clean text has nothing that XML 1.0 §2.2 forbids.
func XMLText(s string) string { return EscapeXML(text.Clean(s)) }

// EscapeXML escapes text that is clean, but for line ends of our own.
func EscapeXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer takes everything
	return b.String()
}

// XMLAttributes appends name="value" pairs, each after a space; those with an empty value are left out.
func XMLAttributes(b []byte, pairs ...string) []byte {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			b = append(append(append(append(append(b, ' '), pairs[i]...), '=', '"'), XMLText(pairs[i+1])...), '"')
		}
	}
	return b
}

// XMLLines cleans and escapes texts, each on a line of its own; empty ones are left out.
func XMLLines(list ...string) string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, XMLText(s))
		}
	}
	return strings.Join(kept, "\n")
}
