package text

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// ignorable tells whether a rune is a Default_Ignorable_Code_Point, as DerivedCoreProperties.txt derives it (UAX #44).
func ignorable(r rune) bool {
	if !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Cf, unicode.Variation_Selector) {
		return false
	}
	return !unicode.In(r, unicode.White_Space, unicode.Prepended_Concatenation_Mark) && !(r >= 0xfff9 && r <= 0xfffb) && !(r >= 0x13430 && r <= 0x1343f)
}

// Every code point that is drawn as nothing, or moves others, is shown as an escape in text and in JSON, and what is drawn stays.
func TestNothingInvisible(t *testing.T) {
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		hidden := ignorable(r) || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Noncharacter_Code_Point, r) || unicode.In(r, unicode.Zl, unicode.Zp)
		if hidden {
			n++
		}
		text := "a" + string(r) + "b"
		if shown := Visible(text); (shown == text) == hidden && hidden || hidden && strings.ContainsRune(shown, r) {
			t.Errorf("%U is shown as %q", r, shown)
		}
		if !hidden && unicode.IsGraphic(r) && Visible(text) != text {
			t.Errorf("%U is drawn, and shown as %q", r, Visible(text))
		}
		if !hidden {
			continue
		}
		quoted := AppendJSONString(nil, text)
		facts := AppendRawJSON(nil, []byte(`{"a":"`+text+`"}`))
		for name, b := range map[string][]byte{"string": quoted, "reflection": AppendJSON(nil, text), "facts": facts} {
			if strings.ContainsRune(string(b), r) && !(name == "facts" && r < 0x20) {
				t.Errorf("%s: %U stands in %q", name, r, b)
			}
		}
		var back string
		if err := json.Unmarshal(quoted, &back); err != nil || back != text {
			t.Errorf("%U came back as %q: %v", r, back, err)
		}
		var read struct{ A string }
		if err := json.Unmarshal(facts, &read); r >= 0x20 && (err != nil || read.A != text) {
			t.Errorf("facts: %U came back as %q: %v", r, read.A, err)
		}
	}
	if n < 4000 {
		t.Errorf("only %d code points are hidden: the tables are not what they were", n)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"dc1.corp.example":        "dc1.corp.example",
		"日本 ünïcode":              "日本 ünïcode",
		"a\u202eb":                `a\u202eb`,
		"\x1b[31m":                `\u001b[31m`,
		"x\U000e0041\U000e007fy":  `x\U000e0041\U000e007fy`,
		"\xff\xfe":                "\ufffd\ufffd",
		"admin\u200b":             `admin\u200b`,
		"\u3164":                  `\u3164`,
		"soft\u00adhyphen":        `soft\u00adhyphen`,
		"\U0001f3f4 \u2764\ufe0f": "\U0001f3f4 \u2764" + `\ufe0f`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// JSON of another tool that is spread over lines comes on one.
func TestAppendRawJSONOnOneLine(t *testing.T) {
	if got := string(AppendRawJSON(nil, []byte("{\n\t\"a\": 1\r\n}"))); strings.ContainsAny(got, "\n\r\t") || !json.Valid([]byte(got)) {
		t.Errorf("%q", got)
	}
}
