package tools_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpenAPILint: the document of the API is one that tools made for such documents can work with. The linter is of the npm package
// @redocly/cli, to which SIGNET_NODE_MODULES leads.
func TestOpenAPILint(t *testing.T) {
	modules := os.Getenv("SIGNET_NODE_MODULES")
	if modules == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("missing: SIGNET_NODE_MODULES, a node_modules folder with @redocly/cli 2.77.0")
		}
		t.Skip("missing: SIGNET_NODE_MODULES, a node_modules folder with @redocly/cli 2.77.0")
	}
	lint := func(path string) (string, error) {
		c := exec.CommandContext(t.Context(), "node", filepath.Join(modules, "@redocly", "cli", "bin", "cli.js"), "lint", "--extends=recommended-strict", "--format=stylish", path)
		c.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
		c.Dir = t.TempDir() // no configuration of anybody
		out, err := c.CombinedOutput()
		return string(out), err
	}
	path, err := filepath.Abs(filepath.Join("..", "docs", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := lint(path); err != nil || !strings.Contains(out, "is valid") {
		t.Errorf("%v: %s", err, out)
	}
	broken := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(broken, []byte(strings.Replace(read(t, path), `"operationId": "log-on"`, `"operationId": "log-off"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := lint(broken); err == nil || !strings.Contains(out, "operation-operationId-unique") {
		t.Errorf("two operations of one name are taken: %v: %s", err, out)
	}
}
