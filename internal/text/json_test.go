package text

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzAppendJSONString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x1b[31mred\x07", "\u009b31m", "\u202eevil", "\xff\xfe", "\u2028", "ünïcode 日本"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, b := range map[string][]byte{"string": AppendJSONString(nil, s), "reflection": AppendJSON(nil, s)} {
			var back string
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatalf("%s: %q gave %s: %v", name, s, b, err)
			}
			if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back != want {
				t.Fatalf("%s: %q came back as %q", name, s, back)
			}
			for _, r := range string(b) {
				if Unseen(r) {
					t.Fatalf("%s: %q gave %q, which a terminal obeys", name, s, b)
				}
			}
		}
	})
}
