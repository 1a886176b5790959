package report

import (
	"bytes"
	"encoding/xml"
	"strings"

	"signet/internal/text"
)

// xmlText is text for an element or attribute. Clean took out what XML 1.0 §2.2 forbids but for two noncharacters.
func xmlText(s string) string { return escape(text.Clean(s)) }

// escape is for text that was cleaned, and may have line ends of ours.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer takes everything
	return b.String()
}

// attributes appends name="value" pairs, each after a space; those with an empty value are left out.
func attributes(b []byte, pairs ...string) []byte {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			b = append(append(append(append(append(b, ' '), pairs[i]...), '=', '"'), xmlText(pairs[i+1])...), '"')
		}
	}
	return b
}

// xmlLines escapes lines of our own making, each of them cleaned.
func xmlLines(list ...string) string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, xmlText(s))
		}
	}
	return strings.Join(kept, "\n")
}
