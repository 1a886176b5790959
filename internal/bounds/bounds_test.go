package bounds_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"signet/internal/bounds"
	"signet/internal/fuzzing"
)

// fill repeats a text up to a size.
func fill(s string, size int) string { return strings.Repeat(s, size/len(s)) }

// TestYAMLHostile: whatever a megabyte says, it is read or refused in memory that its size bounds, and a limit that was passed is named
// with the line. Every one of them cost seconds, gigabytes or the whole memory without the limits.
func TestYAMLHostile(t *testing.T) {
	const mega = 1<<20 - 64
	aliases := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := byte('b'); i < 'l'; i++ {
		aliases += string(i) + ": &" + string(i) + " [" + strings.TrimSuffix(fill("*"+string(i-1)+",", 27), ",") + "]\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"lists in lists", fill("[", mega/16), "nested more than 32 deep"},
		{"mappings in mappings", fill("{a: ", mega/16), "nested more than 32 deep"},
		{"one below the other", fill("- ", mega), "nested more than 32 deep"},
		{"keys that are lists", fill("[? ", mega/16), "nested more than 32 deep"},
		{"a list in each line", fill("[ #x\n", mega/8), "nested more than 32 deep"},
		{"a key that is no text", fill("? ", mega), "nested more than 32 deep"},
		{"aliases of aliases", aliases, "those that aliases repeat included"},
		{"an alias of what it stands in", "a: &a [*a]\n", "nested more than 32 deep"},
		{"one key many times", fill("a:\n", mega/8), "stands there twice, first on line 1"},
		{"one key many times, below another", "rules:\n" + fill(" a: b\n", mega/8), "stands there twice, first on line 2"},
		{"one key many times in a list", "- {" + fill("a: b, ", mega/8) + "}", "stands there twice"},
		{"a comment under each key", fill("a:\n#\n", mega/8), "stands there twice"},
		{"more keys than anybody has", fill("a:\n", mega), "more than 100000 lines"},
		{"many keys", manyKeys(45_000), ""},
		{"many anchors", "[" + fill("&a x,", mega) + "]", "more than 100000 lines"},
		{"many short lists", "[" + fill("[],", mega) + "]", "more than 100000 lines"},
		{"as many short lists as may be", "[" + fill("[],", 3*49_000) + "]", ""},
		{"many documents", fill("---\n", 4*90_000), "single document"},
		{"a long text", "name: " + fill("x", mega), ""},
		{"a text over many lines", "name: >\n" + fill(" x\n\n", 4*45_000), ""},
		{"many tags", fill("!a ", 3*90_000), "did not find"},
		{"comments alone", fill("#\n", 2*99_000), ""},
		{"too much", fill("#", mega+256), "more than 1 MiB, the limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			fuzzing.Bounded(t, mega/2, func() {
				var doc *yaml.Node
				if doc, err = bounds.YAML([]byte(c.text)); err == nil {
					var v any
					err = bounds.Decode(doc, &v)
				}
			})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 1<<13):
				t.Errorf("%.300v, want %q", err, c.want)
			}
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	return b.String()
}

