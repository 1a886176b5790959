package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// One order of work: whoever says what to do first in a run says the same. The commands that a report gives for more do what is
// said of them.
func TestTheSameFirstSteps(t *testing.T) {
	dir := t.TempDir()
	signet := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		env := []string{"SIGNET_CONFIG=" + os.DevNull, "XDG_STATE_HOME=" + dir, "HOME=" + dir, "COLUMNS=240"}
		if code := Run(context.Background(), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Env: env, Version: "test"}); code != 0 {
			t.Fatalf("signet %s: exit code %d: %s", strings.Join(args, " "), code, errs.String())
		}
		return out.String()
	}
	sample := filepath.Join(dir, "sample.jsonl")
	signet("demo", "-o", "jsonl="+sample)
	signet("runs", "import", sample)
	for _, policy := range []string{"baseline", "strict"} {
		report := signet("report", "--policy", policy) // each alone: what another format wants is made for all
		want := firstSteps(t, signet("fix", "--policy", policy), `(?m)^ +\d+  \w+ +.* \(([a-z0-9-]+)\)$`)
		page := signet("report", "--policy", policy, "-o", "html")
		for name, got := range map[string][]string{
			"html":     firstSteps(t, page[strings.Index(page, `id="first"`):], `href="#rule-([a-z0-9-]+)"`),
			"text":     firstSteps(t, report[strings.Index(report, "WHAT TO DO FIRST"):], `(?m)^  \d+ +\w+: .* \(([a-z0-9-]+)\)$`),
			"markdown": firstSteps(t, signet("report", "--policy", policy, "-o", "markdown"), "(?m)^\\| \\d+ \\| .*? \\(`([a-z0-9-]+)`\\)"),
		} {
			if !slices.Equal(got, want) {
				t.Errorf("%s begins with %v, signet fix with %v", name, got, want)
			}
		}
		for what, pattern := range map[string]string{"RequireSecuritySignature": `(?m)^ +signet (fix smb-signing-not-required --from .*)$`,
			"What to do first in run": `… and \d+ more: signet (fix --from .*)`, "GUARDED ": `with their reasons: signet (report .* --all)`} {
			m := regexp.MustCompile(pattern).FindStringSubmatch(report)
			if m == nil {
				t.Fatalf("the report does not say how to see %q:\n%s", what, report)
			}
			if out := signet(strings.Fields(m[1])...); !strings.Contains(out, what) {
				t.Errorf("signet %s: %.300s", m[1], out)
			}
		}
	}
}

// firstSteps are the rules of the first five steps.
func firstSteps(t *testing.T, out, pattern string) (rules []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(out, 5) {
		rules = append(rules, m[1])
	}
	if len(rules) != 5 {
		t.Fatalf("%d steps, want 5: %v\n%s", len(rules), rules, out)
	}
	return rules
}
