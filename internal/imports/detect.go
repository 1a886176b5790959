package imports

import (
	"bytes"
	"io"
	"strings"

	"signet/internal/bounds"
	"signet/internal/line"
)

// Kind is what a text file turned out to be.
type Kind uint8

const (
	Unknown Kind = iota
	NmapXML
	SignetLines
	ZgrabLines
	MasscanJSON
	NmapPrint
	Database // of NetExec, if of anybody that is read
	Text     // that nobody's beginning is: what nmap prints may stand further down
)

// Head is how much of a file Detect should see, where there is so much.
const Head = 64 << 10

// Detect looks at the first bytes of a text file.
func Detect(head []byte) Kind {
	if bytes.HasPrefix(head, []byte(sqliteMagic)) {
		return Database
	}
	if packed(head) { // whose files may stand in it as they are
		return Unknown
	}
	head = beginning(head)
	if nmapXML(head) >= 0 {
		return NmapXML
	}
	printed := printedByNmap(head)
	if json := jsonKind(head); json != Unknown && (!printed || head[0] == '{' || head[0] == '[') {
		return json
	}
	switch {
	case printed:
		return NmapPrint
	case len(head) == 0 || binary(head) || foreignTo(head).whole:
		return Unknown
	}
	return Text
}

// beginning is the first text of a file, as UTF-8.
func beginning(head []byte) []byte {
	if text, err := io.ReadAll(bounds.UTF8(bytes.NewReader(head))); err == nil {
		head = text
	}
	return bytes.TrimLeft(head, " \t\r\n")
}

// nmapXML is where XML of nmap begins; -1: nowhere. A prompt may stand before it.
func nmapXML(head []byte) int {
	root := bytes.Index(head, []byte("<nmaprun"))
	if root < 0 {
		return -1
	}
	for _, mark := range []string{"<?xml", "<!DOCTYPE nmaprun", "<nmaprun"} {
		if at := bytes.Index(head[:root+len("<nmaprun")], []byte(mark)); at >= 0 && (at == 0 || head[0] == '<' || head[at-1] == '\n') {
			if head[0] == '<' {
				at = 0
			}
			return at
		}
	}
	return -1
}

// jsonKind tells whose JSON a file holds, by the first objects that are somebody's.
func jsonKind(head []byte) Kind {
	for i, o := range objects(head) {
		if k := o.kind(); k != Unknown {
			return k
		}
		if i == 15 {
			break
		}
	}
	return Unknown
}

// objects are the first ones of a file of JSON; the last of them may be there in part.
func objects(head []byte) []object {
	var out []object
	in := bounds.NewObjects(bytes.NewReader(head))
	for len(out) < 16 {
		b, err := in.Next()
		if err != nil {
			break
		}
		in.Line += bytes.Count(b, []byte("\n"))
		out = append(out, objectOf(bytes.Clone(b)))
	}
	if len(out) == 0 { // it is longer than the head
		if at := bytes.IndexByte(head, '{'); at >= 0 && len(bytes.Trim(head[:at], " \t\r\n,[")) == 0 {
			out = append(out, objectOf(head[at:]))
		}
	}
	return out
}

// kind tells whose an object is.
func (o object) kind() Kind {
	switch {
	case o.has("kind") && !o.has("apiVersion") && (line.Known(o.text("kind")) || o.has("run")):
		return SignetLines
	case o.has("rec_type", "ip"), o.is("ip", `"`) && o.listOf("ports", "{"), o.is("ip", `"`) && o.has("port", "proto") && !o.has("host"):
		return MasscanJSON
	case (o.is("ip", `"`) || o.is("domain", `"`)) && o.is("data", "{"):
		return ZgrabLines
	}
	return Unknown
}

// binary tells that the bytes are no text of any tool.
func binary(head []byte) bool {
	odd := 0
	for _, c := range head[:min(len(head), 4<<10)] {
		if c < 0x20 && !strings.ContainsRune("\t\n\v\f\r\b\a\x1b", rune(c)) {
			odd++
		}
	}
	return odd*50 > min(len(head), 4<<10)
}
