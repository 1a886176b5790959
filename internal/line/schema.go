package line

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Schema is the name and version of the lines.
const Schema = "signet/1"

// Kinds of lines that a reader tells apart.
const (
	kindRun      = "run"
	kindEndpoint = "endpoint"
	kindClient   = "client"
	kindSummary  = "summary"
)

// Known tells whether a word is a kind of line that a file of ours may begin with.
func Known(kind string) bool {
	switch kind {
	case kindRun, kindEndpoint, kindSummary, kindClient, "host", "path", "ad", "usage", "intent":
		return true
	}
	return false
}

// KindOf returns the kind of a line, or "". It stands first where Signet wrote the line, and is then found without reading
// the rest.
func KindOf(b []byte) string {
	if rest, ok := bytes.CutPrefix(b, []byte(`{"kind":"`)); ok {
		kind, _, _ := bytes.Cut(rest, []byte(`"`))
		return string(kind)
	}
	var l struct{ Kind string }
	if json.Unmarshal(b, &l) != nil {
		return ""
	}
	return l.Kind
}

// CheckSchema refuses a run line of another schema.
func CheckSchema(schema string) error {
	if schema != Schema {
		return fmt.Errorf("schema %q: this version reads %s", schema, Schema)
	}
	return nil
}

// reserved tells whether a word stands for a run on command lines, so that no run may be called so.
func reserved(id string) bool { return id == "latest" || id == "previous" }

// wellFormed tells whether an id has the form of a run's: 1 to 64 letters, digits, `-`, `_` or `.`, the first a letter or digit.
func wellFormed(id string) bool {
	for i, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}
