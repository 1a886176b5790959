package text

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n                    uint64
		count, noun, grouped string
	}{
		{0, "0 addresses", "addresses", "0 addresses"},
		{1, "1 address", "address", "1 address"},
		{2, "2 addresses", "addresses", "2 addresses"},
		{999, "999 addresses", "addresses", "999 addresses"},
		{1000, "1000 addresses", "addresses", "1\u202f000 addresses"},
		{1234567, "1234567 addresses", "addresses", "1\u202f234\u202f567 addresses"},
	} {
		if got := Count(c.n, "address", "addresses"); got != c.count {
			t.Errorf("Count(%d): %q", c.n, got)
		}
		if got := Noun(int(c.n), "address", "addresses"); got != c.noun {
			t.Errorf("Noun(%d): %q", c.n, got)
		}
		if got := CountGrouped(c.n, "address", "addresses"); got != c.grouped {
			t.Errorf("CountGrouped(%d): %q", c.n, got)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, c := range []struct {
		words   []string
		and, or string
	}{
		{nil, "", ""},
		{[]string{"a"}, "a", "a"},
		{[]string{"a", "b"}, "a and b", "a or b"},
		{[]string{"a or z", "b", "c"}, "a or z, b and c", "a or z, b or c"},
	} {
		if and, or := And(c.words), Or(c.words); and != c.and || or != c.or {
			t.Errorf("%q: %q and %q", c.words, and, or)
		}
	}
	if got := Capital("guarded"); got != "Guarded" {
		t.Errorf("%q", got)
	}
}

func TestOneLine(t *testing.T) {
	if got := OneLine(" a  b\tc\u202e "); got != `a b\u0009c\u202e` {
		t.Errorf("%q", got)
	}
}

func TestWidth(t *testing.T) {
	for in, want := range map[string]int{"": 0, "abc": 3, "日本": 2, "\x1b[1;31mred\x1b[0m": 3} {
		if got := Width(in); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
		if got := Width(Pad(in, 5)); got != 5 {
			t.Errorf("%q: padded to %d", in, got)
		}
	}
	if got := Pad("abcdef", 3); got != "abcdef" {
		t.Errorf("%q", got)
	}
}

func TestShortened(t *testing.T) {
	for _, c := range []struct {
		in        string
		n         int
		cut, clip string
	}{
		{"abc", 3, "abc", "abc"},
		{"abcd", 3, "ab…", "abc"},
		{"日本語", 3, "日本語", "日"},
		{"日本語だ", 3, "日本…", "日"},
		{"日本", 5, "日本", "日"},
		{"\x80\x80\x80\x80\x80\x80", 5, "\ufffd\ufffd\ufffd\ufffd…", "\x80\x80\x80\x80\x80"},
	} {
		if cut, clip := Cut(c.in, c.n), Clip(c.in, c.n); cut != c.cut || clip != c.clip {
			t.Errorf("%q to %d: %q and %q", c.in, c.n, cut, clip)
		}
	}
	long := Clean("\u202e" + strings.Repeat("日", 1<<16))
	if n := utf8.RuneCountInString(long); n != mostShown || !strings.HasPrefix(long, `\u202e日`) || !strings.HasSuffix(long, "日…") {
		t.Errorf("a long text: %d runes, %.20q", n, long)
	}
	if got := CleanAll([]string{"a", "b\x1b"}); !slices.Equal(got, []string{"a", `b\u001b`}) {
		t.Errorf("%q", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 13, []string{"one two three"}},
		{"a/path/that/is/long and more", 8, []string{"a/path/that/is/long", "and more"}},
		{"\x1b[1mone\x1b[0m two", 7, []string{"\x1b[1mone\x1b[0m two"}},
		{"  spaces before are left out", 40, []string{"spaces before are left out"}},
	} {
		if got := Wrap(c.in, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.in, got)
		}
	}
}
