package check_test

import (
	"testing"

	"signet/internal/check"
)

func TestDefuse(t *testing.T) {
	for _, c := range [][2]string{
		{"", ""}, {"plain", "plain"}, {"a-b", "a-b"}, {"=1", "'=1"}, {" =1", " '=1"}, {`"=1`, `"'=1`}, {"-1", "'-1"}, {"+1", "'+1"}, {"@x", "'@x"},
		{"＝1", "'＝1"}, {"a;=1", "a;'=1"}, {`a; "=1`, `a; "'=1`}, {"a;b=1", "a;b=1"}, {"==", "'=="}, {"a\n=1", "a\n'=1"},
	} {
		if got := check.Defuse(c[0]); got != c[1] {
			t.Errorf("Defuse(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}
