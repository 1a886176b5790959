package all_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A check that tools/new-check has just written is known everywhere once it has its one line in the list, and a severity in
// each policy: lists, explanations, scripts, paths and other tools' formats. The program is built in a copy of the tree.
func TestANewCheckIsOneFolderAndOneLine(t *testing.T) {
	const name, rule = "newest", "newest-not-required"
	tree := copyOfTree(t)
	run(t, tree, "bash", "tools/new-check", name)
	change(t, filepath.Join(tree, "internal", "check", "all", "all.go"), map[string]string{
		"import (\n":              "import (\n\t\"signet/internal/check/" + name + "\"\n",
		"return []check.Check{\n": "return []check.Check{\n\t\t" + name + ".Check(),\n",
	})
	policies, err := filepath.Glob(filepath.Join(tree, "internal", "judge", "policies", "*.yaml"))
	if err != nil || len(policies) == 0 {
		t.Fatalf("policies: %v, %v", policies, err)
	}
	for _, p := range policies {
		change(t, p, map[string]string{"\nrules:\n": "\nrules:\n  " + rule + ": critical\n"})
	}
	program := filepath.Join(t.TempDir(), "signet")
	run(t, tree, "go", "build", "-trimpath", "-o", program, "./cmd/signet")

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.jsonl"), []byte(`{"kind":"run","schema":"signet/1","run":"r1","tool":"signet/test","started":"2026-03-01T09:30:00Z"}`+"\n"+
		`{"kind":"endpoint","at":"2026-03-01T09:30:00Z","address":"10.0.0.5","port":4455,"transport":"tcp","check":"`+name+
		`","check_version":1,"outcome":"answered","facts":{"signing":"off"}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args  string
		holds []string
	}{
		{"checks", []string{name}},
		{"explain", []string{rule}},
		{"explain " + rule, []string{"## What it means", "T1557.001"}},
		{"read run.jsonl --store none -o jsonl", []string{`"rule":"` + rule + `"`, `"severity":"critical"`, `"kind":"path"`, `"rule":"path-smb-to-smb"`, `"finding":"` + rule + `"`}},
		{"read run.jsonl --store none -o nmap", []string{`<service name="` + name + `"`, `<script id="signet-` + name + `"`}},
		{"fix " + rule + " --from run.jsonl", []string{"Rule = '" + rule + "'", "'10.0.0.5'", "Enforce = {\n            if"}},
		{"impact " + rule + " --from run.jsonl", []string{"10.0.0.5"}},
	} {
		out := run(t, dir, program, strings.Fields(tt.args)...)
		for _, s := range tt.holds {
			if !strings.Contains(out, s) {
				t.Errorf("signet %s does not say %q:\n%s", tt.args, s, out)
			}
		}
	}
}

// copyOfTree copies what the program is built of.
func copyOfTree(t *testing.T) string {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	to := t.TempDir()
	for _, part := range []string{"cmd", "internal", "tools/new-check", "."} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			at, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			switch {
			case d.IsDir() && (d.Name() == "testdata" || part == "." && at != "."):
				return filepath.SkipDir
			case d.IsDir():
				return os.MkdirAll(filepath.Join(to, at), 0o700)
			case strings.HasSuffix(at, "_test.go"), part == "." && !strings.HasSuffix(at, ".go") && !strings.HasPrefix(at, "go."):
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(filepath.Join(to, at)), 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(to, at), b, 0o700)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// change replaces texts of a file, each of which has to be there once.
func change(t *testing.T, path string, by map[string]string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for from, to := range by {
		if strings.Count(s, from) != 1 {
			t.Fatalf("%s has %q %d times", path, from, strings.Count(s, from))
		}
		s = strings.Replace(s, from, to, 1)
	}
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a program in a folder and gives what it printed.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}