// TestYAMLGood: what policies and configurations are written like passes, anchors too.
func TestYAMLGood(t *testing.T) {
	doc, err := bounds.YAML([]byte("a: &x [1, 2]\nb: *x\nc: {d: {e: [f]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		A, B []int
		C    any
	}
	if err := bounds.Decode(doc, &v); err != nil || len(v.B) != 2 || v.C == nil {
		t.Errorf("%+v, %v", v, err)
	}
	var few struct{ A, B any }
	if err := bounds.Decode(doc, &few); err == nil || err.Error() != `line 3: unknown key "c"` {
		t.Errorf("an unknown key: %v", err)
	}
	for _, nothing := range []string{"", "\n", "# a comment\n  # another\n"} {
		if doc, err := bounds.YAML([]byte(nothing)); err != nil || len(doc.Content) != 0 {
			t.Errorf("%q: %v, %v", nothing, doc, err)
		}
	}
	if _, err := bounds.YAML([]byte(fill("{a: ", 31*4) + "b" + fill("}", 31))); err != nil {
		t.Errorf("31 deep: %v", err)
	}
}

// TestNotYAML: a file that is something else is refused by one line, with the place, and without the reader's own name and stages.
func TestNotYAML(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a list that never ends", "name: a\nrules: [\n", "line 3, column 1: this is not YAML: while parsing a flow node: did not find expected node content"},
		{"a page", "<html>\n<body>: {x}\n", "line 2, column 7: this is not YAML: mapping values are not allowed in this context"},
		{"a tab", "name: x\n\trules: y\n", "line 1, column 7: this is not YAML: while scanning a plain scalar: found a tab character that violates indentation"},
		{"a program", "\x7fELF\x02\x01\x01", "this is not YAML: the file is binary, or in another encoding than UTF-8"},
		{"another encoding", "name: K\xfcche\n", "this is not YAML: the file is binary, or in another encoding than UTF-8"},
		{"deep", "a:\n " + fill("[", 40), "line 2: nested more than 32 deep, the limit"},
	} {
		if _, err := bounds.YAML([]byte(c.text)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestBrackets(t *testing.T) {
	for _, c := range []struct {
		in    string
		n     int
		shape bounds.Shape
	}{
		{`{}`, 2, bounds.Whole},
		{`{"a":[1,{"b":"}\"]"}]} {}`, 22, bounds.Whole},
		{"{\n \"a\" : {\n}\n}\n", 14, bounds.Whole},
		{`{"a":`, 5, bounds.Partial},
		{`{"a\`, 4, bounds.Partial},
		{`{"a":1]`, 6, bounds.Broken},
		{"{\"a\n\":1}", 3, bounds.Broken},
		{"{\"a\":1,\n{\"b\":2}", 8, bounds.Broken},    // a line that was cut behind a comma
		{"{\"a\":\"x\"\n{\"b\":2}", 9, bounds.Broken}, // behind a value
		{"[1,[2],{}]", 10, bounds.Whole},
		{"[1 [2]]", 3, bounds.Broken},
		{"}", 0, bounds.Broken},
		{"x", 0, bounds.Broken},
		{strings.Repeat("[", 64) + strings.Repeat("]", 64), 128, bounds.Whole},
		{strings.Repeat("[", 65), 64, bounds.Deep},
	} {
		var whole bounds.Brackets
		if n, shape := whole.Feed([]byte(c.in)); n != c.n || shape != c.shape {
			t.Errorf("%q: %d, %d, want %d, %d", c.in, n, shape, c.n, c.shape)
		}
		var pieces bounds.Brackets // byte by byte it says the same
		n, shape := 0, bounds.Partial
		for i := 0; i < len(c.in) && shape == bounds.Partial; i++ {
			var k int
			k, shape = pieces.Feed([]byte(c.in[i : i+1]))
			n += k
		}
		if n != c.n || shape != c.shape {
			t.Errorf("%q in pieces: %d, %d, want %d, %d", c.in, n, shape, c.n, c.shape)
		}
	}
}

// tokens reads a document to its end and tells how it ended.
func tokens(r io.Reader) error {
	in := bounds.NewXML(r)
	for {
		in.Element()
		if _, err := in.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

func TestXMLHostile(t *testing.T) {
	const mega = 1 << 20
	for _, c := range []struct{ name, text, want string }{
		{"elements in elements", "<a>\n" + fill("<a>", mega), "line 2: nested more than 64 deep"},
		{"64 deep", fill("<a>", 64*3) + fill("</a>", 64*4), ""},
		{"a long tag", "<a b=\"" + fill("x", 9*mega), "a tag, text or comment of more than 8 MiB"},
		{"a long comment", "<!--" + fill("-x", 9*mega), "a tag, text or comment of more than 8 MiB"},
		{"a long text", "<a>" + fill("x", 9*mega), "a tag, text or comment of more than 8 MiB"},
		{"a long declaration", "<!DOCTYPE a [" + fill("<", 9*mega), "a tag, text or comment of more than 8 MiB"},
		{"many attributes", "<a" + fill(" b=\"\"", mega) + "></a>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			fuzzing.Bounded(t, min(len(c.text), mega), func() { err = tokens(strings.NewReader(c.text)) })
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	// One element, in tokens that are short.
	in := bounds.NewXML(io.MultiReader(strings.NewReader("<a>"), &repeat{text: []byte("<b>x</b>")}))
	d := xml.NewTokenDecoder(in)
	start, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	e := start.(xml.StartElement)
	var v struct{}
	if err := d.DecodeElement(&v, &e); err == nil || !strings.Contains(err.Error(), "an element of more than 32 MiB") {
		t.Errorf("an element without end: %v", err)
	}
}

// repeat is a text without end.
type repeat struct {
	text []byte
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.text)
	}
	return n, nil
}

// TestExpansion: what grows without bounds ends; what results grow by does not.
func TestExpansion(t *testing.T) {
	read := func(packed, unpacked int64) error {
		e := bounds.NewExpansion("gzip")
		if _, err := io.Copy(io.Discard, e.Packed(io.LimitReader(&repeat{text: []byte("x")}, packed))); err != nil {
			t.Fatal(err)
		}
		_, err := io.Copy(io.Discard, e.Unpacked(io.LimitReader(&repeat{text: bytes.Repeat([]byte("x"), 64<<10)}, unpacked)))
		return err
	}
	for _, c := range []struct {
		packed, unpacked int64
		bad              bool
	}{
		{1 << 10, 64 << 20, false},
		{1 << 10, 80 << 20, true},
		{1 << 20, 200 << 20, false},
		{1 << 20, 260 << 20, true},
	} {
		if err := read(c.packed, c.unpacked); (err != nil) != c.bad || err != nil && !strings.Contains(err.Error(), "the gzip file expands to more than 250 times its size, the limit") {
			t.Errorf("%d to %d: %v", c.packed, c.unpacked, err)
		}
	}
}

func TestReadAll(t *testing.T) {
	if b, err := bounds.ReadAll(strings.NewReader("12345678"), 8); err != nil || len(b) != 8 {
		t.Error(b, err)
	}
	if _, err := bounds.ReadAll(&repeat{text: []byte("x")}, 8); err == nil || err.Error() != "more than 8 bytes, the limit" {
		t.Error(err)
	}
}

// TestBrief: an error of many lines keeps the first of them.
func TestBrief(t *testing.T) {
	got := bounds.Brief(errors.New(fill("mistake\n", 8*1000) + "last")).Error()
	if strings.Count(got, "\n") != 12 || !strings.HasSuffix(got, "and 989 more") {
		t.Errorf("%q", got)
	}
	if few := errors.New("one\ntwo"); bounds.Brief(few) != few || bounds.Brief(nil) != nil {
		t.Error("few lines are as they were")
	}
	if got := bounds.Brief(errors.New(fill("x", 1<<20))).Error(); len(got) > 1<<13 {
		t.Errorf("%d bytes", len(got))
	}
}
