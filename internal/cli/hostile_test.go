package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/internal/fuzzing"
)

// TestHostileYAML: a policy and a signet.yaml cost what their size asks, and what is wrong with them is one line that names file and limit.
func TestHostileYAML(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"deep", "rules: " + strings.Repeat("{a: ", 1<<15), "nested more than 32 deep, the limit"},
		{"one key", strings.Repeat("rate: 5\n", 1<<15), `key "rate" stands there twice`},
		{"lines", strings.Repeat("a:\n", 1<<17), "more than 100000 lines and entries of lists, the limit"},
		{"large", "name: " + strings.Repeat("x", 1<<20), "more than 1 MiB, the limit"},
		{"aliases", "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e]\n", "those that aliases repeat included"},
	} {
		path := filepath.Join(t.TempDir(), c.name+".yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"policy", "check", path}, {"demo", "--policy", path}, {"targets", "127.0.0.1"}} {
			var out, stderr bytes.Buffer
			env := []string{"SIGNET_CONFIG=" + os.DevNull}
			want := c.want
			if args[0] == "targets" {
				env = []string{"SIGNET_CONFIG=" + path}
			}
			if want[0] == 'k' && args[0] != "demo" { // the checks of keys have words of their own
				want = "twice"
			}
			code := 0
			fuzzing.Bounded(t, 1<<19, func() {
				code = Run(context.Background(), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderr, Env: env, Version: "test"})
			})
			said := out.String() + stderr.String()
			if code != 2 || !strings.Contains(said, want) || !strings.Contains(said, path) || len(said) > 1<<14 {
				t.Errorf("%s, %s: exit code %d, %.300q, want %q", c.name, args[0], code, said, want)
			}
		}
	}
}
