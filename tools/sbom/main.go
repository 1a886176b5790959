// Command sbom prints a CycloneDX bill of materials of what the signet binaries of a release are built from: the Go standard
// library and the modules that any of them links: go run ./tools/sbom VERSION linux/amd64 windows/amd64.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
}

type bom struct {
	Format      string `json:"bomFormat"`
	SpecVersion string `json:"specVersion"`
	Version     int    `json:"version"`
	Metadata    struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components []component `json:"components"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom VERSION GOOS/GOARCH...")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, version string, platforms []string) error {
	b := bom{Format: "CycloneDX", SpecVersion: "1.5", Version: 1}
	b.Metadata.Component = component{Type: "application", Name: "signet", Version: version}
	goVersion, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	// "go1.26.0 X:name" has experiments behind the version, which are no part of it.
	std, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(goVersion)), "go"), " ")
	linked := []string{"std " + std}
	for _, platform := range platforms {
		modules, err := modules(platform)
		if err != nil {
			return err
		}
		linked = append(linked, modules...)
	}
	slices.Sort(linked)
	for _, line := range slices.Compact(linked) {
		path, v, _ := strings.Cut(line, " ")
		b.Components = append(b.Components, component{"library", path, v, "pkg:golang/" + path + "@" + v})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(b)
}

// modules are those that the binary of a platform links, each with its version behind a space.
func modules(platform string) ([]string, error) {
	system, processor, ok := strings.Cut(platform, "/")
	if !ok {
		return nil, fmt.Errorf("%s is no GOOS/GOARCH", platform)
	}
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "signet/cmd/signet")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %w", platform, err)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("go list for %s named no module", platform)
	}
	return list, nil
}
