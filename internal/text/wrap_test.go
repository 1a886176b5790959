package text

import "testing"

func TestHang(t *testing.T) {
	for _, c := range []struct {
		prefix, s string
		width     int
		want      string
	}{
		{"- ", "short", 40, "- short\n"},
		{"  sends  ", "one two three four five six seven", 33, "  sends  one two three four five\n         six seven\n"},
		{"  a rule with a long name here ", "its title", 40, "  a rule with a long name here\n    its title\n"}, // no room beside it
		{"", "", 40, "\n"},
	} {
		if got := Hang(c.prefix, c.s, c.width); got != c.want {
			t.Errorf("Hang(%q, %q, %d) = %q, want %q", c.prefix, c.s, c.width, got, c.want)
		}
	}
}

func TestWrapMarkdown(t *testing.T) {
	const in = `# A heading that is longer than the width
A paragraph that stands
on two lines here.

- an item that goes on
  below itself
- another

    code that is longer than the width stays
` + "```\nfenced code that is longer than the width\n```\nlast"
	const want = `# A heading that is longer than the width
A paragraph that stands on two
lines here.

- an item that goes on below
  itself
- another

    code that is longer than the width stays
` + "```\nfenced code that is longer than the width\n```\nlast\n"
	if got := WrapMarkdown(in, 30); got != want {
		t.Errorf("%s", got)
	}
}
